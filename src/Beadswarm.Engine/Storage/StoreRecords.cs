using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Storage;

/// <summary>What the tracker says about a selected bead, as the store keeps it.</summary>
/// <param name="Unblocks">How many open beads wait for it, directly or not.</param>
/// <param name="Ordinal">Its place in the tracker's own order.</param>
/// <param name="Ready">
/// Waits for nothing. That we ourselves marked it in_progress does not make it less ready; that it is blocked or
/// closed does.
/// </param>
sealed record BacklogEntry(
    BeadId Id, string Title, int Priority, int Unblocks, DateTimeOffset CreatedAt, long Ordinal, bool Ready);

/// <summary>What changed by an intake.</summary>
/// <param name="Ready">Beads that became ready through it, the added ones included.</param>
sealed record IntakeResult(int Added, int Ready, int Withdrawn, int Revived);

/// <summary>How a swarm is to begin.</summary>
/// <param name="Target">
/// When a swarm is continued, null keeps the target it has; so does <paramref name="Limit"/>.
/// </param>
/// <param name="Resume">Continue the newest swarm even if it was stopped.</param>
sealed record SwarmBegin(
    string Node, int? Target, int? Limit, SelectOrder Order, StageName FirstStage,
    IReadOnlyList<AgentSlot> Agents, bool Resume)
{
    /// <summary>Where a blocked bead goes on that the tracker lists as ready again. Null: at the first stage.</summary>
    public StageName? RetryStage { get; init; }

    /// <summary>Agents are written into the tracker as <c>ACTOR/agent-N</c>.</summary>
    public string Actor { get; init; } = "beadswarm";

    /// <summary>What this start is bound to, for whoever reads the journal later.</summary>
    public SwarmBounds? Bounds { get; init; }

    /// <summary>The same with its agents numbered anew, in their order.</summary>
    public SwarmBegin At(AgentBlock block) => this with
    {
        Agents =
        [
            .. Agents.Select((slot, index) => slot with { Number = new AgentNumber(block.First + index) }),
        ],
    };

    /// <summary>What the journal says of this start.</summary>
    /// <param name="swarm">What became of it.</param>
    public IEnumerable<JournalEvent> Entries(SwarmRecord swarm, bool continued) =>
    [
        new JournalEvent.SwarmStarted(
            swarm.Epoch.Value, Node, Agents.Count, swarm.Target, swarm.Limit, continued, FirstStage.Value,
            Bounds?.Attempts, Bounds?.InfrastructureRetries, Bounds?.Branch, Bounds?.Remote),
        .. (Bounds?.Gates ?? new Dictionary<string, string>())
            .Select(gate => new JournalEvent.GateRequired(gate.Key, gate.Value)),
    ];

    /// <summary>Whether it goes on with the newest swarm there is, rather than being one of its own.</summary>
    public bool Continues(SwarmRecord? newest) => newest is not null && newest.Status switch
    {
        SwarmStatus.Starting or SwarmStatus.Running or SwarmStatus.Stopping => true,
        SwarmStatus.Stopped => Resume,
        SwarmStatus.Completed => false,
    };
}

/// <summary>
/// What a start is bound to beside the swarm's own row: kept in the journal, because the configuration may be another
/// one by the time somebody asks whether it was kept.
/// </summary>
/// <param name="Attempts">What a new bead is allowed.</param>
/// <param name="Branch">What beads complete on.</param>
/// <param name="Gates">Recipe of each gate that guards it, by name.</param>
sealed record SwarmBounds(
    int Attempts, int InfrastructureRetries, string Branch, string? Remote,
    IReadOnlyDictionary<string, string> Gates);

/// <summary>A worker slot and what it serves.</summary>
sealed record AgentSlot(AgentNumber Number, string Role, string Runner);

/// <summary>One execution of one stage.</summary>
readonly record struct StageRunId(long Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A stage begins.</summary>
sealed record StageStart(
    StageName Stage, int Attempt, string Workspace, string Branch, string SessionFolder, string BaseCommit);

/// <summary>A stage has ended.</summary>
/// <param name="Summary">One line for people.</param>
/// <param name="Feedback">What the next attempt is told, when this one failed.</param>
sealed record StageFinish(
    StageRunId Run, StageStatus Status, string Summary, string? Feedback, string? HeadCommit, string? HeadTree,
    IReadOnlyList<NewArtifact> Artifacts)
{
    /// <summary>To the request of an external agent, kept with the end.</summary>
    public RequestAnswer? Answer { get; init; }
}

/// <summary>Something a stage or a landing leaves for later stages and for people.</summary>
/// <param name="Kind">For example <c>contract_document</c>, <c>retry_packet</c>, <c>test_output</c>.</param>
sealed record NewArtifact(string Kind, string Name, ReadOnlyMemory<byte> Content);

/// <summary>An artifact as kept: its content is what its hash says.</summary>
sealed record StoredArtifact(
    long Id, BeadId Bead, StageRunId? Run, string Kind, string Name, string Sha256, ReadOnlyMemory<byte> Content,
    DateTimeOffset CreatedAt);

/// <summary>A stage that has begun and not ended.</summary>
sealed record OpenStage(Claim Claim, StageRunId Run, StageStart Start, AgentProcess? Process, DateTimeOffset StartedAt);

/// <summary>One execution of a stage, for history and dossiers.</summary>
sealed record StageRun(
    StageRunId Id, AgentNumber Agent, BeadId Bead, StageName Stage, int Attempt, StageStatus Status, string? Summary,
    string? Feedback, string? HeadCommit, string? HeadTree, string SessionFolder, string Workspace, string Branch,
    DateTimeOffset StartedAt, DateTimeOffset? CompletedAt)
{
    /// <summary>What its agent used; null while that is not recorded, and where no agent was started.</summary>
    public TokenCount? Tokens { get; init; }

    /// <summary>Null where nobody knows it.</summary>
    public decimal? CostUsd { get; init; }
}

/// <summary>A claim that was taken away because its lease had expired.</summary>
sealed record ExpiredClaim(ClaimKey Claim, StageName Stage, DateTimeOffset ExpiredAt)
{
    /// <summary>Of an external agent: not taken away yet, its work is to be saved before.</summary>
    public bool External { get; init; }
}

/// <summary>A commit that holds what an agent has left.</summary>
sealed record SavedHead(string Commit, string Tree);

/// <summary>A change that the tracker still has to be told.</summary>
sealed record OutboxEntry(long Id, BeadChange Change);
