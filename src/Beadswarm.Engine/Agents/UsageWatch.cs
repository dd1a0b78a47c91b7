using System.Text.Json;
using Beadswarm.Agents.Acp;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>Judges what an agent has used so far; what it answers ends the agent.</summary>
delegate AgentEnd.BudgetExceeded? SpendingWatch(UsageReport usage);

/// <summary>Reads what a program prints, one object after the other, for what it has used.</summary>
interface IUsageTranscript
{
    void See(JsonElement line);

    /// <summary>What it has used, as far as it has told.</summary>
    UsageReport Usage { get; }
}

/// <summary>
/// Reads what an agent has used from what it prints, while it works: each time only what has been added. A program that
/// tells it at its end only, or never, is not seen through.
/// </summary>
sealed class UsageWatch
{
    const int ChunkBytes = 256 * 1024;

    readonly string _path;
    readonly IUsageTranscript? _transcript;
    byte[] _rest = [];
    long _position;
    bool _tooLong;

    UsageWatch(string path, IUsageTranscript? transcript)
    {
        _path = path;
        _transcript = transcript;
    }

    /// <param name="kind">Of the agent's runner.</param>
    public static UsageWatch Of(string path, string kind, Conversation? continued) => new(path, kind switch
    {
        ClaudeCodeRunner.KindName => new ClaudeCodeTranscript(continued),
        CodexRunner.KindName => new CodexTranscript(continued),
        AcpRunner.KindName => new AcpTranscript(),
        GeminiRunner.KindName => new GeminiTranscript(),
        OpencodeRunner.KindName => new OpencodeTranscript(),
        _ => null,
    });

    /// <summary>What was used, when something was added since the last look; else null.</summary>
    public UsageReport? Look()
    {
        if (_transcript is null)
        {
            return null;
        }

        try
        {
            using var stream = UntrustedFile.OpenStream(_path);
            if (stream.Length <= _position)
            {
                return null;
            }

            stream.Position = _position;
            var chunk = new byte[ChunkBytes];
            for (int count; (count = stream.Read(chunk)) > 0; _position += count)
            {
                Take(chunk.AsSpan(0, count));
            }

            return _transcript.Usage;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException
            or NotSupportedException)
        {
            // The program has made its own output unreadable: what it has used is read no further.
            return null;
        }
    }

    /// <summary>Sees the lines that are whole now, and keeps the rest.</summary>
    void Take(ReadOnlySpan<byte> chunk)
    {
        for (int end; (end = chunk.IndexOf((byte)'\n')) >= 0; chunk = chunk[(end + 1)..])
        {
            if (!_tooLong)
            {
                See([.. _rest, .. chunk[..end]]);
            }

            (_rest, _tooLong) = ([], false);
        }

        _tooLong |= _rest.Length + chunk.Length > TranscriptReader.LineBytesMax;
        _rest = _tooLong ? [] : [.. _rest, .. chunk];
    }

    void See(byte[] line) => TranscriptReader.See(line, _transcript!.See); // there is one where lines are taken
}
