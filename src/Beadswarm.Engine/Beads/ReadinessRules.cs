using System.Text;
using System.Text.Json;

namespace Beadswarm.Beads;

/// <summary>
/// Which beads are ready, as each tracker defines it.
///
/// A bead is ready when its status is listed, it is real work (not pinned, ephemeral, a template or a workflow type),
/// it is not deferred, and it is not blocked. Blocked is: an unsatisfied dependency of its own, or a blocked parent (by
/// edge). An open parent that is not blocked itself blocks nothing.
///
///                          bd 1.0.5+               bd to 0.50                      br
/// target counts as open    not closed, not pinned  one of five known statuses      not closed, not a tombstone
/// target missing           does not block          does not block                  blocks
/// target external          does not block          does not block (no config)      blocks (no config)
/// conditional-blocks       like blocks             until closed with a failure     like blocks
/// waits-for                gate over children      gate over children              like blocks
/// a blocked closed parent  passes nothing on       passes it on, 50 levels         passes it on
/// deferred parent          its children wait       its children wait               no effect
/// epic with open children  ready                   ready                           not ready
/// </summary>
static class ReadinessRules
{
    public const string AnyChildrenGate = "any-children";
    public const string AllChildrenGate = "all-children";

    /// <summary>How far old bd passes a blocked parent down.</summary>
    const int ClassicDepthMax = 50;

    static readonly HashSet<string> WorkflowTypes =
        ["merge-request", "gate", "molecule", "message", "agent", "role", "rig"];

    static readonly HashSet<string> ClassicBlockingStatuses =
        [BeadStatus.Open, BeadStatus.InProgress, BeadStatus.Blocked, BeadStatus.Deferred, BeadStatus.Hooked];

    static readonly string[] FailureWords =
    [
        "failed", "rejected", "wontfix", "won't fix", "canceled", "cancelled", "abandoned", "blocked", "error",
        "timeout", "aborted",
    ];

    /// <summary>Decides for every bead of the graph.</summary>
    /// <param name="listedStatuses">Statuses the tracker lists as ready; <c>open</c> unless it is configured
    /// otherwise.</param>
    public static Readiness Evaluate(
        BeadGraph graph, TrackerDialect dialect, DateTimeOffset now, IReadOnlyCollection<string>? listedStatuses = null)
    {
        var blocked = Blocked(graph, dialect);
        var ready = new List<Bead>();
        var notReady = new Dictionary<BeadId, IReadOnlyList<NotReadyReason>>();
        foreach (var bead in graph.Beads)
        {
            var reasons = OwnReasons(bead, dialect, listedStatuses ?? [BeadStatus.Open])
                .Concat(Deferral(graph, bead, dialect, now))
                .Concat(blocked.GetValueOrDefault(bead.Id) ?? [])
                .ToArray();
            if (reasons.Length == 0)
            {
                ready.Add(bead);
            }
            else
            {
                notReady[bead.Id] = reasons;
            }
        }

        return new Readiness(ready, notReady);
    }

    /// <summary>
    /// Why the swarm does not claim the bead although the tracker may list it as ready; null: it does.
    /// </summary>
    public static NotClaimableReason? NotClaimable(BeadGraph graph, Bead bead)
    {
        var children = bead.Type == "epic" ? graph.Children(bead.Id).Count(child => !child.Deleted) : 0;
        return children > 0 ? new NotClaimableReason.Container(children) : null;
    }

    static IEnumerable<NotReadyReason> OwnReasons(
        Bead bead, TrackerDialect dialect, IReadOnlyCollection<string> listedStatuses)
    {
        if (!listedStatuses.Contains(bead.Status))
        {
            yield return new NotReadyReason.Status(bead.Status);
        }

        if (bead.Pinned)
        {
            yield return new NotReadyReason.Pinned();
        }

        var shortLived = dialect switch
        {
            TrackerDialect.Bd => bead.Ephemeral,
            TrackerDialect.BdClassic => bead.Ephemeral || IdHolds(bead, "-mol-") || IdHolds(bead, "-wisp-"),
            TrackerDialect.Br => bead.Ephemeral || IdHolds(bead, "-wisp-"),
        };
        if (shortLived)
        {
            yield return new NotReadyReason.Ephemeral();
        }

        if (bead.IsTemplate)
        {
            yield return new NotReadyReason.Template();
        }

        if (dialect != TrackerDialect.Br && WorkflowTypes.Contains(bead.Type))
        {
            yield return new NotReadyReason.WorkflowType(bead.Type);
        }
    }

