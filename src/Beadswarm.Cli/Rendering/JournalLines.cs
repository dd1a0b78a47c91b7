using System.Globalization;
using Beadswarm.Journal;
using Beadswarm.Supervision;

namespace Beadswarm.Cli.Rendering;

/// <summary>
/// A journal as lines for people while it grows. A thousand agents that fail for one reason are a handful of lines and
/// a count; everything else is a line each. Made of the entries alone, so the same journal gives the same lines.
/// </summary>
sealed class JournalLines(TimeZoneInfo zone)
{
    /// <summary>Failures of one reason that are shown one by one within the pause.</summary>
    const int ShownMax = 5;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    readonly FailureDigest _failures = new(Pause, ShownMax);
    DateTimeOffset _now;

    /// <summary>What to print now that this has happened.</summary>
    public IEnumerable<string> Next(JournalEntry entry)
    {
        _now = entry.At;
        foreach (var told in _failures.Due(_now))
        {
            yield return Say(told);
        }

        if (JournalText.Format(entry, zone) is not { } line)
        {
            yield break;
        }

        if (ReasonOf(entry.Event) is not { } reason)
        {
            yield return line;
        }
        else if (_failures.Note(reason, Who(entry), _now) is { } told)
        {
            yield return told.Count == 1 ? line : Say(told);
        }
    }

    /// <summary>What is left to say when nothing follows.</summary>
    public IEnumerable<string> Rest() => _failures.Rest().Select(Say);

    string Say(ToldFailure told)
    {
        var at = TimeZoneInfo.ConvertTime(_now, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        return SafeText.Line($"{at} {told.Count} more: {told.Reason} (the last: {string.Join(", ", told.Who)})");
    }

    static string? ReasonOf(JournalEvent entry) => entry switch
    {
        JournalEvent.StageEnded { Status: "failed" or "error" } ended =>
            $"{ended.Stage} {ended.Status}: {ended.Summary}",
        JournalEvent.BeadReleased { NotBefore: not null } released =>
            $"released at {released.Stage}: {released.Reason}",
        JournalEvent.AgentStatusChanged { Status: "parked" } parked => $"parked: {parked.Reason}",
        JournalEvent.LeaseExpired expired => $"lease expired at {expired.Stage}",
        JournalEvent.ComponentFailed failed => $"failed: {failed.Error}",
        _ => null,
    };

    static string Who(JournalEntry entry) =>
        string.Join(' ', new[] { entry.Agent is { } agent ? $"agent {agent}" : null, entry.Bead?.Value }
            .Where(part => part is not null));
}
