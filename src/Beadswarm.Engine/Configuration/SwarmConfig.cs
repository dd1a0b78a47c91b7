using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Pipelines;
using Beadswarm.Supervision;

namespace Beadswarm.Configuration;

/// <summary>Everything a swarm needs to know, complete: every value has been given or defaulted, and checked.</summary>
sealed record SwarmConfig
{
    public required TrackerConfig Tracker { get; init; }
    public required SelectConfig Select { get; init; }
    public required IReadOnlyList<PoolConfig> Pools { get; init; }
    public required IReadOnlyDictionary<string, RunnerSpec> Runners { get; init; }
    public required Pipeline Pipeline { get; init; }
    public required IReadOnlyDictionary<string, GateSpec> Gates { get; init; }
    public required LandingConfig Landing { get; init; }
    public required WorkspaceConfig Workspace { get; init; }

    /// <summary><c>sqlite</c>, or the URL of a shared database.</summary>
    public required string Store { get; init; }
    public required LimitsConfig Limits { get; init; }

    /// <summary>What models cost, for agent CLIs that do not say it themselves.</summary>
    public PriceTable Prices { get; init; } = PriceTable.Shipped;

    /// <summary>Whether any agent is to run in a sandbox.</summary>
    public bool AsksForSandbox => Pools.Any(pool => Runners.TryGetValue(pool.Runner, out var runner)
        && runner.Sandbox is not null);

    /// <summary>Number of agents over all pools.</summary>
    public int AgentCount => Pools.Sum(pool => pool.Agents);
}

/// <summary>Where the backlog is and whose rules it follows.</summary>
/// <param name="Dialect">Null: found out from <c>.beads/</c>.</param>
/// <param name="Commit">Bring the tracker's file onto the target branch, where git tracks it.</param>
/// <param name="CommitInterval">Changes of the tracker within this time share a commit.</param>
/// <param name="Actor">Prefix of the assignee written into the tracker.</param>
sealed record TrackerConfig(string Kind, TrackerDialect? Dialect, bool Commit, TimeSpan CommitInterval, string Actor);

/// <summary>Which beads a run takes, and in which order. Empty lists select everything.</summary>
sealed record SelectConfig
{
    public IReadOnlyList<int> Priority { get; init; } = [];
    public BeadId? Epic { get; init; }
    public IReadOnlyList<string> Labels { get; init; } = [];
    public IReadOnlyList<string> Types { get; init; } = [];
    public IReadOnlyList<string> Assignees { get; init; } = [];
    public IReadOnlyList<BeadId> Ids { get; init; } = [];
    public SelectOrder Order { get; init; } = SelectOrder.Triage;

    /// <summary>How many beads this run may start. Null: no limit.</summary>
    public int? Limit { get; init; }

    /// <summary>How many beads this run is to land. Null: all that can.</summary>
    public int? Target { get; init; }
}

/// <summary>The order in which ready beads are claimed.</summary>
enum SelectOrder
{
    /// <summary>Priority, then how much work a bead unblocks, then age.</summary>
    Triage,

    /// <summary>As the tracker's own <c>ready</c> lists them.</summary>
    Tracker,
}

/// <summary>Agents that serve a set of stages.</summary>
/// <param name="Stages">Names of the stages they serve, in pipeline order.</param>
sealed record PoolConfig(string Role, int Agents, string Runner, IReadOnlyList<StageName> Stages);

/// <summary>How a passed bead gets onto the target branch.</summary>
enum LandingMode
{
    /// <summary>Tested merged with the target, then the target moves.</summary>
    Queue,

    /// <summary>As queue, onto an integration branch that is promoted to the target when its gates are green.</summary>
    Integration,

    /// <summary>The branch is left for a person.</summary>
    Branch,

    /// <summary>Tested merged with the target, then proposed to a forge, which merges it.</summary>
    PullRequest,
}