    static bool IdHolds(Bead bead, string part) => bead.Id.Value.Contains(part, StringComparison.Ordinal);

    static IEnumerable<NotReadyReason> Deferral(BeadGraph graph, Bead bead, TrackerDialect dialect, DateTimeOffset now)
    {
        if (bead.DeferUntil > now)
        {
            yield return new NotReadyReason.Deferred(bead.DeferUntil.Value);
        }

        // One level only, as bd does it: a deferred grandparent does not hold a bead back.
        var parents = dialect == TrackerDialect.Br ? [] : graph.ParentsByEdge(bead.Id);
        foreach (var parent in parents.Where(parent => parent.DeferUntil > now && !Gone(parent, dialect)))
        {
            yield return new NotReadyReason.ParentDeferred(parent.Id, parent.DeferUntil!.Value); // not null: the filter
        }
    }

    static Dictionary<BeadId, List<NotReadyReason>> Blocked(BeadGraph graph, TrackerDialect dialect)
    {
        var blocked = new Dictionary<BeadId, List<NotReadyReason>>();
        var level = new List<BeadId>();
        foreach (var bead in graph.Beads)
        {
            // Where a finished bead is never blocked, it has nothing to pass on to its children either.
            if (dialect != TrackerDialect.Bd || OpenTarget(bead, dialect))
            {
                var reasons = graph.Outgoing(bead.Id).Select(edge => Unsatisfied(graph, edge, dialect))
                    .OfType<NotReadyReason>().ToList();
                if (reasons.Count > 0 && blocked.TryAdd(bead.Id, reasons))
                {
                    level.Add(bead.Id);
                }
            }
        }

        PassDown(graph, dialect, blocked, level);
        if (dialect == TrackerDialect.Br)
        {
            // After the pass: an epic that waits for its children must not block them in turn.
            AddOpenChildren(graph, blocked);
        }

        return blocked;
    }

    static NotReadyReason? Unsatisfied(BeadGraph graph, BeadEdge edge, TrackerDialect dialect) => edge.Kind switch
    {
        DependencyKind.Related or DependencyKind.ParentChild => null,
        DependencyKind.WaitsFor when dialect != TrackerDialect.Br => ShutGate(graph, edge, dialect),
        DependencyKind.WaitsFor or DependencyKind.Blocks or DependencyKind.Conditional =>
            UnfinishedTarget(edge, dialect),
    };

    static NotReadyReason? UnfinishedTarget(BeadEdge edge, TrackerDialect dialect)
    {
        var type = edge.Dependency.Type;
        if (edge.To is not { } target)
        {
            return dialect != TrackerDialect.Br ? null
                : edge.External ? new NotReadyReason.BlockedByExternal(edge.Dependency.Target, type)
                : new NotReadyReason.BlockedByMissing(edge.Dependency.Target, type);
        }

        if (OpenTarget(target, dialect))
        {
            return new NotReadyReason.BlockedBy(target.Id, target.Status, type);
        }

        var succeeded = dialect == TrackerDialect.BdClassic && edge.Kind == DependencyKind.Conditional
            && target.Status == BeadStatus.Closed && !Failed(target.CloseReason);
        return succeeded ? new NotReadyReason.ConditionNotMet(target.Id, target.CloseReason) : null;
    }

    static bool OpenTarget(Bead target, TrackerDialect dialect) => dialect switch
    {
        TrackerDialect.Bd =>
            target.Status is not (BeadStatus.Closed or BeadStatus.Pinned or BeadStatus.Tombstone),
        TrackerDialect.BdClassic => ClassicBlockingStatuses.Contains(target.Status),
        TrackerDialect.Br => target.Unfinished && !target.IsTemplate,
    };

    // bd 1 never imports a tombstone, so to it the bead does not exist.
    static bool Gone(Bead bead, TrackerDialect dialect) => dialect == TrackerDialect.Bd && bead.Deleted;

