namespace Beadswarm.Beads;

/// <summary>What a dependency does to readiness.</summary>
enum DependencyKind
{
    /// <summary>The bead waits until its target is done.</summary>
    Blocks,

    /// <summary>The bead is the child of its target, and inherits that it is blocked.</summary>
    ParentChild,

    /// <summary>The bead waits for an outcome of its target.</summary>
    Conditional,

    /// <summary>The bead waits for the children of its target.</summary>
    WaitsFor,

    /// <summary>Knowledge only: never keeps a bead from being ready.</summary>
    Related,
}

/// <summary>One dependency between beads. <paramref name="To"/> is null where the backlog holds no such bead.</summary>
sealed record BeadEdge(Bead From, Bead? To, DependencyKind Kind, BeadDependency Dependency)
{
    const string ExternalPrefix = "external:";

    /// <summary>Points at a capability of another project.</summary>
    public bool External => Dependency.Target.StartsWith(ExternalPrefix, StringComparison.Ordinal);

    /// <summary>Points at a bead that is not there.</summary>
    public bool Dangling => To is null && !External;

    public static DependencyKind KindOf(string type) => type switch
    {
        "blocks" => DependencyKind.Blocks,
        "parent-child" => DependencyKind.ParentChild,
        "conditional-blocks" => DependencyKind.Conditional,
        "waits-for" => DependencyKind.WaitsFor,
        // Every other word, known or made up (also the typo parent_child), is a related kind to all trackers.
        _ => DependencyKind.Related,
    };
}

/// <summary>
/// The beads of a backlog and what connects them. Immutable; every walk is a loop over an explicit stack or queue, so
/// the depth of a chain does not matter.
/// </summary>
sealed class BeadGraph
{
    readonly Dictionary<BeadId, Bead> _beads;
    readonly Dictionary<BeadId, List<BeadEdge>> _outgoing = [];
    readonly Dictionary<BeadId, List<BeadEdge>> _incoming = [];
    readonly Dictionary<BeadId, List<Bead>> _childrenById = [];

    public BeadGraph(IReadOnlyList<Bead> beads)
    {
        Beads = beads;
        _beads = new Dictionary<BeadId, Bead>(beads.Count);
        foreach (var bead in beads)
        {
            _beads.TryAdd(bead.Id, bead);
        }

        foreach (var bead in beads)
        {
            foreach (var dependency in bead.Dependencies)
            {
                Connect(bead, dependency);
            }

            if (!Outgoing(bead.Id).Any(edge => edge.Kind == DependencyKind.ParentChild)
                && NearestPrefix(bead.Id) is { } parent)
            {
                ListOf(_childrenById, parent).Add(bead);
            }
        }
    }

    /// <summary>All beads, in the order of the file.</summary>
    public IReadOnlyList<Bead> Beads { get; }

    public Bead? Find(BeadId id) => _beads.GetValueOrDefault(id);

    /// <summary>What the bead depends on, and whose child it is, in the order of its line.</summary>
    public IReadOnlyList<BeadEdge> Outgoing(BeadId id) => _outgoing.GetValueOrDefault(id) ?? [];

    /// <summary>What depends on the bead, and its children by edge.</summary>
    public IReadOnlyList<BeadEdge> Incoming(BeadId id) => _incoming.GetValueOrDefault(id) ?? [];

    /// <summary>Parents by edge: only these pass on that they are blocked.</summary>
    public IEnumerable<Bead> ParentsByEdge(BeadId id) =>
        Outgoing(id).Where(edge => edge.Kind == DependencyKind.ParentChild).Select(edge => edge.To).OfType<Bead>();

    /// <summary>Children by edge: only these inherit that the bead is blocked.</summary>
    public IEnumerable<Bead> ChildrenByEdge(BeadId id) =>
        Incoming(id).Where(edge => edge.Kind == DependencyKind.ParentChild).Select(edge => edge.From);

    /// <summary>Children by edge, and beads without a parent edge whose id (<c>bd-1.2</c>) names this one.</summary>
    public IEnumerable<Bead> Children(BeadId id) =>
        _childrenById.TryGetValue(id, out var byId) ? ChildrenByEdge(id).Concat(byId) : ChildrenByEdge(id);

    /// <summary>Everything below the bead, by <see cref="Children"/>, without the bead itself.</summary>
    public IReadOnlySet<BeadId> Descendants(BeadId id)
    {
        var found = new HashSet<BeadId>();
        var queue = new Queue<BeadId>([id]);
        while (queue.TryDequeue(out var next))
        {
            foreach (var child in Children(next))
            {
                if (child.Id != id && found.Add(child.Id))
                {
                    queue.Enqueue(child.Id);
                }
            }
        }

        return found;
    }

    /// <summary>Dependencies on beads that the backlog does not hold.</summary>
    public IEnumerable<BeadEdge> Dangling =>
        Beads.SelectMany(bead => Outgoing(bead.Id)).Where(edge => edge.Dangling);

    void Connect(Bead bead, BeadDependency dependency)
    {
        var named = BeadId.TryParse(dependency.Target, out var id);
        var target = named ? _beads.GetValueOrDefault(id) : null;
        var edge = new BeadEdge(bead, target, BeadEdge.KindOf(dependency.Type), dependency);
        ListOf(_outgoing, bead.Id).Add(edge);
        if (named)
        {
            // Also of a bead that is not there: its children are, and a gate may wait for them.
            ListOf(_incoming, id).Add(edge);
        }
    }

    // bd lists "P.%" below P, whatever follows the point and whether or not the levels between exist.
    BeadId? NearestPrefix(BeadId id)
    {
        var text = id.Value;
        for (var point = text.LastIndexOf('.'); point > 0; point = text.LastIndexOf('.', point - 1))
        {
            if (BeadId.TryParse(text[..point], out var prefix) && _beads.ContainsKey(prefix))
            {
                return prefix;
            }
        }

        return null;
    }

    static List<T> ListOf<T>(Dictionary<BeadId, List<T>> lists, BeadId id)
    {
        if (!lists.TryGetValue(id, out var list))
        {
            lists[id] = list = [];
        }

        return list;
    }
}