/// <summary>How passed beads land.</summary>
/// <param name="Target">Name of the target branch.</param>
/// <param name="Remote">Name of the remote that holds the target, or null: the user's own repository.</param>
/// <param name="Gates">Gates run on the merged tree.</param>
/// <param name="Batch">Most beads in one tested combination.</param>
/// <param name="IntegrationBranch">Used by mode integration.</param>
/// <param name="Squash">One commit per bead instead of a merge commit.</param>
sealed record LandingConfig(
    LandingMode Mode, string Target, string? Remote, IReadOnlyList<string> Gates, int Batch, string IntegrationBranch,
    bool Squash)
{
    /// <summary>
    /// Most beads that land by one movement of the branch. A pull request is of one bead; and who wants beads squashed
    /// wants a history without merges, in which each commit would have to be tested and the one that joins a batch has
    /// no place.
    /// </summary>
    public int BatchMax => Mode is LandingMode.Queue or LandingMode.Integration && !Squash ? Batch : 1;

    /// <summary>Candidates that are tested at once. The loader's default depends on the processors.</summary>
    public int Tests { get; init; } = 1;

    /// <summary>Failures of a single bead upon the target that are forgiven before it is returned.</summary>
    public int Reruns { get; init; } = 1;

    /// <summary>
    /// How often it is looked whether what has landed is still there; zero: never. The loader's default is ten minutes.
    /// </summary>
    public TimeSpan Watch { get; init; }

    /// <summary>The gates of the whole: run on the target's tip from time to time.</summary>
    public IReadOnlyList<string> WatchGates { get; init; } = [];

    /// <summary>How often it is looked whether there is a tip that they have not seen; zero: never.</summary>
    public TimeSpan WatchEvery { get; init; }

    /// <summary>How long a landing may be overtaken by one of the next higher priority.</summary>
    public TimeSpan Aging { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Conflicts that are settled without an agent; the first rule for a file counts.</summary>
    public IReadOnlyList<ResolveRule> Resolve { get; init; } = [];

    public PullRequestConfig PullRequest { get; init; } = new();
}

/// <summary>Mode pull-request: how beads are proposed, and what is waited for.</summary>
sealed record PullRequestConfig
{
    /// <summary>GitHub's own program: a name on PATH, or a path.</summary>
    public string Program { get; init; } = "gh";

    /// <summary><c>OWNER/NAME</c> or <c>HOST/OWNER/NAME</c>; null: what the remote's URL says.</summary>
    public string? Repository { get; init; }
    public bool Draft { get; init; }

    /// <summary>Given to every pull request, beside the bead's own.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Also where the forge itself requires none.</summary>
    public bool ReviewRequired { get; init; }

    /// <summary>Time between two questions for all that are open.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A pull request without any check waits so long for one to appear.</summary>
    public TimeSpan ChecksAppear { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What has waited for longer is left to a person.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The branch of a pull request goes when its bead has landed.</summary>
    public bool DeleteBranch { get; init; } = true;
}

/// <summary>What an agent works in.</summary>
sealed record WorkspaceConfig(string Kind);

/// <summary>Every bound of a run. No loop, queue, retry, buffer or child is without one.</summary>
sealed record LimitsConfig
{
    public TimeSpan StageTimeout { get; init; } = TimeSpan.FromMinutes(30);
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Of agents that the swarm has not started: nothing renews their claims but what they say.</summary>
    public TimeSpan ExternalLease { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>Within this time at most it is noticed that a lease has ended.</summary>
    public TimeSpan LeaseMin => Lease < ExternalLease ? Lease : ExternalLease;

    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);
    public double DiskGb { get; init; } = 20;
    public double DiskFreeGbMin { get; init; } = 1;

    /// <summary>
    /// Most memory of one agent with all it has started; 0: no limit. The loader's default is half of the machine's.
    /// </summary>
    public double AgentMemoryGb { get; init; }

    /// <summary>No new work when less memory is free. The loader's default depends on the machine.</summary>
    public double MemoryFreeGbMin { get; init; }
    public int RestartsMax { get; init; } = 3;
    public TimeSpan RestartWindow { get; init; } = TimeSpan.FromSeconds(60);
    public int InfrastructureRetriesMax { get; init; } = 5;
    public int ContinuationsMax { get; init; } = 3;
    public TimeSpan RetryDelayMin { get; init; } = TimeSpan.FromSeconds(1);
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMinutes(5);
    public int FeedbackBytesMax { get; init; } = 16 * 1024;
    public long LogBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>All logs together.</summary>
    public long LogsMax { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Gates that may run at once over all agents. The loader's default is one for each processor.</summary>
    public int GatesMax { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>What executions may use of money and tokens.</summary>
    public BudgetLimits Budget { get; init; } = BudgetLimits.None;

    public long? AgentMemoryBytesMax => AgentMemoryGb > 0 ? (long)(AgentMemoryGb * (1L << 30)) : null;

    public long MemoryFreeBytesMin => (long)(MemoryFreeGbMin * (1L << 30));

    /// <summary>The part of the limits that decides about infrastructure failures.</summary>
    public RetryLimits Retry => new(InfrastructureRetriesMax, RetryDelayMin, RetryDelayMax);

    /// <summary>The part that decides about failures of the orchestrator's own components.</summary>
    public RestartLimits Restarts => new(RestartsMax, RestartWindow, RetryDelayMin, RetryDelayMax);
}