    static bool Failed(string? reason) =>
        reason is not null && FailureWords.Any(word => reason.Contains(word, StringComparison.OrdinalIgnoreCase));

    static NotReadyReason.WaitsForChildren? ShutGate(BeadGraph graph, BeadEdge edge, TrackerDialect dialect)
    {
        if (dialect == TrackerDialect.Bd && (edge.To is null || Gone(edge.To, dialect)))
        {
            // bd 1 evaluates gates of beads it holds; old bd asks for the children by the spawner's name alone.
            return null;
        }

        var (gate, spawner) = Gate(edge, dialect);
        var children = BeadId.TryParse(spawner, out var id)
            ? graph.ChildrenByEdge(id).Where(child => !Gone(child, dialect)).Distinct().ToArray()
            : [];
        var open = children.Where(child => StillOpen(child, dialect)).Select(child => child.Id).ToArray();
        var anyClosed = children.Any(child => !child.Unfinished);
        var shut = gate == AnyChildrenGate
            // Old bd keeps the gate shut while there is no child at all; bd 1 opens it.
            ? !anyClosed && (open.Length > 0 || dialect == TrackerDialect.BdClassic)
            // Old bd knows two words; a third never shuts its gate. bd 1 reads every other word as the default.
            : open.Length > 0 && (gate == AllChildrenGate || dialect == TrackerDialect.Bd);
        return shut ? new NotReadyReason.WaitsForChildren(spawner, gate, open) : null;
    }

    static bool StillOpen(Bead child, TrackerDialect dialect) =>
        child.Unfinished && (dialect != TrackerDialect.Bd || child.Status != BeadStatus.Pinned);

    static (string Gate, string Spawner) Gate(BeadEdge edge, TrackerDialect dialect)
    {
        var (gate, spawner) = (AllChildrenGate, edge.Dependency.Target);
        if (edge.Dependency.Metadata is not { } metadata)
        {
            return (gate, spawner);
        }

        try
        {
            using var document = JsonDocument.Parse(
                JsonRepair.WithoutHalfPairs(Encoding.UTF8.GetBytes(metadata)));
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object)
            {
                gate = TextOf(root, "gate") ?? gate;
                spawner = (dialect == TrackerDialect.BdClassic ? TextOf(root, "spawner_id") : null) ?? spawner;
            }
        }
        catch (JsonException)
        {
            // Free text in the metadata says nothing about the gate; the default stands.
        }

        return (gate, spawner);
    }

    static string? TextOf(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static void PassDown(
        BeadGraph graph, TrackerDialect dialect, Dictionary<BeadId, List<NotReadyReason>> blocked, List<BeadId> level)
    {
        for (var depth = 0; level.Count > 0; depth++)
        {
            if (dialect == TrackerDialect.BdClassic && depth == ClassicDepthMax)
            {
                return;
            }

            var below = new List<BeadId>();
            foreach (var parent in level)
            {
                foreach (var child in graph.ChildrenByEdge(parent))
                {
                    if (dialect == TrackerDialect.Bd && !OpenTarget(child, dialect))
                    {
                        continue;
                    }

                    if (!blocked.TryGetValue(child.Id, out var reasons))
                    {
                        blocked[child.Id] = reasons = [];
                        below.Add(child.Id);
                    }

                    reasons.Add(new NotReadyReason.ParentBlocked(parent));
                }
            }

            level = below;
        }
    }

    static void AddOpenChildren(BeadGraph graph, Dictionary<BeadId, List<NotReadyReason>> blocked)
    {
        foreach (var epic in graph.Beads.Where(bead => bead.Type == "epic"))
        {
            var open = graph.ChildrenByEdge(epic.Id).Where(child => child.Unfinished && !child.IsTemplate)
                .Select(child => child.Id).Distinct().ToArray();
            if (open.Length > 0)
            {
                if (!blocked.TryGetValue(epic.Id, out var reasons))
                {
                    blocked[epic.Id] = reasons = [];
                }

                reasons.Add(new NotReadyReason.ChildrenOpen(open));
            }
        }
    }
}
