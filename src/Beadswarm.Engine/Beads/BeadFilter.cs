using Beadswarm.Configuration;

namespace Beadswarm.Beads;

/// <summary>Which beads a run takes. Every list that is not empty must match; empty ones select everything.</summary>
sealed class BeadFilter
{
    readonly SelectConfig _select;
    readonly IReadOnlySet<BeadId>? _epic;

    public BeadFilter(SelectConfig select, BeadGraph graph)
    {
        _select = select;
        _epic = select.Epic is { } epic ? graph.Descendants(epic) : null;
    }

    /// <summary>
    /// Priority, type, assignee and id: any of those listed. Labels: all of them. Epic: everything below it, by edges
    /// and by hierarchical ids, not the epic itself. An empty assignee stands for "nobody".
    /// </summary>
    public bool Matches(Bead bead) =>
        (_select.Priority.Count == 0 || _select.Priority.Contains(bead.Priority))
        && _epic?.Contains(bead.Id) != false
        && _select.Labels.All(bead.Labels.Contains)
        && (_select.Types.Count == 0 || _select.Types.Contains(bead.Type, StringComparer.OrdinalIgnoreCase))
        && (_select.Assignees.Count == 0 || _select.Assignees.Contains(bead.Assignee ?? ""))
        && (_select.Ids.Count == 0 || _select.Ids.Contains(bead.Id));
}
