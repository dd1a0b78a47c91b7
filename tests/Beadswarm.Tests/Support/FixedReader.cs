using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Estimates;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Supervision;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Support;

/// <summary>A swarm at a standstill: what is put in is what is read, filtered as a store would.</summary>
sealed class FixedReader : IStoreReader
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 20, 0, 0, TimeSpan.Zero);

    public StatusSnapshot Status { get; set; } = new(null, 0, 0, 0, 0, 0, 0, 0, 0, null, []);
    public List<BeadWork> Beads { get; } = [];
    public List<StageRun> History { get; } = [];
    public List<LandingEntry> Landings { get; } = [];

    public List<GateSummary> Gates { get; } = [];

    public QueuePause? Pause { get; set; }

    public TargetHealth? Health { get; set; }
    public List<StoredArtifact> Artifacts { get; } = [];
    public List<JournalEntry> Journal { get; } = [];
    public List<CostGroup> Costs { get; } = [];

    /// <summary>What was asked last about costs.</summary>
    public CostQuery? AskedCosts { get; private set; }

    /// <summary>What only the orchestrator knows: one component is parked, one about to start again.</summary>
    public static readonly SwarmVitals Vitals = new(
        new SupervisionTree(
            "node-a", 4711,
            [
                new("tracker", true, ComponentStatus.Running, 0, null, Start),
                new("lander", true, ComponentStatus.Restarting, 2, "the remote \u001b[31mhung\u001b[0m up", Start),
            ],
            [
                new("agent 1", false, ComponentStatus.Running, 1, "once", Start),
                new("agent 2", false, ComponentStatus.Parked, 4, "no such runner", Start),
            ]),
        new Estimate(Start.AddMinutes(50), Start.AddMinutes(65), Start.AddMinutes(110), 12))
    {
        Limits =
        [
            new("claude-code/opus", 3, 12, 2, null, Start.AddMinutes(3), "rate limited: try \u001b[31mlater\u001b[0m"),
            new("codex", 1, 4, 0, Start.AddMinutes(30), Start.AddMinutes(4), "overloaded: at capacity"),
        ],
    };

    /// <summary>What the next question fails with, if anything.</summary>
    public Exception? Failure { get; set; }

    /// <summary>A swarm with something of everything that verbs show.</summary>
    public static FixedReader Busy()
    {
        var reader = new FixedReader
        {
            Status = new StatusSnapshot(
                new SwarmRecord(
                    1, new SwarmEpoch(3), SwarmStatus.Running, null, "node-a", 25, null, Start, null, Continued: false),
                Landed: 12, InProgress: 2, Landing: 1, Blocked: 1, Left: 0, Pending: 9, Ready: 4, Attempts: 31,
                NextWakeAt: Start.AddMinutes(21),
                [
                    new(new(1), "worker", AgentStatus.Working, BeadId.Parse("demo-1.2"), new("implement"), 1,
                        Start.AddMinutes(18), null),
                    new(new(2), "worker", AgentStatus.Working, BeadId.Parse("demo-7"), new("qa-enforcer"), 2,
                        Start.AddMinutes(19).AddSeconds(51), null),
                    new(new(3), "worker", AgentStatus.Waiting, null, null, null, Start.AddMinutes(15), "rate limit"),
                    new(new(4), "worker", AgentStatus.Parked, null, null, null, Start, "failed 4 times in 60 s"),
                    new(new(5), "worker", AgentStatus.Idle, null, null, null, Start, null),
                ])
            {
                Costs = new CostSum(5, 1, 70, new TokenCount(4_900, 13_545, 2_426_678, 124_100), 3.5321m),
            },
        };
        reader.Beads.AddRange(
        [
            Bead("demo-1.2", "Parse the header", new BeadState.Held(
                new(1), new(7), new("implement"), Start.AddMinutes(21)), attempt: 1),
            Bead("demo-7", "Round half \u001b[31mup\u001b[0m", new BeadState.Held(
                new(2), new(4), new("qa-enforcer"), Start.AddMinutes(21)), attempt: 2),
            Bead("demo-8", "Land me", new BeadState.Landing(), attempt: 1),
            Bead("demo-9", "Never passes", new BeadState.Blocked("3 of 3 attempts failed: qa-enforcer"), attempt: 3),
            Bead("demo-10", "Later", new BeadState.Pending(new("implement"), Start.AddMinutes(30)), attempt: 2),
            Bead("demo-11", "Done", new BeadState.Completed("0123456789abcdef", Start.AddMinutes(3)), attempt: 1),
            Bead("demo-12", "For a person", new BeadState.Left("agent-1/demo-12"), attempt: 1),
            Bead("demo-13", "Closed elsewhere", new BeadState.Withdrawn(), attempt: 0),
        ]);
        reader.History.AddRange(
        [
            Run(1, 1, "demo-9", "implement", 3, StageStatus.Passed, "changed 2 files", 4, 90) with
            {
                Tokens = new TokenCount(4_000, 12_345, 2_345_678, 120_000),
                CostUsd = 3.5m,
            },
            Run(2, 1, "demo-9", "qa-enforcer", 3, StageStatus.Failed, "the total of an empty order is wrong", 6, 30),
            Run(3, 2, "demo-10", "implement", 2, StageStatus.Error, "crashed with exit code 139", 7, 5),
            Run(4, 4, "demo-7", "implement", 1, StageStatus.Interrupted, "the swarm stopped", 8, 2),
            Run(5, 2, "demo-7", "qa-enforcer", 2, StageStatus.Started, null, 19, null),
        ]);
        reader.Costs.AddRange(
        [
            new("qa-enforcer", new CostSum(2, 1, 9, new TokenCount(900, 1_200, 81_000, 4_100), 0.0321m)),
            new("implement", new CostSum(3, 0, 61, new TokenCount(4_000, 12_345, 2_345_678, 120_000), 3.5m)),
        ]);
        reader.Landings.Add(new LandingEntry(
            new(5), BeadId.Parse("demo-8"), "Land me", 1, 1, 3, new(3), "agent-3/demo-8", "b4se", "h3ad", "7ree",
            new LandingState.Queued(), Start.AddMinutes(17), Start.AddMinutes(17)));
        reader.Journal.Add(new JournalEntry(
            1, Start, 1, null, null, new JournalEvent.SwarmStarted(3, "node-a", 5, 25, null, Continued: false)));
        reader.Journal.Add(new JournalEntry(
            2, Start.AddMinutes(1), 1, BeadId.Parse("demo-1.2"), new(1),
            new JournalEvent.BeadClaimed("implement", 1, 7, Start.AddMinutes(2))));
        reader.Artifacts.Add(new StoredArtifact(
            9, BeadId.Parse("demo-9"), new StageRunId(2), "test_output", "qa.txt", "ab12",
            "42 ≠ 41"u8.ToArray(), Start));
        return reader;
    }

    public static BeadWork Bead(string id, string title, BeadState state, int attempt) =>
        new(
            BeadId.Parse(id), title, Priority: 1, Unblocks: 2, Start.AddDays(-3), Ordinal: 4, Ready: true, state,
            attempt, AttemptsAllowed: 3, InfrastructureFailures: 0, Started: attempt > 0, "b4se", "h3ad", "7ree",
            new(1), Start);

    static StageRun Run(
        long id, int agent, string bead, string stage, int attempt, StageStatus status, string? summary, int minute,
        int? seconds) =>
        new(
            new(id), new(agent), BeadId.Parse(bead), new(stage), attempt, status, summary, null, null, null,
            $".beadswarm/sessions/{id}", ".beadswarm/workspaces/1", $"agent-{agent}/{bead}", Start.AddMinutes(minute),
            seconds is { } length ? Start.AddMinutes(minute).AddSeconds(length) : null);

    public Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken) => Answer(Status.Swarm);

    public Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken) => Answer(Status);

    public Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<BeadWork>>(Beads);

    public Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken) =>
        Answer(Beads.Find(work => work.Id == bead));

    public Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<StageRun>>(
        [
            .. History.Where(run => (bead is null || run.Bead == bead) && (agent is null || run.Agent == agent))
                .TakeLast(limit),
        ]);

    public Task<IReadOnlyList<CostGroup>> ReadCostsAsync(CostQuery query, CancellationToken cancellationToken)
    {
        AskedCosts = query;
        return Answer(CostGroup.InOrder(
            query.By,
            query.By is null
                ? [new CostGroup("", Costs.Aggregate(CostSum.None, (sum, group) => sum + group.Sum))]
                : Costs));
    }

    public Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<LandingEntry>>([.. Landings.Where(entry => bead is null || entry.Bead == bead)]);

    public Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<StoredArtifact>>([.. Artifacts.Where(artifact => artifact.Bead == bead)]);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<JournalEntry>>(
        [
            .. Journal.Where(entry => entry.Sequence > after && (bead is null || entry.Bead == bead)).Take(limit),
        ]);

    public Task<IReadOnlyList<GateSummary>> ReadGatesAsync(CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<GateSummary>>(Gates);

    public Task<LandingQueue> ReadQueueAsync(CancellationToken cancellationToken) =>
        Answer(new LandingQueue(Landings, Pause));

    public Task<TargetHealth?> ReadTargetHealthAsync(CancellationToken cancellationToken) => Answer(Health);

    Task<T> Answer<T>(T value) => Failure is null ? Task.FromResult(value) : Task.FromException<T>(Failure);
}
