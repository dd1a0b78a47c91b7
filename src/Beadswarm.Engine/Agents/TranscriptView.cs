using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>
/// Reads what an agent printed, line by line, into what a person wants to know. What a program prints is not under our
/// control: a line that is not understood is plain, and a kind of event that is not known says nothing. Not
/// thread-safe, since what a line means depends on those before it.
/// </summary>
/// <param name="kind">Of the agent's runner. For one that runs any program, the first line of JSON tells.</param>
sealed class TranscriptView(string? kind)
{
    readonly HashSet<string> _begun = [];
    readonly GeminiView _gemini = new();
    Dialect? _dialect = DialectOf(kind);

    /// <summary>Whose form the lines have.</summary>
    enum Dialect
    {
        Plain,
        ClaudeCode,
        Codex,
        Gemini,
        Opencode,
        Acp,
    }

    public IReadOnlyList<TranscriptEntry> Read(string line)
    {
        if (line.AsSpan().Trim() is not ['{', .., '}'])
        {
            return [new TranscriptEntry.Plain(line)];
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var dialect = _dialect ??= Recognise(document.RootElement);
            return dialect switch
            {
                Dialect.Plain => [new TranscriptEntry.Plain(line)],
                Dialect.ClaudeCode => [.. ClaudeCodeView.Read(document.RootElement)],
                Dialect.Codex => [.. CodexView.Read(document.RootElement, _begun.Add)],
                Dialect.Gemini => [.. _gemini.Read(document.RootElement)],
                Dialect.Opencode => [.. OpencodeView.Read(document.RootElement, _begun.Add)],
                Dialect.Acp => [.. AcpView.Read(document.RootElement)],
            };
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException)
        {
            // It only looks like an object, or was cut, even within a character.
            return [new TranscriptEntry.Plain(line)];
        }
    }

    /// <summary>What a program has begun to tell, when nothing more comes.</summary>
    public IReadOnlyList<TranscriptEntry> Rest() => _gemini.Rest();

    static Dialect? DialectOf(string? kind) => kind switch
    {
        ClaudeCodeRunner.KindName => Dialect.ClaudeCode,
        CodexRunner.KindName => Dialect.Codex,
        GeminiRunner.KindName => Dialect.Gemini,
        OpencodeRunner.KindName => Dialect.Opencode,
        "acp" => Dialect.Acp,
        _ => null,
    };

    static Dialect Recognise(JsonElement first) =>
        first.Is("type", "system") && first.Is("subtype", "init") ? Dialect.ClaudeCode
        : first.Is("type", "thread.started") ? Dialect.Codex
        : first.Is("type", "init") && first.Text("session_id") is not null ? Dialect.Gemini
        : first.Is("type", "step_start") && first.Text("sessionID") is not null ? Dialect.Opencode
        : first.Text("acp") is not null ? Dialect.Acp
        : Dialect.Plain;
}
