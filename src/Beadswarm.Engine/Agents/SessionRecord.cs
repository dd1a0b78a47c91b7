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

    public Task WriteAsync(CancellationToken cancellationToken) =>
        File.WriteAllBytesAsync(
            new AgentFiles(Folder).Session, JsonSerializer.SerializeToUtf8Bytes(this), cancellationToken);

    /// <summary>The record of a session folder, or null when there is none that can be read.</summary>
    public static SessionRecord? TryRead(string folder)
    {
        try
        {
            return UntrustedFile.ReadHead(new AgentFiles(folder).Session, BytesMax) is { } bytes
                ? JsonSerializer.Deserialize<SessionRecord>(bytes)
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException)
        {
            // The folder belongs to something else, or the disk was full when it was written.
            return null;
        }
    }
}
