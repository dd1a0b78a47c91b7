namespace Beadswarm.Beads;

/// <summary>
/// Finds dependencies that wait for themselves. A bead on a cycle of blocking dependencies can never become ready; a
/// cycle through parent-child edges hides one, since a child inherits that its parent is blocked.
/// </summary>
static class BeadCycles
{
    /// <summary>Most cycles reported; a backlog with more of them needs a person, not a longer list.</summary>
    public const int CyclesMax = 100;

    /// <summary>
    /// Cycles over every edge that is not of a related kind. Each begins with its smallest id and is listed once; every
    /// edge that lies on any cycle lies on a listed one. Sorted, so the same backlog gives the same list.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<BeadId>> Find(BeadGraph graph)
    {
        var component = Components(graph);
        var covered = new HashSet<(BeadId, BeadId)>();
        var cycles = new List<IReadOnlyList<BeadId>>();
        foreach (var bead in graph.Beads.OrderBy(bead => bead.Id))
        {
            foreach (var next in Targets(graph, bead.Id).Order())
            {
                if (cycles.Count == CyclesMax)
                {
                    return Sorted(cycles);
                }

                if (component[next] == component[bead.Id] && !covered.Contains((bead.Id, next)))
                {
                    var cycle = Rotated(ShortestThrough(graph, component, bead.Id, next));
                    cycles.Add(cycle);
                    covered.UnionWith(cycle.Select((id, i) => (id, cycle[(i + 1) % cycle.Length])));
                }
            }
        }

        return Sorted(cycles);
    }

    static IReadOnlyList<BeadId>[] Sorted(List<IReadOnlyList<BeadId>> cycles) =>
        [.. cycles.OrderBy(cycle => string.Join(' ', cycle), StringComparer.Ordinal)];

    static IEnumerable<BeadId> Targets(BeadGraph graph, BeadId id) =>
        graph.Outgoing(id)
            .Where(edge => edge.Kind != DependencyKind.Related)
            .Where(edge => edge.From.Unfinished && edge.To is { Unfinished: true })
            .Select(edge => edge.To!.Id) // not null: the filter above
            .Distinct();

    // Tarjan's strongly connected components, with the recursion on an explicit stack.
    static Dictionary<BeadId, int> Components(BeadGraph graph)
    {
        var order = new Dictionary<BeadId, int>();
        var low = new Dictionary<BeadId, int>();
        var component = new Dictionary<BeadId, int>();
        var open = new Stack<BeadId>();
        var path = new Stack<(BeadId Id, IEnumerator<BeadId> Ahead)>();
        var components = 0;

        foreach (var root in graph.Beads)
        {
            if (!order.ContainsKey(root.Id))
            {
                Enter(root.Id);
            }

            while (path.TryPeek(out var top))
            {
                if (!top.Ahead.MoveNext())
                {
                    path.Pop();
                    Leave(top.Id);
                }
                else if (!order.TryGetValue(top.Ahead.Current, out var found))
                {
                    Enter(top.Ahead.Current);
                }
                else if (!component.ContainsKey(top.Ahead.Current))
                {
                    low[top.Id] = Math.Min(low[top.Id], found);
                }
            }
        }

        return component;

        void Enter(BeadId id)
        {
            low[id] = order[id] = order.Count;
            open.Push(id);
            path.Push((id, Targets(graph, id).GetEnumerator()));
        }

        void Leave(BeadId id)
        {
            if (path.TryPeek(out var parent))
            {
                low[parent.Id] = Math.Min(low[parent.Id], low[id]);
            }

            if (low[id] == order[id])
            {
                BeadId member;
                do
                {
                    member = open.Pop();
                    component[member] = components;
                }
                while (member != id);
                components++;
            }
        }
    }

    // Breadth first from the edge's target back to its source, inside their component.
    static List<BeadId> ShortestThrough(
        BeadGraph graph, Dictionary<BeadId, int> component, BeadId source, BeadId target)
    {
        var cameFrom = new Dictionary<BeadId, BeadId> { [target] = source };
        var queue = new Queue<BeadId>([target]);
        while (queue.TryDequeue(out var id) && id != source)
        {
            foreach (var next in Targets(graph, id).Order())
            {
                if (component[next] == component[source] && cameFrom.TryAdd(next, id))
                {
                    queue.Enqueue(next);
                }
            }
        }

        var backwards = new List<BeadId> { source };
        for (var id = source == target ? source : cameFrom[source]; id != source; id = cameFrom[id])
        {
            backwards.Add(id);
        }

        backwards.Reverse(1, backwards.Count - 1);
        return backwards;
    }

    static BeadId[] Rotated(List<BeadId> cycle)
    {
        var first = cycle.IndexOf(cycle.Min());
        return [.. cycle.Skip(first), .. cycle.Take(first)];
    }
}
