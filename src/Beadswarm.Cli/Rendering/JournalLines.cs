using System.Globalization;
using Beadswarm.Journal;
using Beadswarm.Supervision;

namespace Beadswarm.Cli.Rendering;

/// <summary>
/// A journal as lines for people while it grows. A thousand agents that fail for one reason are a handful of lines and
/// a count, and so are more beginnings than anybody reads; everything else is a line each. Made of the entries alone,
/// so the same journal gives the same lines.
/// </summary>
sealed class JournalLines(TimeZoneInfo zone)
{
    /// <summary>Failures of one reason that are shown one by one within the pause.</summary>
    const int FailuresShownMax = 5;

    /// <summary>The same for what happens when all is well: far more than a swarm at work has to say.</summary>
    const int BeginningsShownMax = 100;

    const int ReasonLengthMax = 200;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    readonly StormDigest _failures = new(Pause, FailuresShownMax);
    readonly StormDigest _beginnings = new(Pause, BeginningsShownMax);
    DateTimeOffset _now;

    /// <summary>What to print now that this has happened.</summary>
    public IEnumerable<string> Next(JournalEntry entry)
    {
        _now = entry.At;
        foreach (var told in _beginnings.Due(_now).Concat(_failures.Due(_now)))
        {
            yield return Say(told);
        }

        if (JournalText.Format(entry, zone) is not { } line)
        {
            yield break;
        }

        var (digest, reason) = Beginning(entry.Event) is { } beginning ? (_beginnings, beginning)
            : (_failures, Failure(entry.Event));
        if (reason is null)
        {
            yield return line;
        }
        else if (digest.Note(reason, Who(entry), _now) is { } told)
        {
            yield return told.Count == 1 ? line : Say(told);
        }
    }

    /// <summary>What is left to say when nothing follows.</summary>
    public IEnumerable<string> Rest() => _beginnings.Rest().Concat(_failures.Rest()).Select(Say);

    string Say(Told told)
    {
        var at = TimeZoneInfo.ConvertTime(_now, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        var reason = SafeText.Line(told.Reason, ReasonLengthMax);
        return SafeText.Line($"{at} {told.Count} more: {reason} (the last: {string.Join(", ", told.Who)})");
    }

    static string? Beginning(JournalEvent entry) => entry switch
    {
        JournalEvent.BeadReady { Ready: true } => "is ready",
        JournalEvent.BeadClaimed claimed => $"claimed at {claimed.Stage}",
        JournalEvent.StageStarted started => $"{started.Stage} started",
        _ => null,
    };

    static string? Failure(JournalEvent entry) => entry switch
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
