using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Checking;

/// <summary>
/// Looks at every commit that comes onto a branch the swarm lands on: whose it is, what it changes, and whether it was
/// tested.
/// </summary>
sealed class BranchWatch(SimulatedWorld world, BranchName branch)
{
    readonly HashSet<CommitId> _seen = [];
    readonly Dictionary<BeadId, List<SimulatedCommit>> _landings = [];
    readonly HashSet<(string Path, string Content)> _held = [];
    SimulatedCommit? _tip;

    /// <summary>Commits by which a bead has come onto the branch, oldest first.</summary>
    public IReadOnlyList<SimulatedCommit> LandingsOf(BeadId bead) =>
        _landings.TryGetValue(bead, out var commits) ? commits : [];

    public IEnumerable<BeadId> Landed => _landings.Keys;

    /// <summary>Whether the branch has, or once had, this file as it is here.</summary>
    public bool HasHeld(string path, FileContent content) => _held.Contains((path, content.Id));

    /// <param name="intended">Candidates of which the store has an intent.</param>
    public void Check(IReadOnlySet<string> intended)
    {
        var tip = world.TargetRefs.Find(branch) is { } id ? world.Commits[id] : null;
        if (tip == _tip || tip is null)
        {
            return;
        }

        if (_tip is not null && !HistoryRules.IsAncestor(_tip, tip))
        {
            throw new ViolationException(
                Invariant.TargetGoesForward, $"{branch} moved from {_tip} to {tip}, which does not contain it");
        }

        foreach (var commit in HistoryRules.FirstParents(tip, _tip).Reverse())
        {
            _held.UnionWith(commit.Changes.Select(change => (change.Path, change.To?.Id ?? "")));
            if (_seen.Add(commit.Id) && _tip is not null && !world.Witness.IsForeign(commit.Id))
            {
                CheckOwn(commit, intended);
            }
        }

        _tip = tip;
        CheckOthersBeads(tip);
    }

    void CheckOwn(SimulatedCommit commit, IReadOnlySet<string> intended)
    {
        // On a remote it is the compare-and-swap alone that keeps a lander back which was replaced.
        if (!world.Plan.HasRemote && world.Witness.ReplacedLander(world.Scheduler.Stepping) is { } replaced)
        {
            throw new ViolationException(
                Invariant.OneLander, $"{replaced.Node.Name} was replaced and has moved {branch} to {commit}");
        }

        if (WorkRules.Complaint(commit.Tree) is { } complaint)
        {
            throw new ViolationException(Invariant.Green, $"{commit} is on {branch} and is red: {complaint}");
        }

        foreach (var gate in world.Plan.Config.Landing.Gates)
        {
            if (!world.Witness.HasPassed(commit.Tree.Id, gate))
            {
                throw new ViolationException(
                    Invariant.Green, $"{commit} is on {branch}, and {gate} never passed on tree {commit.Tree.Id}");
            }
        }

        if (commit.Trailer(LandingMessage.BeadTrailer) is { } name)
        {
            CheckLanding(commit, BeadId.Parse(name), intended);
        }
        else if (SimulatedBatch.Of(commit) is { } landings)
        {
            CheckBatch(commit, landings, intended);
        }
        else if (!TakesUp(commit)
            && commit.Changes.FirstOrDefault(change => change.Path != SimulatedBacklog.Path) is { Path: { } path })
        {
            throw new ViolationException(
                Invariant.OwnContentOnly, $"{commit} is on {branch}, lands no bead and changes {path}");
        }
    }

    /// <summary>
    /// Whatever came onto the target is on its tip, in the tracker's file too; what it led over on another branch may
    /// have been without.
    /// </summary>
    void CheckOthersBeads(SimulatedCommit commit)
    {
        if (branch != world.Target || world.Witness.PushedBeads.Count == 0)
        {
            return;
        }

        var file = commit.Tree.Find(SimulatedBacklog.Path);
        var there = file is null ? [] : world.Holder.Backlog.Parse(file).Beads.ToDictionary(bead => bead.Id);
        foreach (var pushed in world.Witness.PushedBeads.Values)
        {
            if (there.GetValueOrDefault(pushed.Id)?.Design is var design && design != pushed.Design)
            {
                throw new ViolationException(
                    Invariant.OthersBeadsKept,
                    $"{commit} is on {branch}, and {pushed.Id} has '{design}' where '{pushed.Design}' was pushed");
            }
        }
    }

    /// <summary>A merge of the integration branch with the target: both are looked at as they are.</summary>
    bool TakesUp(SimulatedCommit commit) =>
        world.Plan.Config.Landing.Mode == LandingMode.Integration
        && commit.Parents is [var integration, var target]
        && MergeRules.Merge(target, integration, ProtectedFolders.Contain) is { Conflicts: [], Tree: var merged }
        && merged.Id == commit.Tree.Id;

    /// <summary>Several landings that were tested together: each as if it were alone, and nothing beside
    /// them.</summary>
    void CheckBatch(
        SimulatedCommit commit, IReadOnlyList<SimulatedCommit> landings, IReadOnlySet<string> intended)
    {
        if (landings.Count < 2 || landings[0].FirstParent != commit.FirstParent
            || landings[^1].Tree.Id != commit.Tree.Id
            || landings.Any(landing => landing.Trailer(LandingMessage.BeadTrailer) is null))
        {
            throw new ViolationException(
                Invariant.OwnContentOnly, $"{commit} is on {branch} and is not the landings that it takes in");
        }

        foreach (var landing in landings)
        {
            CheckLanding(landing, BeadId.Parse(landing.Trailer(LandingMessage.BeadTrailer)!), intended);
        }

        if (!intended.Contains(commit.Id.Value))
        {
            throw new ViolationException(Invariant.IntendedFirst, $"{commit} is on {branch} and was never intended");
        }
    }

    void CheckLanding(SimulatedCommit commit, BeadId bead, IReadOnlySet<string> intended)
    {
        if (!intended.Contains(commit.Id.Value))
        {
            throw new ViolationException(Invariant.IntendedFirst, $"{commit} is on {branch} and was never intended");
        }

        foreach (var change in commit.Changes)
        {
            if (!world.Witness.Touched(bead, change.Path))
            {
                throw new ViolationException(
                    Invariant.OwnContentOnly,
                    $"{commit} is on {branch} and changes {change.Path}, which no agent of {bead} has written");
            }

            // Nobody who shares a file takes a line of it away.
            if (WorkRules.IsShared(change.Path) && WorkRules.Missing(change.From?.Text, change.To?.Text) is { } line)
            {
                throw new ViolationException(
                    Invariant.OtherSideKept, $"{commit} is on {branch}, and {change.Path} has lost \"{line}\"");
            }
        }

        if (!_landings.TryGetValue(bead, out var commits))
        {
            _landings.Add(bead, commits = []);
        }

        commits.Add(commit);
    }
}
