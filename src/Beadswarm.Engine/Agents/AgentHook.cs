using System.Text.Encodings.Web;
using System.Text.Json;
using Beadswarm.Agents.Deeds;

namespace Beadswarm.Agents;

/// <summary>
/// How the program of an agent asks us before it uses a tool that can change something: it starts a hidden verb of ours
/// with the call on its standard input. What cannot be asked is not allowed. Each kind is told of it in its own way;
/// what they hand over is alike.
/// </summary>
static class AgentHook
{
    /// <summary>The hidden verb of the command line that answers.</summary>
    public const string Verb = "agent-hook";

    public const string WorkspaceOption = "--workspace";
    public const string AllowOption = "--allow";

    /// <summary>Where it notes that it was asked: only so it is known that it was not passed over.</summary>
    public const string NoteOption = "--note";

    /// <summary>What a hook ends with to refuse a call; the model is told what it wrote as an error.</summary>
    public const int RefusedCode = 2;

    /// <summary>A hook that takes longer may be passed over; what comes of it is seen by what was noted.</summary>
    public const int TimeoutSeconds = 600;

    /// <summary>The command for a shell. Only one code is a refusal, so any other becomes it.</summary>
    /// <param name="program">The command line that has the verb.</param>
    public static string Command(string program, string workspace, AgentFiles files, bool noted)
    {
        IEnumerable<string> words =
        [
            program, Verb, WorkspaceOption, workspace, AllowOption, files.Context, AllowOption, files.ResultFolder,
            .. noted ? [NoteOption, files.Asked] : Array.Empty<string>(),
        ];
        return $"{string.Join(' ', words.Select(Quoted))} || exit {RefusedCode}";
    }

    /// <summary>What the call that a hook is told of would do; null: it tells of none.</summary>
    /// <param name="folder">The one in which its shell is.</param>
    public static Deed? DeedOf(JsonElement told, out string? folder)
    {
        folder = told.Text("cwd");
        if (told.Text("tool_name") is not { } tool)
        {
            return null;
        }

        // As Claude Code, Codex and OpenCode name them.
        var input = told.Get("tool_input");
        return tool switch
        {
            "EnterWorktree" or "ExitWorktree" => new Deed.Moves(tool),
            "Write" or "Edit" or "MultiEdit" or "NotebookEdit" or "write" or "edit" or "multiedit" =>
                (input?.Text("file_path") ?? input?.Text("notebook_path") ?? input?.Text("filePath")) is { } path
                    ? new Deed.Writes([path])
                    : null,
            "apply_patch" or "patch" => PatchText.Paths(
                input?.Text("command") ?? input?.Text("patchText") ?? input?.Text("input") ?? "") is
            { Count: > 0 } paths
                ? new Deed.Writes(paths)
                : null,
            _ => input?.Text("command") is { } script ? new Deed.Runs(script) : new Deed.Other(tool),
        };
    }

    /// <summary>Notes that an answer is given. Several at once do not get in each other's way.</summary>
    public static void Note(string folder)
    {
        Directory.CreateDirectory(folder);
        File.Create(Path.Combine(folder, Guid.NewGuid().ToString("N"))).Dispose();
    }

    /// <summary>Whether as many answers as this were given in a session.</summary>
    public static bool WasAsked(AgentFiles files, int times) =>
        times == 0 || (Directory.Exists(files.Asked)
            && Directory.EnumerateFiles(files.Asked).Take(times).Count() == times);

    /// <summary>The end of work of which nobody knows what it did: nothing of it is looked at.</summary>
    public static AgentReading Unasked(AgentReading reading, string what) => reading with
    {
        Verdict = null,
        End = new AgentEnd.FailedToStart(what, Transient: false),
    };

    /// <summary>A text in quotes, as JSON, TOML and JavaScript have it.</summary>
    public static string Quote(string text) => JsonSerializer.Serialize(text, Readable);

    static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
