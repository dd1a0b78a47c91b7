using System.Collections.Immutable;
using Beadswarm.Git;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// Every commit that was ever made, whichever repositories have it: for who looks at the whole world. A clone sees only
/// those that it made or fetched.
/// </summary>
sealed class CommitTable
{
    readonly Dictionary<CommitId, SimulatedCommit> _commits = [];

    /// <summary>A commit that was made.</summary>
    public SimulatedCommit this[CommitId id] => _commits[id];

    public SimulatedCommit? Find(CommitId id) => _commits.GetValueOrDefault(id);

    /// <summary>Makes a commit, which nothing reaches yet.</summary>
    public SimulatedCommit Make(
        FileTree tree, ImmutableArray<SimulatedCommit> parents, string message, DateTimeOffset when)
    {
        var made = new SimulatedCommit(tree, parents, message, when);
        if (_commits.TryGetValue(made.Id, out var known))
        {
            return known;
        }

        _commits.Add(made.Id, made);
        return made;
    }
}
