using Beadswarm.Beads;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;

namespace Beadswarm.Auditing;

/// <summary>The tables are what the journal says that they are: a row is never written without its entry.</summary>
static class StateRules
{
    const string Remedy =
        "a table was written without its journal entry, by another hand or a defect: keep .beadswarm/ and report it, "
        + "for the journal is the truth";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("state.swarm", "I10", "status and epoch of the swarm are those of the journal", Remedy, AuditNeeds.Nothing,
            Swarm),
        new("state.beads", "I10", "state, attempt and readiness of every bead are those of the journal", Remedy,
            AuditNeeds.Nothing, Beads),
        new("state.stages", "I10", "every execution of a stage is in the journal and ended as it says", Remedy,
            AuditNeeds.Nothing, Stages),
        new("state.landings", "I10", "every landing is in the journal and stands where it says", Remedy,
            AuditNeeds.Nothing, Landings),
        new("state.effects", "I10 I11", "effects that are open are those that the journal has intended and not settled",
            Remedy, AuditNeeds.Nothing, Effects),
        new("state.verdicts", "I8 I10", "every verdict and baseline is answered as the journal has it", Remedy,
            AuditNeeds.Nothing, Verdicts),
    ];

    static IEnumerable<AuditFinding> Swarm(AuditView view)
    {
        var (epoch, status) = (0L, "");
        foreach (var entry in view.Store.Journal)
        {
            (epoch, status) = entry.Event switch
            {
                JournalEvent.SwarmStarted started => (started.Epoch, "starting"),
                JournalEvent.SwarmStatusChanged changed => (epoch, changed.Status),
                _ => (epoch, status), // the other events do not concern the swarm as a whole
            };
        }

        var swarm = view.Store.Swarm;
        var stored = swarm.Status.ToString().ToLowerInvariant();
        if (epoch != swarm.Epoch.Value || status != stored)
        {
            yield return new AuditFinding(
                null, "the row of the swarm is not what the journal says",
                $"the journal says epoch {epoch}, {status}; the row epoch {swarm.Epoch.Value}, {stored}");
        }
    }

    static IEnumerable<AuditFinding> Beads(AuditView view) =>
        JournalFold.Differences(JournalFold.Fold(view.Store.Journal), view.Store.Beads)
            .Select(line => new AuditFinding(null, $"the row of a bead is not what the journal says: {line}"));

    static IEnumerable<AuditFinding> Stages(AuditView view)
    {
        var told = new Dictionary<long, (BeadId Bead, string Stage, int Attempt, string Status)>();
        var open = new Dictionary<BeadId, long>();
        foreach (var entry in view.Store.Journal.Where(entry => entry.Bead is not null))
        {
            var bead = entry.Bead.GetValueOrDefault(); // filtered just above
            switch (entry.Event)
            {
                case JournalEvent.StageStarted started:
                    // An execution that was open is given up by whoever begins the next.
                    if (open.Remove(bead, out var before))
                    {
                        told[before] = told[before] with { Status = "interrupted" };
                    }

                    told[started.Run] = (bead, started.Stage, started.Attempt, "started");
                    open[bead] = started.Run;
                    break;
                case JournalEvent.StageEnded ended when told.TryGetValue(ended.Run, out var run):
                    told[ended.Run] = run with { Status = ended.Status };
                    open.Remove(bead);
                    break;
                case JournalEvent.LeaseExpired or JournalEvent.BeadReleased when open.Remove(bead, out var lost):
                    told[lost] = told[lost] with { Status = "interrupted" };
                    break;
            }
        }

        var rows = view.Store.Runs.ToDictionary(run => run.Id.Value);
        foreach (var (id, run) in told)
        {
            var row = rows.GetValueOrDefault(id);
            var stored = row is null
                ? default
                : (row.Bead, row.Stage.Value, row.Attempt, row.Status.ToString().ToLowerInvariant());
            if (row is null || stored != run)
            {
                yield return new AuditFinding(
                    run.Bead, $"execution {id} of a stage is not what the journal says",
                    $"the journal says {run}, the table {(row is null ? "nothing" : stored)}");
            }
        }

        foreach (var row in view.Store.Runs.Where(row => !told.ContainsKey(row.Id.Value)))
        {
            yield return new AuditFinding(row.Bead, $"execution {row.Id} of a stage is not in the journal");
        }
    }

    static IEnumerable<AuditFinding> Landings(AuditView view)
    {
        var told = new Dictionary<long, (BeadId? Bead, string State, string? Commit)>();
        foreach (var entry in view.Store.Journal)
        {
            if (LandingOf(entry.Event) is var (id, state, commit))
            {
                told[id] = (entry.Bead, state, commit);
            }
        }

        var rows = view.Store.Landings.ToDictionary(row => row.Id.Value);
        foreach (var (id, landing) in told)
        {
            var row = rows.GetValueOrDefault(id);
            var (state, commit) = row is null ? ("missing", null) : Describe(row.State);
            if (row?.Bead != landing.Bead || state != landing.State || commit != landing.Commit)
            {
                yield return new AuditFinding(
                    landing.Bead, $"landing {id} is not what the journal says",
                    $"the journal says {landing.State} {landing.Commit}, the table {row?.Bead} {state} {commit}");
            }
        }

        foreach (var row in view.Store.Landings.Where(row => !told.ContainsKey(row.Id.Value)))
        {
            yield return new AuditFinding(row.Bead, $"landing {row.Id} is not in the journal");
        }
    }

    static (long Id, string State, string? Commit)? LandingOf(JournalEvent happened) => happened switch
    {
        JournalEvent.LandingQueued queued => (queued.Landing, "queued", null),
        JournalEvent.LandingIntended intended => (intended.Landing, "intended", intended.Candidate),
        JournalEvent.LandingVoided voided => (voided.Landing, "queued", null),
        JournalEvent.LandingProposed proposed => (proposed.Landing, "queued", null),
        JournalEvent.LandingIntegrated integrated => (integrated.Landing, "integrated", integrated.Commit),
        JournalEvent.LandingReturned returned => (returned.Landing, "returned", null),
        JournalEvent.LandingLeft left => (left.Landing, "left", left.Branch),
        JournalEvent.BeadLanded landed => (landed.Landing, "landed", landed.Commit),
        _ => null, // the other events do not move a landing
    };

    static (string State, string? Commit) Describe(LandingState state) => state switch
    {
        LandingState.Queued => ("queued", null),
        LandingState.Intended intended => ("intended", intended.Intent.Candidate),
        LandingState.Integrated integrated => ("integrated", integrated.Commit),
        LandingState.Landed landed => ("landed", landed.Commit),
        LandingState.Left left => ("left", left.Branch),
        LandingState.Returned => ("returned", null),
    };

    static IEnumerable<AuditFinding> Effects(AuditView view)
    {
        var told = new Dictionary<long, (BeadId? Bead, string Name)>();
        foreach (var entry in view.Store.Journal)
        {
            if (entry.Event is JournalEvent.EffectIntended intended)
            {
                told[intended.Effect] = (entry.Bead, $"{intended.Kind} of {intended.Subject}");
            }
            else if (entry.Event is JournalEvent.EffectDone done)
            {
                told.Remove(done.Effect);
            }
        }

        var rows = view.Store.Effects.Select(open => open.Id.Value).ToHashSet();
        return
        [
            .. told.Where(open => !rows.Contains(open.Key)).Select(open => new AuditFinding(
                open.Value.Bead, $"effect {open.Key}, {open.Value.Name}, is open in the journal alone")),
            .. view.Store.Effects.Where(row => !told.ContainsKey(row.Id.Value)).Select(row => new AuditFinding(
                row.Effect.Bead, $"effect {row.Id} of {row.Effect.Subject} is open in the table alone")),
        ];
    }

    static IEnumerable<AuditFinding> Verdicts(AuditView view)
    {
        var told = new Dictionary<(string Tree, string Recipe), string>();
        var baselines = new Dictionary<string, int>();
        foreach (var entry in view.Store.Journal)
        {
            if (entry.Event is JournalEvent.GateRan { Recipe: { } recipe, Status: not "no_verdict" } gate)
            {
                told[(gate.Tree, recipe)] = gate.Status;
            }
            else if (entry.Event is JournalEvent.BaselineLowered lowered)
            {
                baselines[lowered.Gate] = lowered.Count;
            }
        }

        foreach (var (key, status) in told)
        {
            var stored = view.Store.Verdicts.TryGetValue(key, out var verdict) ? Word(verdict) : "nothing";
            if (stored != status)
            {
                yield return new AuditFinding(
                    null, $"the verdict on tree {key.Tree} by recipe {key.Recipe[..Math.Min(12, key.Recipe.Length)]} "
                        + "is not what the journal says",
                    $"the journal says {status}, the table {stored}");
            }
        }

        foreach (var (gate, count) in baselines)
        {
            var stored = view.Store.Baselines.TryGetValue(gate, out var baseline) ? baseline : (int?)null;
            if (stored != count)
            {
                yield return new AuditFinding(
                    null, $"the baseline of gate {gate} is not what the journal says",
                    $"the journal says {count}, the table {(stored is null ? "nothing" : stored)}");
            }
        }
    }

    static string Word(GateStatus status) => status switch
    {
        GateStatus.Passed => "passed",
        GateStatus.Failed => "failed",
        GateStatus.NoVerdict => "no_verdict",
    };
}
