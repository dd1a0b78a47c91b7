using System.Text.Json;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// What a later orchestrator needs to go on watching a session; kept as <c>session.json</c> in its folder. It holds no
/// environment, because that may hold secrets.
/// </summary>
sealed record SessionRecord(
    string Folder, string Workspace, string RunnerKind, DateTimeOffset StartedAt, AgentLimits Limits)
{
    const int BytesMax = 64 * 1024;

    /// <summary>It runs in a sandbox, and a request to end is for what is inside of it.</summary>
    public bool Confined { get; init; }

    /// <summary>Longer than any grace that a configuration can give, and short enough for a timer.</summary>
    static readonly TimeSpan GraceMax = TimeSpan.FromDays(1);

    /// <summary>Name of its runner in the configuration.</summary>
    public string? RunnerName { get; init; }

    /// <summary>The conversation it was to go on with.</summary>
    public Conversation? Continues { get; init; }

    /// <summary>Of a broken file any part may be missing, also what a record always has.</summary>
    bool IsUsable =>
        this is { Folder.Length: > 0, Workspace.Length: > 0, RunnerKind.Length: > 0 }
        && Limits is { LogBytesMax: > 0 } limits
        && limits.StageTimeout > TimeSpan.Zero && limits.IdleTimeout > TimeSpan.Zero
        && limits.Grace >= TimeSpan.Zero && limits.Grace <= GraceMax;

    public Task WriteAsync(CancellationToken cancellationToken) =>
        File.WriteAllBytesAsync(
            new AgentFiles(Folder).Session, JsonSerializer.SerializeToUtf8Bytes(this), cancellationToken);

    /// <summary>The record of a session folder, or null when there is none that can be read.</summary>
    public static SessionRecord? TryRead(string folder)
    {
        try
        {
            return UntrustedFile.ReadHead(new AgentFiles(folder).Session, BytesMax) is { } bytes ? Parse(bytes) : null;
        }
        catch (IOException)
        {
            // Somebody made it unreadable; that is the same as nothing recorded.
            return null;
        }
    }

    /// <summary>The record, or null when the bytes are not one, whole and usable.</summary>
    public static SessionRecord? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<SessionRecord>(bytes) is { IsUsable: true } record ? record : null;
        }
        catch (JsonException)
        {
            // The folder belongs to something else, or the disk was full when it was written.
            return null;
        }
    }
}
