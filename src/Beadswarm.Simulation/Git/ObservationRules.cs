using Beadswarm.Landing;

namespace Beadswarm.Simulation.Git;

/// <summary>Answers whether the content of a change is, or was, on a branch.</summary>
static class ObservationRules
{
    /// <summary>How many later commits of the branch are looked at; as many as with real git.</summary>
    const int DepthMax = 500;

    public static Observation Observe(
        SimulatedCommit tip, SimulatedCommit candidate, IReadOnlyList<string> paths)
    {
        var wanted = paths.Count > 0 ? paths : [.. candidate.Changes.Select(change => change.Path)];
        var differing = Differing(tip, candidate, wanted);
        if (differing.Length == 0)
        {
            return new Observation.Present(tip.Id);
        }

        // Only commits made after the one the candidate was built on say anything about it.
        var seenAt = HistoryRules.FirstParents(tip, candidate.FirstParent).Take(DepthMax)
            .FirstOrDefault(commit => Differing(commit, candidate, wanted).Length == 0);
        return seenAt is null
            ? new Observation.Absent(tip.Id)
            : new Observation.PresentButChangedSince(tip.Id, seenAt.Id, differing);
    }

    /// <summary>What an observer says who looks at ancestry only (a planted defect).</summary>
    public static Observation ObserveAncestry(SimulatedCommit tip, SimulatedCommit candidate) =>
        HistoryRules.IsAncestor(candidate, tip) ? new Observation.Present(tip.Id) : new Observation.Absent(tip.Id);

    static string[] Differing(SimulatedCommit at, SimulatedCommit candidate, IReadOnlyList<string> paths) =>
    [
        .. paths.Where(path => !FileContent.Same(at.Tree.Find(path), candidate.Tree.Find(path)))
            .Order(StringComparer.Ordinal),
    ];
}
