using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;

namespace Beadswarm.Auditing;

/// <summary>That beads go on, end, and do neither without a bound.</summary>
static class ProgressRules
{
    const string Lost = "the bead would wait for ever: 'beadswarm run --resume' takes it up again; report this";
    const string Unbounded = "report this: a loop has no end";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("bead.transitions", "I13", "a bead moves only as its state allows; what has ended begins again only when "
            + "somebody asks", "report this with the bead's journal ('beadswarm logs --bead')", AuditNeeds.Nothing,
            Transitions),
        new("bead.owner", "I3", "every bead has ended, or somebody will act on it", Lost, AuditNeeds.Nothing, Owners),
        new("bead.snooze", "I3 I16", "no bead is put to sleep for longer than a day", Lost, AuditNeeds.Nothing,
            Snoozes),
        new("attempt.grows", "I13", "the attempts of a bead never decrease", Unbounded, AuditNeeds.Nothing, Attempts),
        new("attempt.allowed", "I16", "no bead is given more attempts than it is allowed", Unbounded,
            AuditNeeds.Nothing, Allowances),
        new("failures.bounded", "I16", "the infrastructure failures of a bead only grow, and over the limit no agent "
            + "is started for it", Unbounded, AuditNeeds.Nothing, Failures),
    ];

    static IEnumerable<AuditFinding> Transitions(AuditView view) =>
        from step in view.Steps
        where step.Entry.Bead is not null && !IsAllowed(step.Before?.State, step.Entry.Event)
        select new AuditFinding(
            step.Entry.Bead,
            $"entry {step.Entry.Sequence} is {StoredEvent.TypeOf(step.Entry.Event)} of {step.Entry.Bead}",
            $"the bead is {(step.Before is { } before ? before.State : "unknown")}");

    // | entry                                   | allowed from                           |
    // |-----------------------------------------|----------------------------------------|
    // | added                                   | unknown                                |
    // | claimed                                 | pending (and held: see claim.holders)  |
    // | blocked                                 | held, landing                          |
    // | withdrawn                               | pending, blocked                       |
    // | revived                                 | blocked, left, completed, withdrawn    |
    // | intended, voided, integrated, returned  | landing                                |
    // | left                                    | landing                                |
    // | landed                                  | landing (and completed: landing.once)  |
    // What is written on behalf of a claim is claim.fence's matter.
    static bool IsAllowed(BeadState? state, JournalEvent happened) => happened switch
    {
        JournalEvent.BeadAdded => state is null,
        JournalEvent.BeadClaimed => state is BeadState.Pending or BeadState.Held,
        JournalEvent.BeadBlocked => state is BeadState.Held or BeadState.Landing,
        JournalEvent.BeadWithdrawn => state is BeadState.Pending or BeadState.Blocked,
        JournalEvent.BeadRevived =>
            state is BeadState.Blocked or BeadState.Left or BeadState.Completed or BeadState.Withdrawn,
        JournalEvent.LandingIntended or JournalEvent.LandingVoided or JournalEvent.LandingIntegrated
            or JournalEvent.LandingReturned or JournalEvent.LandingLeft or JournalEvent.LandingProposed =>
            state is BeadState.Landing,
        JournalEvent.BeadLanded => state is BeadState.Landing or BeadState.Completed,
        _ => true, // the other events do not move a bead, or are claim.fence's matter
    };

    static IEnumerable<AuditFinding> Owners(AuditView view)
    {
        var live = view.Store.Landings
            .Where(row => row.State is LandingState.Queued or LandingState.Intended or LandingState.Integrated)
            .Select(row => row.Bead).ToHashSet();
        foreach (var bead in view.Store.Beads)
        {
            if (bead.State is BeadState.Landing != live.Contains(bead.Id))
            {
                yield return new AuditFinding(
                    bead.Id, live.Contains(bead.Id)
                        ? $"{bead.Id} is in the merge queue and does not know it"
                        : $"{bead.Id} waits to land and is not in the merge queue",
                    $"it is {bead.State}");
            }
        }

        if (view.Moment != AuditMoment.Completed || view.TargetReached)
        {
            yield break;
        }

        // A swarm that ends by itself leaves nothing that could go on.
        var bounds = new ClaimBounds(view.Store.Swarm.Target, view.Store.Swarm.Limit, FollowTracker: false);
        var mayBegin = ClaimRules.MayBegin(view.Store.Beads, bounds);
        var since = LastEntryOfEachSince(view);
        foreach (var bead in view.Store.Beads.Where(bead => !since.Contains(bead.Id)))
        {
            var waits = bead.State switch
            {
                BeadState.Held held => $"held by agent {held.Agent}",
                BeadState.Landing => "waiting to land",
                BeadState.Pending { NotBefore: { } until } when bead.Ready => $"asleep until {until:O}",
                BeadState.Pending when bead.Ready && (bead.Begun || mayBegin) => "ready",
                BeadState.Pending or BeadState.Completed or BeadState.Left or BeadState.Blocked
                    or BeadState.Withdrawn => null,
                _ => throw new System.Diagnostics.UnreachableException($"{bead.State}"),
            };
            if (waits is not null)
            {
                yield return new AuditFinding(bead.Id, $"the swarm has completed, and {bead.Id} is {waits}");
            }
        }
    }

    /// <summary>Beads of which something was said after the swarm had completed: a person's hand.</summary>
    static HashSet<BeadId> LastEntryOfEachSince(AuditView view)
    {
        var end = view.Store.Journal.LastOrDefault(
            entry => entry.Event is JournalEvent.SwarmStatusChanged { Status: "completed" })?.Sequence;
        return
        [
            .. view.Store.Journal.Where(entry => entry.Sequence > end)
                .Where(entry => entry.Event is not JournalEvent.TrackerTold)
                .Select(entry => entry.Bead).OfType<BeadId>(),
        ];
    }

    static IEnumerable<AuditFinding> Snoozes(AuditView view)
    {
        foreach (var entry in view.Store.Journal)
        {
            var until = entry.Event switch
            {
                JournalEvent.BeadReleased released => released.NotBefore,
                JournalEvent.StageEnded ended => ended.NotBefore,
                JournalEvent.LandingReturned returned => returned.NotBefore,
                JournalEvent.BeadRevived revived => revived.NotBefore,
                _ => null, // nothing else puts a bead to sleep
            };
            if (until - entry.At > PipelineRules.RateLimitWaitMax)
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} puts {entry.Bead} to sleep until {until:O}",
                    $"it is {entry.At:O}");
            }
        }
    }

    static IEnumerable<AuditFinding> Attempts(AuditView view)
    {
        var last = new Dictionary<BeadId, int>();
        foreach (var entry in view.Store.Journal)
        {
            if (entry.Bead is not { } bead || AttemptOf(entry.Event) is not { } attempt)
            {
                continue;
            }

            if (attempt < last.GetValueOrDefault(bead))
            {
                yield return new AuditFinding(
                    bead, $"entry {entry.Sequence} takes {bead} from attempt {last[bead]} back to {attempt}");
            }

            last[bead] = attempt;
        }
    }

    static int? AttemptOf(JournalEvent happened) => happened switch
    {
        JournalEvent.BeadClaimed claimed => claimed.Attempt,
        JournalEvent.BeadReleased released => released.Attempt,
        JournalEvent.StageStarted started => started.Attempt,
        JournalEvent.StageEnded ended => ended.NextAttempt ?? ended.Attempt,
        JournalEvent.LandingReturned returned => returned.NextAttempt,
        JournalEvent.BeadRevived revived => revived.Attempt,
        _ => null, // nothing else speaks of attempts
    };

    static IEnumerable<AuditFinding> Allowances(AuditView view)
    {
        int? terms = null;
        var allowed = new Dictionary<BeadId, int>();
        foreach (var entry in view.Store.Journal)
        {
            terms = entry.Event is JournalEvent.SwarmStarted started ? started.Attempts : terms;
            if (entry.Bead is not { } bead)
            {
                continue;
            }

            if (entry.Event is JournalEvent.BeadAdded && terms is { } first)
            {
                allowed[bead] = first;
            }
            else if (entry.Event is JournalEvent.BeadRevived revived)
            {
                allowed[bead] = revived.AttemptsAllowed;
            }

            if (AttemptOf(entry.Event) > allowed.GetValueOrDefault(bead, int.MaxValue))
            {
                yield return new AuditFinding(
                    bead, $"entry {entry.Sequence} is about attempt {AttemptOf(entry.Event)} of {bead}",
                    $"{allowed[bead]} are allowed");
            }
        }

        foreach (var bead in view.Store.Beads)
        {
            if (allowed.TryGetValue(bead.Id, out var known) && known != bead.AttemptsAllowed)
            {
                yield return new AuditFinding(
                    bead.Id, $"the table allows {bead.Id} {bead.AttemptsAllowed} attempts",
                    $"the journal allowed {known}");
            }
        }
    }

    /// <summary>
    /// Over the limit a bead is taken up to be blocked, and no agent is started for it. Whoever takes it up may sleep,
    /// die or fail on the way, which is counted as well.
    /// </summary>
    static IEnumerable<AuditFinding> Failures(AuditView view)
    {
        var retries = (int?)null;
        foreach (var step in view.Steps)
        {
            var (before, after, happened) = (step.Before?.Failures, step.After?.Failures, step.Entry.Event);
            retries = (happened as JournalEvent.SwarmStarted)?.InfrastructureRetries ?? retries;
            if (happened is JournalEvent.ProcessStarted && before > retries)
            {
                yield return new AuditFinding(
                    step.Entry.Bead, $"entry {step.Entry.Sequence} starts an agent for {step.Entry.Bead}",
                    $"{before} infrastructure failures were counted, and {retries} are repeated");
            }
            else if (after < before && happened is not (JournalEvent.BeadAdded or JournalEvent.BeadRevived))
            {
                yield return new AuditFinding(
                    step.Entry.Bead,
                    $"entry {step.Entry.Sequence} takes {step.Entry.Bead} from {before} infrastructure failures back "
                        + $"to {after}");
            }
        }
    }
}
