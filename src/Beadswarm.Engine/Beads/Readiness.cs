namespace Beadswarm.Beads;

/// <summary>One reason why a bead is not ready, with the facts a person needs to change that.</summary>
abstract record NotReadyReason
{
    NotReadyReason() { }

    /// <summary>Its status is not one that the tracker lists as ready.</summary>
    public sealed record Status(string Value) : NotReadyReason;

    /// <summary>An anchor that stays open on purpose.</summary>
    public sealed record Pinned : NotReadyReason;

    /// <summary>A short-lived bead of some tool.</summary>
    public sealed record Ephemeral : NotReadyReason;

    /// <summary>A pattern for other beads.</summary>
    public sealed record Template : NotReadyReason;

    /// <summary>A type that records something instead of asking for work (gate, message, agent ...).</summary>
    public sealed record WorkflowType(string Type) : NotReadyReason;

    public sealed record Deferred(DateTimeOffset Until) : NotReadyReason;

    public sealed record ParentDeferred(BeadId Parent, DateTimeOffset Until) : NotReadyReason;

    /// <summary>A bead it depends on is not done.</summary>
    public sealed record BlockedBy(BeadId Blocker, string BlockerStatus, string DependencyType) : NotReadyReason;

    /// <summary>It depends on a bead that is not in the backlog, and this tracker counts that as open.</summary>
    public sealed record BlockedByMissing(string Target, string DependencyType) : NotReadyReason;

    /// <summary>It depends on a capability of another project, and this tracker counts that as open.</summary>
    public sealed record BlockedByExternal(string Target, string DependencyType) : NotReadyReason;

    /// <summary>It runs only when the other bead fails, and that one was closed as a success.</summary>
    public sealed record ConditionNotMet(BeadId Target, string? CloseReason) : NotReadyReason;

    /// <summary>The gate over the children of the spawner is shut.</summary>
    public sealed record WaitsForChildren(string Spawner, string Gate, IReadOnlyList<BeadId> OpenChildren)
        : NotReadyReason;

    /// <summary>A parent is blocked, and a child inherits that.</summary>
    public sealed record ParentBlocked(BeadId Parent) : NotReadyReason;

    /// <summary>br only: an epic waits for its children.</summary>
    public sealed record ChildrenOpen(IReadOnlyList<BeadId> Children) : NotReadyReason;

    /// <summary>One line for a person, without the bead's own id.</summary>
    public string Describe() => this switch
    {
        Status status => $"its status is {status.Value}",
        Pinned => "it is pinned",
        Ephemeral => "it is ephemeral",
        Template => "it is a template",
        WorkflowType type => $"beads of type {type.Type} are not work",
        Deferred deferred => $"it is deferred until {deferred.Until:u}",
        ParentDeferred deferred => $"its parent {deferred.Parent} is deferred until {deferred.Until:u}",
        BlockedBy by => $"it is blocked by {by.Blocker}, which is {by.BlockerStatus} ({by.DependencyType})",
        BlockedByMissing by => $"it is blocked by {by.Target}, which is not in the backlog ({by.DependencyType})",
        BlockedByExternal by => $"it is blocked by {by.Target} of another project ({by.DependencyType})",
        ConditionNotMet condition => $"it runs only if {condition.Target} fails, which was closed as a success",
        WaitsForChildren wait => $"it waits for {Words(wait.Gate)} of {wait.Spawner}{List(wait.OpenChildren)}",
        ParentBlocked parent => $"its parent {parent.Parent} is blocked",
        ChildrenOpen open => $"its children are open{List(open.Children)}",
    };

    static string Words(string gate) => gate == ReadinessRules.AnyChildrenGate ? "the first child" : "all children";

    static string List(IReadOnlyList<BeadId> ids) => ids.Count == 0 ? "" : $": {string.Join(", ", ids)}";
}

/// <summary>
/// Why the swarm leaves a ready bead alone. Apart from readiness, so that the ready set stays the tracker's.
/// </summary>
abstract record NotClaimableReason
{
    NotClaimableReason() { }

    /// <summary>An epic with children holds work instead of being work; the swarm never claims or closes it.</summary>
    public sealed record Container(int Children) : NotClaimableReason;

    public string Describe() => this switch
    {
        Container container => $"it is an epic with {container.Children} children; its children are the work",
    };
}

/// <summary>What is ready in a backlog at one moment, and for every other bead all reasons why it is not.</summary>
sealed record Readiness(IReadOnlyList<Bead> Ready, IReadOnlyDictionary<BeadId, IReadOnlyList<NotReadyReason>> NotReady);
