using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;

namespace Beadswarm.Auditing;

/// <summary>That what landed had earned it, was intended, observed, and landed once: by the journal alone.</summary>
static class LandingRules
{
    const string Remedy = "look whether the bead's change is on the target once and whole, and report this";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("landing.earned", "I8", "a bead queues to land when its last stage has passed, with the commit it left",
            Remedy, AuditNeeds.Nothing, Earned),
        new("landing.intended", "I11", "a bead lands as what was intended before, or as what was there already", Remedy,
            AuditNeeds.Nothing, Intended),
        new("effect.pairs", "I11 I12", "an effect is intended once, and settled once and only after that", Remedy,
            AuditNeeds.Nothing, Pairs),
        new("landing.once", "I4 I13", "a bead that has landed does not land again unless somebody asks", Remedy,
            AuditNeeds.Nothing, Once),
        new("intent.settled", "I11 I12", "what was intended or begun has been settled when the swarm has completed",
            "'beadswarm run' settles it; report this", AuditNeeds.Rest, Settled),
    ];

    static IEnumerable<AuditFinding> Earned(AuditView view)
    {
        var last = new Dictionary<BeadId, JournalEvent>();
        foreach (var entry in view.Store.Journal.Where(entry => entry.Bead is not null))
        {
            var bead = entry.Bead.GetValueOrDefault(); // filtered just above
            if (entry.Event is JournalEvent.LandingQueued queued
                && (last.GetValueOrDefault(bead) is not JournalEvent.StageEnded { Status: "passed", Next: "land" } ended
                    || (ended.HeadCommit ?? queued.HeadCommit) != queued.HeadCommit))
            {
                yield return new AuditFinding(
                    bead, $"entry {entry.Sequence} queues {bead} to land as {queued.HeadCommit}",
                    $"before it: {(last.TryGetValue(bead, out var before) ? before : "nothing")}");
            }

            last[bead] = entry.Event;
        }
    }

    static IEnumerable<AuditFinding> Intended(AuditView view)
    {
        var open = new Dictionary<long, string>();
        foreach (var entry in view.Store.Journal)
        {
            var (landing, commit, there) = entry.Event switch
            {
                JournalEvent.BeadLanded landed => (landed.Landing, landed.Commit, landed.ObservedTip),
                JournalEvent.LandingIntegrated integrated =>
                    (integrated.Landing, integrated.Commit, integrated.Commit),
                _ => default((long, string?, string?)), // nothing else says where a bead came to lie
            };
            if (commit is not null && open.GetValueOrDefault(landing, there ?? "") != commit)
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} says that {entry.Bead} landed as {commit}",
                    open.TryGetValue(landing, out var intended) ? $"intended was {intended}" : "nothing was intended");
            }

            if (entry.Event is JournalEvent.LandingIntended begun)
            {
                open[begun.Landing] = begun.Candidate;
            }
            else if (entry.Event is JournalEvent.LandingIntegrated { Commit: var integrated })
            {
                open[landing] = integrated; // the target takes it as it is
            }
            else if (entry.Event is JournalEvent.LandingVoided voided)
            {
                open.Remove(voided.Landing);
            }
        }
    }

    static IEnumerable<AuditFinding> Pairs(AuditView view)
    {
        var (intended, settled) = (new HashSet<long>(), new HashSet<long>());
        foreach (var entry in view.Store.Journal)
        {
            if (entry.Event is JournalEvent.EffectIntended begun && !intended.Add(begun.Effect))
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} intends effect {begun.Effect} of {begun.Subject} again");
            }
            else if (entry.Event is JournalEvent.EffectDone done
                && (!intended.Contains(done.Effect) || !settled.Add(done.Effect)))
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} settles effect {done.Effect} of {done.Subject}",
                    intended.Contains(done.Effect) ? "it was settled before" : "it was never intended");
            }
        }
    }

    static IEnumerable<AuditFinding> Once(AuditView view) =>
        from landed in view.Of<JournalEvent.BeadLanded>()
        where landed.Step.Before?.State is BeadState.Completed
        select new AuditFinding(
            landed.Entry.Bead, $"entry {landed.Entry.Sequence} lands {landed.Entry.Bead} again",
            $"it is {landed.Step.Before?.State}");

    static IEnumerable<AuditFinding> Settled(AuditView view)
    {
        if (view.Moment != AuditMoment.Completed || view.TargetReached)
        {
            return [];
        }

        var open = new Dictionary<string, (BeadId? Bead, string What)>();
        foreach (var entry in view.Store.Journal)
        {
            Follow(open, entry);
        }

        // Of what the tracker shows only the record of its being done was lost, with the orchestrator or an answer.
        foreach (var epic in view.Input.Tracker?.Beads.Values.Where(bead => bead.Status == BeadStatus.Closed) ?? [])
        {
            open.Remove(EpicKey(epic.Id));
        }

        return open.Values.Select(left => new AuditFinding(left.Bead, left.What));
    }

    static void Follow(Dictionary<string, (BeadId? Bead, string What)> open, JournalEntry entry)
    {
        switch (entry.Event)
        {
            case JournalEvent.LandingIntended intended:
                open[$"landing {intended.Landing}"] =
                    (entry.Bead, $"entry {entry.Sequence} intends to land {entry.Bead}, and nothing came of it");
                break;
            case JournalEvent.BeadLanded landed:
                open.Remove($"landing {landed.Landing}");
                break;
            case JournalEvent.LandingVoided voided:
                open.Remove($"landing {voided.Landing}");
                break;
            case JournalEvent.StageStarted started:
                open[$"stage of {entry.Bead}"] =
                    (entry.Bead, $"entry {entry.Sequence} begins {started.Stage} of {entry.Bead}, which never ended");
                break;
            case JournalEvent.StageEnded or JournalEvent.BeadReleased or JournalEvent.LeaseExpired:
                open.Remove($"stage of {entry.Bead}");
                break;
            case JournalEvent.EffectIntended intended:
                open[$"effect {intended.Effect}"] = (
                    entry.Bead,
                    $"entry {entry.Sequence} intends {intended.Kind} of {intended.Subject}, and nothing came of it");
                break;
            case JournalEvent.EffectDone done:
                open.Remove($"effect {done.Effect}");
                break;
            case JournalEvent.EpicCompleted:
                open[EpicKey(entry.Bead)] =
                    (entry.Bead, $"entry {entry.Sequence} completes {entry.Bead}, and the tracker was never told");
                break;
            case JournalEvent.TrackerTold { Change: "close" }:
                open.Remove(EpicKey(entry.Bead));
                break;
        }
    }

    static string EpicKey(BeadId? epic) => $"epic {epic}";
}
