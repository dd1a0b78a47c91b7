using Beadswarm.Auditing;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Auditing;

/// <summary>One line of a made-up history.</summary>
sealed record Line(JournalEvent Event, string? Bead = null, int? Agent = null)
{
    public long Swarm { get; init; } = 1;

    /// <summary>Time since the line before.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// A made-up history, and everything else as it follows from it: tables, target and tracker. So what a test breaks is
/// broken in that one place, and only the rule about it may find it.
/// </summary>
static class AuditCase
{
    public const string Recipe = "r1";

    public static readonly DateTimeOffset Start = new(2026, 3, 1, 20, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// a-1 fails once and lands; a-2 loses an agent, is adopted, fails and is blocked; a-3 never becomes ready; an epic
    /// ends; the tracker's file is committed.
    /// </summary>
    public static readonly Line[] Sound =
    [
        new(new JournalEvent.SwarmStarted(
            1, "here", 2, null, null, Continued: false, "implement", Attempts: 3, InfrastructureRetries: 2, "main")),
        new(new JournalEvent.GateRequired("check", Recipe)),
        new(new JournalEvent.SwarmStatusChanged("running", null)),
        new(new JournalEvent.BeadAdded("One", 1, Ready: true, "implement"), "a-1"),
        new(new JournalEvent.BeadAdded("Two", 2, Ready: true, "implement"), "a-2"),
        new(new JournalEvent.BeadAdded("Three", 2, Ready: false, "implement"), "a-3"),
        new(new JournalEvent.BeadClaimed("implement", 1, 1, Start.AddMinutes(1)), "a-1", 1),
        new(new JournalEvent.TrackerTold("start"), "a-1"),
        new(new JournalEvent.StageStarted(1, "implement", 1, "agent-1/a-1", "b0"), "a-1", 1),
        new(new JournalEvent.ProcessStarted(1, 4711), "a-1", 1),
        new(new JournalEvent.BeadClaimed("implement", 1, 1, Start.AddMinutes(1)), "a-2", 2),
        new(new JournalEvent.StageStarted(2, "implement", 1, "agent-2/a-2", "b0"), "a-2", 2),
        new(new JournalEvent.StageEnded(1, "implement", 1, "failed", "red", "h0", "keep", 5, "implement", 2), "a-1", 1),
        new(new JournalEvent.StageStarted(3, "implement", 2, "agent-1/a-1", "b0"), "a-1", 1),
        new(new JournalEvent.StageEnded(3, "implement", 2, "passed", "done", "h1", "land", 5), "a-1", 1),
        new(new JournalEvent.LandingQueued(1, "h1"), "a-1", 1),
        new(new JournalEvent.GateRan("check", "c1", "t1", "passed", 0, "log", 5, Recipe), "a-1"),
        new(new JournalEvent.LandingIntended(1, "b0", "c1", "t1"), "a-1", 1),
        new(new JournalEvent.BeadLanded(1, "c1", "c1"), "a-1", 1),
        new(new JournalEvent.TrackerTold("close"), "a-1"),
        new(new JournalEvent.EpicCompleted(), "e-1"),
        new(new JournalEvent.TrackerTold("close"), "e-1"),
        new(new JournalEvent.GateRan("check", "s1", "t2", "passed", 0, "log", 5, Recipe)),
        new(new JournalEvent.EffectIntended(1, "tracker.commit", "main", "c1", "s1")),
        new(new JournalEvent.EffectDone(1, "tracker.commit", "main", "moved")),
        new(new JournalEvent.TrackerCommitted("s1")),
        new(new JournalEvent.ComponentHeld("lander", "a checkout with changes")),
        new(new JournalEvent.LeaseExpired("implement", 1, Start.AddMinutes(1), InfrastructureFailures: 1), "a-2", 2)
        {
            Pause = TimeSpan.FromMinutes(2),
        },
        new(new JournalEvent.BeadClaimed("implement", 1, 2, Start.AddMinutes(4)), "a-2", 1),
        new(new JournalEvent.StageStarted(4, "implement", 1, "agent-1/a-2", "s1"), "a-2", 1),
        new(new JournalEvent.SwarmStarted(
            2, "here", 2, null, null, Continued: true, "implement", Attempts: 3, InfrastructureRetries: 2, "main")),
        new(new JournalEvent.GateRequired("check", Recipe)),
        new(new JournalEvent.BeadAdopted("implement", 3, Start.AddMinutes(4)), "a-2", 1),
        new(new JournalEvent.SwarmStatusChanged("running", null)),
        new(new JournalEvent.StageEnded(
            4, "implement", 1, "error", "it crashed", null, "free", 5, "implement", 1, Start.AddMinutes(3), 2),
            "a-2", 1),
        new(new JournalEvent.BeadClaimed("implement", 1, 4, Start.AddMinutes(9)), "a-2", 2)
        {
            Pause = TimeSpan.FromMinutes(2),
        },
        new(new JournalEvent.StageStarted(5, "implement", 1, "agent-2/a-2", "s1"), "a-2", 2),
        new(new JournalEvent.StageEnded(5, "implement", 1, "error", "it crashed", null, "block", 5), "a-2", 2),
        new(new JournalEvent.BeadBlocked("infrastructure failed 3 times"), "a-2", 2),
        new(new JournalEvent.TrackerTold("block"), "a-2"),
        new(new JournalEvent.SwarmStatusChanged("stopping", "nothing is left to do but 1 blocked bead")),
        new(new JournalEvent.SwarmStatusChanged("completed", "nothing is left to do but 1 blocked bead")),
        new(new JournalEvent.SwarmEnded(
            "exhausted", "nothing is left to do but 1 blocked bead", Landed: 1, Blocked: 1, Left: 0, Pending: 1,
            Target: null, Attempts: 3, DurationMs: 5)),
    ];

    public static AuditInput Of(IReadOnlyList<Line> lines)
    {
        var journal = Journal(lines);
        return new AuditInput
        {
            Alive = false,
            Store = Store(journal),
            Target = Target(journal),
            Tracker = Tracker(journal),
            Surroundings = new AuditedSurroundings(),
            Earlier = JournalSeal.Of([.. journal.Take(3)]),
        };
    }

    public static IReadOnlyList<JournalEntry> Journal(IReadOnlyList<Line> lines)
    {
        var (journal, at) = (new List<JournalEntry>(), Start);
        foreach (var line in lines)
        {
            at += line.Pause;
            journal.Add(new JournalEntry(
                journal.Count + 1, at, line.Swarm, line.Bead is null ? null : BeadId.Parse(line.Bead),
                line.Agent is { } agent ? new AgentNumber(agent) : null, line.Event));
        }

        return journal;
    }

    static AuditedStore Store(IReadOnlyList<JournalEntry> journal)
    {
        var started = journal.Select(entry => entry.Event).OfType<JournalEvent.SwarmStarted>().Last();
        var status = journal.Select(entry => entry.Event).OfType<JournalEvent.SwarmStatusChanged>().Last();
        return new AuditedStore
        {
            Swarm = new SwarmRecord(
                journal[^1].Swarm, new SwarmEpoch(started.Epoch),
                Enum.Parse<SwarmStatus>(status.Status, ignoreCase: true), status.Reason,
                started.Node, started.Target, started.Limit, Start, null, started.Continued),
            Journal = journal,
            Beads = [.. JournalFold.Fold(journal).Values.Select(bead => Work(bead, journal))],
            Runs = Runs(journal),
            Landings = Landings(journal),
            Verdicts = journal.Select(entry => entry.Event).OfType<JournalEvent.GateRan>()
                .GroupBy(gate => (gate.Tree, gate.Recipe ?? ""))
                .ToDictionary(
                    group => group.Key,
                    group => group.Last().Status == "passed" ? GateStatus.Passed : GateStatus.Failed),
            Baselines = journal.Select(entry => entry.Event).OfType<JournalEvent.BaselineLowered>()
                .GroupBy(lowered => lowered.Gate).ToDictionary(group => group.Key, group => group.Last().Count),
        };
    }

    static BeadWork Work(FoldedBead bead, IReadOnlyList<JournalEntry> journal)
    {
        var own = journal.Where(entry => entry.Bead == bead.Id).ToArray();
        var allowed = own.Select(entry => entry.Event).OfType<JournalEvent.BeadRevived>().LastOrDefault()
            ?.AttemptsAllowed;
        return new BeadWork(
            bead.Id, $"Do {bead.Id}", 2, 0, Start, 0, bead.Ready, bead.State, bead.Attempt, allowed ?? 3,
            bead.Failures ?? 0, Started: false, "b0", null, null,
            own.LastOrDefault(entry => entry.Event is JournalEvent.BeadClaimed)?.Agent, Start)
        {
            Begun = bead.Worked,
        };
    }

    static IReadOnlyList<StageRun> Runs(IReadOnlyList<JournalEntry> journal)
    {
        var runs = new List<StageRun>();
        foreach (var entry in journal)
        {
            var open = runs.FindIndex(run => run.Bead == entry.Bead && run.Status == StageStatus.Started);
            if (open >= 0 && entry.Event is JournalEvent.StageEnded or JournalEvent.LeaseExpired
                or JournalEvent.BeadReleased or JournalEvent.StageStarted)
            {
                var status = entry.Event is JournalEvent.StageEnded ended
                    ? Enum.Parse<StageStatus>(ended.Status, ignoreCase: true)
                    : StageStatus.Interrupted;
                runs[open] = runs[open] with { Status = status };
            }

            if (entry.Event is JournalEvent.StageStarted started)
            {
                runs.Add(new StageRun(
                    new StageRunId(started.Run), entry.Agent!.Value, entry.Bead!.Value, new StageName(started.Stage),
                    started.Attempt, StageStatus.Started, null, null, null, null, "", "", started.Branch, entry.At,
                    null));
            }
        }

        return runs;
    }

    static IReadOnlyList<LandingEntry> Landings(IReadOnlyList<JournalEntry> journal)
    {
        var landings = new Dictionary<long, LandingEntry>();
        foreach (var entry in journal)
        {
            if (entry.Event is JournalEvent.LandingQueued queued)
            {
                landings[queued.Landing] = new LandingEntry(
                    new LandingId(queued.Landing), entry.Bead!.Value, "", 2, 1, 3, entry.Agent!.Value, "", "b0",
                    queued.HeadCommit, "", new LandingState.Queued(), entry.At, entry.At);
            }

            (long Id, LandingState State)? change = entry.Event switch
            {
                JournalEvent.LandingIntended to => (to.Landing, new LandingState.Intended(
                    new LandingIntent(to.Base, to.Candidate, to.Tree, []))),
                JournalEvent.LandingVoided to => (to.Landing, new LandingState.Queued()),
                JournalEvent.LandingIntegrated to => (to.Landing, new LandingState.Integrated(to.Commit)),
                JournalEvent.LandingReturned to => (to.Landing, new LandingState.Returned(to.Reason)),
                JournalEvent.LandingLeft to => (to.Landing, new LandingState.Left(to.Branch)),
                JournalEvent.BeadLanded to => (to.Landing, new LandingState.Landed(to.Commit, entry.At)),
                _ => null,
            };
            if (change is var (id, state) && landings.TryGetValue(id, out var landing))
            {
                landings[id] = landing with { State = state };
            }
        }

        return [.. landings.Values];
    }

    static AuditedTarget Target(IReadOnlyList<JournalEntry> journal)
    {
        var commits = new List<TargetCommit>();
        var trees = journal.Select(entry => entry.Event).OfType<JournalEvent.GateRan>()
            .GroupBy(gate => gate.Commit).ToDictionary(group => group.Key, group => group.First().Tree);
        foreach (var entry in journal)
        {
            if (entry.Event is JournalEvent.LandingIntended intended && journal.Any(
                landed => landed.Event is JournalEvent.BeadLanded one && one.Commit == intended.Candidate))
            {
                commits.Add(new TargetCommit(
                    intended.Candidate, intended.Base, intended.Tree, [entry.Bead!.Value.Value],
                    [new TargetChange($"work/{entry.Bead}", null, "blob")])
                {
                    Brought = new LandedWork(
                        journal.Select(queued => queued.Event).OfType<JournalEvent.LandingQueued>()
                            .Last(queued => queued.Landing == intended.Landing).HeadCommit,
                        new HashSet<string> { $"work/{entry.Bead}" }),
                });
            }
            else if (entry.Event is JournalEvent.TrackerCommitted committed)
            {
                var move = journal.Select(one => one.Event).OfType<JournalEvent.EffectIntended>()
                    .LastOrDefault(effect => effect.To == committed.Commit);
                commits.Add(new TargetCommit(
                    committed.Commit, move?.From ?? (commits.Count == 0 ? "b0" : commits[^1].Id),
                    trees.GetValueOrDefault(committed.Commit, "t2"), [],
                    [new TargetChange(".beads/issues.jsonl", "old", "new")]));
            }
        }

        return new AuditedTarget
        {
            Branch = "main",
            Tip = commits.Count == 0 ? "b0" : commits[^1].Id,
            Commits = commits,
            Contained = NamedCommits.Of(journal).All.ToHashSet(),
            Files = commits.SelectMany(commit => commit.Changes).GroupBy(change => change.Path)
                .ToDictionary(group => group.Key, group => group.Last().New!),
        };
    }

    static AuditedTracker Tracker(IReadOnlyList<JournalEntry> journal) => new(
        "beadswarm",
        JournalFold.Fold(journal).Values.Select(bead => new Bead
        {
            Id = bead.Id,
            Title = "",
            Status = bead.State switch
            {
                BeadState.Completed => BeadStatus.Closed,
                BeadState.Blocked => BeadStatus.Blocked,
                BeadState.Held => BeadStatus.InProgress,
                _ => BeadStatus.Open,
            },
            CloseReason = bead.State is BeadState.Completed completed ? $"landed as {completed.Commit}" : null,
            UpdatedAt = Start,
        }).ToDictionary(bead => bead.Id));
}
