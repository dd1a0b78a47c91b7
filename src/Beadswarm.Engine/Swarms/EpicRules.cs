using Beadswarm.Beads;

namespace Beadswarm.Swarms;

/// <summary>Decides which epics have come to their end through the swarm's work.</summary>
static class EpicRules
{
    /// <summary>What the tracker is told.</summary>
    public const string CloseReason = "All children completed";

    const string Epic = "epic";

    /// <summary>
    /// Open epics that have children, all of them finished and at least one of them landed, and the epics above that
    /// come to their end with these; children before their parents. Asked again after they were closed, it finds none.
    /// </summary>
    /// <param name="landed">What the swarm has brought onto the target.</param>
    public static IReadOnlyList<BeadId> Completed(BeadGraph graph, IReadOnlySet<BeadId> landed)
    {
        var completed = new List<BeadId>();
        var open = graph.Beads.Where(IsOpenEpic).ToList();

        // Each round takes at least one epic away, so there are no more rounds than epics; a cycle never completes.
        while (open.Where(epic => IsComplete(graph, epic, completed, landed)).ToArray() is { Length: > 0 } found)
        {
            completed.AddRange(found.Select(epic => epic.Id));
            open.RemoveAll(found.Contains);
        }

        return completed;
    }

    // Any other status was chosen by a person.
    static bool IsOpenEpic(Bead bead) =>
        bead is { Type: Epic, Status: BeadStatus.Open or BeadStatus.InProgress, IsTemplate: false, Pinned: false };

    static bool IsComplete(
        BeadGraph graph, Bead epic, IReadOnlyCollection<BeadId> completed, IReadOnlySet<BeadId> landed)
    {
        var children = graph.Children(epic.Id).Where(child => !child.Deleted).ToArray();
        return children.All(child => !child.Unfinished || completed.Contains(child.Id))
            && children.Any(child => landed.Contains(child.Id) || completed.Contains(child.Id));
    }
}
