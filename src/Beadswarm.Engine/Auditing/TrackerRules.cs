using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Auditing;

/// <summary>That the tracker says what the store says, and said nothing too early.</summary>
static class TrackerRules
{
    /// <summary>Clocks of trackers show whole seconds, and their programs write a moment later.</summary>
    static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    const string OurCloseReason = "landed as ";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("tracker.told", "I4 I11", "the tracker is told that a bead is closed only after it landed",
            "reopen the bead unless its change is on the target, and report this", AuditNeeds.Nothing, Told),
        new("tracker.early", "I4", "no bead is closed in the tracker as landed that has not landed",
            "reopen it in the tracker: the next run takes it up again", AuditNeeds.Tracker, Early),
        new("tracker.agrees", "I4", "the tracker says of every bead what the swarm came to",
            "'beadswarm run' tells the tracker again what is still to be told; otherwise correct the bead there",
            AuditNeeds.Tracker | AuditNeeds.Rest, Agrees),
    ];

    static IEnumerable<AuditFinding> Told(AuditView view)
    {
        var (may, landed, holder) = (new HashSet<BeadId>(), new HashSet<BeadId>(), (string?)null);
        foreach (var entry in view.Store.Journal)
        {
            switch (entry)
            {
                // The tracker that is told from now on is another clone's, and may not know what this swarm has done.
                case { Event: JournalEvent.SwarmStarted started }:
                    may.UnionWith(holder is null || holder == started.Node ? [] : landed);
                    holder = started.Node;
                    break;
                case { Event: JournalEvent.BeadLanded or JournalEvent.EpicCompleted, Bead: { } bead }:
                    may.Add(bead);
                    landed.Add(bead);
                    break;
                case { Event: JournalEvent.BeadRevived or JournalEvent.BeadClaimed, Bead: { } bead }:
                    landed.Remove(bead);
                    break;
                case { Event: JournalEvent.TrackerTold { Change: "close" }, Bead: { } bead } when !may.Remove(bead):
                    yield return new AuditFinding(
                        bead, $"entry {entry.Sequence} has told the tracker to close {bead}", "it had not landed");
                    break;
            }
        }
    }

    static IEnumerable<AuditFinding> Early(AuditView view)
    {
        var completed = view.Store.Journal.Where(entry => entry.Event is JournalEvent.EpicCompleted)
            .Select(entry => entry.Bead).ToHashSet();
        foreach (var work in view.Store.Beads)
        {
            if (Find(view, work.Id) is not { Status: BeadStatus.Closed } bead
                || work.State is BeadState.Completed or BeadState.Withdrawn)
            {
                continue;
            }

            var reason = bead.CloseReason ?? "";
            var ours = reason.StartsWith(OurCloseReason, StringComparison.Ordinal)
                || (reason == EpicRules.CloseReason && !completed.Contains(work.Id));
            if (ours)
            {
                yield return new AuditFinding(
                    work.Id, $"{work.Id} is closed in the tracker and has not landed: it is {work.State}",
                    $"closed at {bead.ClosedAt:O}: {reason}");
            }
            else if (!view.Input.Alive)
            {
                yield return new AuditFinding(
                    work.Id, $"{work.Id} was closed in the tracker by somebody else; it is {work.State}",
                    $"closed at {bead.ClosedAt:O}: {reason}", "nothing: the next run leaves it alone",
                    AuditSeverity.Note);
            }
        }
    }

    static IEnumerable<AuditFinding> Agrees(AuditView view)
    {
        var untold = view.Store.Outbox.Select(waiting => waiting.Change.Bead).ToHashSet();
        foreach (var bead in untold)
        {
            yield return new AuditFinding(
                bead, $"the tracker has still to be told of {bead}", null,
                "'beadswarm run' does it", AuditSeverity.Note);
        }

        var told = view.Of<JournalEvent.TrackerTold>().ToLookup(happened => happened.Entry.Bead);
        foreach (var work in view.Store.Beads.Where(work => !untold.Contains(work.Id) && told.Contains(work.Id)))
        {
            var last = told[work.Id].Last();
            if (Find(view, work.Id) is { } bead && Disagreement(view, work, bead) is { } says)
            {
                // Whoever changed it after us may have meant it.
                var changed = bead.UpdatedAt > last.Entry.At + Slack;
                yield return new AuditFinding(
                    work.Id, $"{work.Id} is {work.State}, and the tracker says {says}",
                    $"told {last.Event.Change} at {last.Entry.At:O}, changed at {bead.UpdatedAt:O}",
                    changed ? "nothing if somebody meant it: the next run takes the tracker's word" : null,
                    changed ? AuditSeverity.Note : AuditSeverity.Violation);
            }
        }
    }

    // | the store says        | the tracker may say                                    |
    // |-----------------------|--------------------------------------------------------|
    // | completed             | closed, deleted                                        |
    // | blocked, left         | anything but open or in progress: a person takes it on |
    // | pending, the end over | anything but in progress by one of our agents          |
    // | held, landing         | anything: the next run goes on with it                 |
    // | withdrawn             | anything: it is somebody else's                        |
    static string? Disagreement(AuditView view, BeadWork work, Bead bead) => work.State switch
    {
        BeadState.Completed => bead.Unfinished ? bead.Status : null,
        BeadState.Blocked or BeadState.Left =>
            bead.Status is BeadStatus.Open or BeadStatus.InProgress ? bead.Status : null,
        BeadState.Pending => view.Moment is AuditMoment.Stopped or AuditMoment.Completed
            && bead.Status == BeadStatus.InProgress
            && SwarmAssignee.Is(bead.Assignee, view.Input.Tracker?.Actor)
                ? $"{bead.Status} by {bead.Assignee}"
                : null,
        BeadState.Held or BeadState.Landing or BeadState.Withdrawn => null,
        _ => throw new System.Diagnostics.UnreachableException($"{work.State}"),
    };

    static Bead? Find(AuditView view, BeadId id) => view.Input.Tracker?.Beads.GetValueOrDefault(id);
}
