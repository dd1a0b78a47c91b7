using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Storage;

/// <summary>The words in which closed types are kept in columns and in the journal. They never change.</summary>
static class StoredNames
{
    public static string Of(SwarmStatus status) => status switch
    {
        SwarmStatus.Starting => "starting",
        SwarmStatus.Running => "running",
        SwarmStatus.Stopping => "stopping",
        SwarmStatus.Stopped => "stopped",
        SwarmStatus.Completed => "completed",
    };

    public static string Of(AgentStatus status) => status switch
    {
        AgentStatus.Idle => "idle",
        AgentStatus.Working => "working",
        AgentStatus.Waiting => "waiting",
        AgentStatus.Parked => "parked",
    };

    /// <summary>By what <c>SelectCosts</c> groups.</summary>
    public static string Of(CostBy by) => by switch
    {
        CostBy.Bead => "bead",
        CostBy.Stage => "stage",
        CostBy.Agent => "agent",
        CostBy.Model => "model",
        CostBy.Runner => "runner",
        CostBy.Swarm => "swarm",
        CostBy.Day => "day",
    };

    public static string Of(StageStatus status) => status switch
    {
        StageStatus.Started => "started",
        StageStatus.Passed => "passed",
        StageStatus.Failed => "failed",
        StageStatus.Error => "error",
        StageStatus.Interrupted => "interrupted",
    };

    public static string Of(GateStatus status) => status switch
    {
        GateStatus.Passed => "passed",
        GateStatus.Failed => "failed",
        GateStatus.NoVerdict => "no_verdict",
    };

    public static string Of(EffectKind kind) => kind switch
    {
        EffectKind.Workspace => "workspace",
        EffectKind.Process => "process",
        EffectKind.Termination => "termination",
        EffectKind.Rescue => "rescue",
        EffectKind.Gate => "gate",
        EffectKind.TrackerCommit => "tracker.commit",
        EffectKind.Promotion => "promotion",
        EffectKind.TakeUp => "take-up",
        EffectKind.Publication => "publication",
        EffectKind.BranchRemoval => "branch.removal",
        EffectKind.Follow => "follow",
        EffectKind.PullRequestBranch => "pull-request.branch",
        EffectKind.PullRequest => "pull-request",
        EffectKind.PullRequestEnd => "pull-request.end",
    };

    public static (string Wish, string? Reason) Of(LandingWish wish) => wish switch
    {
        LandingWish.First => ("first", null),
        LandingWish.Eject eject => ("eject", eject.Reason),
    };

    public static LandingWish ToWish(string wish, string? reason) => wish switch
    {
        "first" => new LandingWish.First(),
        "eject" => new LandingWish.Eject(reason ?? ""),
        _ => throw new StoreException($"the store holds an unknown wish, '{wish}'", transient: false),
    };

    /// <summary>What comes next, as the journal says it.</summary>
    public static (string Next, string? Stage, int? Attempt, DateTimeOffset? NotBefore) Of(
        BeadTransition transition) => transition switch
        {
            BeadTransition.Keep keep => ("keep", keep.Stage.Value, keep.Attempt, null),
            BeadTransition.Free free => ("free", free.Stage.Value, free.Attempt, StoreTime.Truncate(free.NotBefore)),
            BeadTransition.Land => ("land", null, null, null),
            BeadTransition.Block => ("block", null, null, null),
        };

    public static (string Kind, string? Text) Of(BeadChange change) => change switch
    {
        BeadChange.Start start => ("start", start.Assignee),
        BeadChange.Close close => ("close", close.Reason),
        BeadChange.Block block => ("block", block.Note),
        BeadChange.Reopen reopen => ("reopen", reopen.Note),
        _ => throw new System.Diagnostics.UnreachableException($"{change}"),
    };

    public static BeadChange Change(BeadId bead, string kind, string? text) => kind switch
    {
        "start" => new BeadChange.Start(bead, text ?? ""),
        "close" => new BeadChange.Close(bead, text ?? ""),
        "block" => new BeadChange.Block(bead, text ?? ""),
        "reopen" => new BeadChange.Reopen(bead, text),
        _ => throw Unknown("change", kind),
    };

    public static EffectKind ToEffectKind(string name) =>
        Enum.GetValues<EffectKind>().Where(kind => Of(kind) == name).Select(kind => (EffectKind?)kind).FirstOrDefault()
        ?? throw Unknown("effect", name);

    public static SwarmStatus ToSwarmStatus(string name) => name switch
    {
        "starting" => SwarmStatus.Starting,
        "running" => SwarmStatus.Running,
        "stopping" => SwarmStatus.Stopping,
        "stopped" => SwarmStatus.Stopped,
        "completed" => SwarmStatus.Completed,
        _ => throw Unknown("swarm status", name),
    };

    public static AgentStatus ToAgentStatus(string name) => name switch
    {
        "idle" => AgentStatus.Idle,
        "working" => AgentStatus.Working,
        "waiting" => AgentStatus.Waiting,
        "parked" => AgentStatus.Parked,
        _ => throw Unknown("agent status", name),
    };

    public static StageStatus ToStageStatus(string name) => name switch
    {
        "started" => StageStatus.Started,
        "passed" => StageStatus.Passed,
        "failed" => StageStatus.Failed,
        "error" => StageStatus.Error,
        "interrupted" => StageStatus.Interrupted,
        _ => throw Unknown("stage status", name),
    };

    public static GateStatus ToGateStatus(string name) => name switch
    {
        "passed" => GateStatus.Passed,
        "failed" => GateStatus.Failed,
        "no_verdict" => GateStatus.NoVerdict,
        _ => throw Unknown("gate status", name),
    };

    static StoreException Unknown(string what, string name) =>
        new($"the store holds an unknown {what}, '{name}': it was written by another version", transient: false);
}
