using System.Collections.Immutable;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Git;

/// <summary>Landing on one simulated branch: what <see cref="LandingGit"/> is for real git.</summary>
sealed class SimulatedLanding(GitHands hands, ILandingTarget target) : ILandingRepository
{
    const int ConflictedFilesMax = 50;
    const int OtherSideMax = 20;
    const int OtherSideCommitsMax = 500;

    readonly SimulatedGit _git = hands.Git;

    public Task RecoverAsync(CancellationToken cancellationToken)
    {
        _git.RemoveLocks();
        return target.RecoverAsync(cancellationToken);
    }

    public async Task<CommitId> TipAsync(CancellationToken cancellationToken) =>
        await target.TipAsync(cancellationToken)
        ?? throw new GitException(
            ["rev-parse", target.Branch.Ref], 128, $"the target branch '{target.Branch}' does not exist",
            _git.TargetRefs.Place, isTransient: false);

    public Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken) =>
        target.EnsureBranchAsync(at, cancellationToken);

    public async Task<MergeOutcome> MergeAsync(MergeRequest request, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.Merging, cancellationToken);
        var (tip, head) = (_git[request.Tip], _git[request.Head]);

        // What an agent did to the tracker's files neither lands nor conflicts.
        var merged = MergeRules.Merge(tip, head, ProtectedFolders.Contain);
        if (hands.Defects.MergeDropsOneSide)
        {
            merged = new MergedTree(
                merged.Conflicts.Aggregate(merged.Tree, (tree, conflict) => tree.With(conflict.Path, conflict.Theirs)),
                []);
        }

        if (merged.Conflicts.Count > 0)
        {
            return Conflict(tip, head, merged);
        }

        if (merged.Tree.Id == tip.Tree.Id)
        {
            return new MergeOutcome.Empty();
        }

        ImmutableArray<SimulatedCommit> parents = request.Style switch
        {
            MergeStyle.MergeCommit => [tip, head],
            MergeStyle.Squash => [tip],
            MergeStyle.TakeUp => [head, tip],
        };
        var candidate = _git.Commit(merged.Tree, parents, request.Message.ToString(), request.When);
        await hands.StepAsync(GitStep.CommitMade, cancellationToken);
        return new MergeOutcome.Clean(candidate.Id, candidate.Tree.Id);
    }

    public async Task<CommitId> JoinAsync(
        CommitId tip, CommitId last, LandingMessage message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        var tree = (hands.Defects.JoinDropsLast ? _git[last].FirstParent! : _git[last]).Tree; // it lies on the tip
        var joined = _git.Commit(tree, [_git[tip], _git[last]], message.ToString(), when);
        await hands.StepAsync(GitStep.CommitMade, cancellationToken);
        return joined.Id;
    }

    public async Task<MergeOutcome.Conflict?> ProbeAsync(
        CommitId onto, CommitId head, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.Merging, cancellationToken);
        var merged = MergeRules.Merge(_git[onto], _git[head], ProtectedFolders.Contain);
        return merged.Conflicts.Count > 0 ? Conflict(_git[onto], _git[head], merged) : null;
    }

    public async Task<string> CheckoutAsync(CommitId candidate, int slot, CancellationToken cancellationToken)
    {
        var folder = _git.FolderAt(_git.LandingPath(slot));
        var commit = _git[candidate];
        if (!folder.Exists)
        {
            await hands.StepAsync(GitStep.WorkspaceHalfMade, cancellationToken);
            folder.Make(candidate);
        }

        var wanted = hands.Defects.CheckoutLeavesFiles
            ? commit.Tree.Files.Aggregate(folder.Files, (tree, file) => tree.With(file.Key, file.Value))
            : commit.Tree;
        var changes = FileTree.Differences(folder.Files, wanted);
        foreach (var change in changes.Take(changes.Count / 2))
        {
            folder.Files = folder.Files.With(change.Path, change.To);
        }

        await hands.StepAsync(GitStep.CandidateHalf, cancellationToken);
        folder.Name(null, candidate);
        folder.ForgetOperations();
        folder.Files = wanted;
        await hands.StepAsync(GitStep.CandidateReady, cancellationToken);
        return folder.Path;
    }

    public async Task<CommitId?> TrackerCommitAsync(
        CommitId tip, string path, ReadOnlyMemory<byte> content, LandingMessage message, DateTimeOffset when,
        CancellationToken cancellationToken)
    {
        var onto = _git[tip];
        var file = FileContent.Of(content);
        if (onto.Tree.Find(path) is not { } tracked || FileContent.Same(tracked, file))
        {
            return null;
        }

        var made = _git.Commit(onto.Tree.With(path, file), [onto], message.ToString(), when);
        await hands.StepAsync(GitStep.CommitMade, cancellationToken);
        return made.Id;
    }

    public Task<ReadOnlyMemory<byte>?> ContentAsync(CommitId at, string path, CancellationToken cancellationToken) =>
        Task.FromResult<ReadOnlyMemory<byte>?>(
            _git[at].Tree.Find(path) is { } file ? Encoding.UTF8.GetBytes(file.Text) : null);

    public Task<CommonContent?> CommonContentAsync(CommitId with, string path, CancellationToken cancellationToken)
    {
        if (_git.Checkout?.Head is not { } head || HistoryRules.MergeBases(_git[with], head) is not [var fork, ..])
        {
            return Task.FromResult<CommonContent?>(null);
        }

        var later = _git.Hub.Find(Hub.TakenRef) is { } id && _git[CommitId.Parse(id)] is var taken
            && HistoryRules.IsAncestor(fork, taken) && HistoryRules.IsAncestor(taken, _git[with])
                ? taken
                : fork;
        return Task.FromResult<CommonContent?>(new CommonContent(Bytes(fork, path), Bytes(later, path)));
    }

    static ReadOnlyMemory<byte> Bytes(SimulatedCommit commit, string path) =>
        Encoding.UTF8.GetBytes(commit.Tree.Find(path)?.Text ?? "");

    public Task TakeAsync(CommitId commit, CancellationToken cancellationToken)
    {
        _git.Hub.Set(Hub.TakenRef, commit.Value);
        return Task.CompletedTask;
    }

    public async Task<AdvanceOutcome> AdvanceAsync(
        CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        if (!HistoryRules.IsAncestor(_git[expected], _git[candidate]))
        {
            throw new InvalidOperationException($"{candidate} was not made on top of {expected}");
        }

        return hands.Defects.AdvanceReportsMovedWithoutMoving
            ? new AdvanceOutcome.Moved()
            : await target.AdvanceAsync(
                expected, hands.Defects.WrongTreeLanded ? MergedAgain(_git[candidate]) : candidate, cancellationToken);
    }

    public async Task<Observation> ObserveAsync(
        CommitId candidate, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var tip = _git[await TipAsync(cancellationToken)];
        await hands.StepAsync(GitStep.Observing, cancellationToken);
        return hands.Defects.ObserveAlwaysPresent ? new Observation.Present(tip.Id)
            : hands.Defects.ObserveByAncestryOnly ? ObservationRules.ObserveAncestry(tip, _git[candidate])
            : ObservationRules.Observe(tip, _git[candidate], paths);
    }

    public Task<IReadOnlyList<FileChange>> ChangesAsync(
        CommitId from, CommitId to, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FileChange>>(
            [.. FileTree.Differences(_git[from].Tree, _git[to].Tree).Select(Change)]);

    public Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken) =>
        Task.FromResult(HistoryRules.IsAncestor(_git[ancestor], _git[of]));

    public Task<IReadOnlyList<HistoryCommit>?> HistoryAsync(
        CommitId after, CommitId upTo, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HistoryCommit>?>(
            HistoryRules.IsAncestor(_git[after], _git[upTo])
                ? [.. HistoryRules.FirstParents(_git[upTo], _git[after]).Reverse()
                    .SelectMany(commit => SimulatedBatch.Of(commit) ?? [commit])
                    .Select(commit => new HistoryCommit(commit.Id, commit.Subject))]
                : null);

    public Task<IReadOnlyList<BeadLanding>> LandingsAsync(
        CommitId upTo, DateTimeOffset since, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<BeadLanding>>(
        [
            .. HistoryRules.FirstParents(_git[upTo], null)
                .SelectMany(commit => LandedBy(commit).Select(bead => new BeadLanding(bead, commit.Id, TimeOf(commit))))
                .Where(landing => landing.At >= since),
        ]);

    static IEnumerable<BeadId> LandedBy(SimulatedCommit commit)
    {
        var batch = commit.Trailers(LandingMessage.BatchTrailer).ToArray();
        var names = batch.Length > 0 ? batch
            : commit.Trailer(LandingMessage.AgentTrailer) is not null ? commit.Trailers(LandingMessage.BeadTrailer)
            : [];
        return names.Where(name => BeadId.TryParse(name, out _)).Select(BeadId.Parse);
    }

    // git keeps whole seconds.
    static DateTimeOffset TimeOf(SimulatedCommit commit) =>
        DateTimeOffset.FromUnixTimeSeconds(commit.When.ToUnixTimeSeconds());

    public Task<TreeId> TreeAsync(CommitId commit, CancellationToken cancellationToken) =>
        Task.FromResult(_git[commit].Tree.Id);

    public Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken) =>
        target.FollowAsync(landed, cancellationToken);

    static MergeOutcome.Conflict Conflict(SimulatedCommit tip, SimulatedCommit head, MergedTree merged) => new(
        [.. merged.Conflicts.Take(ConflictedFilesMax)
            .Select(conflict => new ConflictedFile(conflict.Path, conflict.Kind, conflict.Excerpt()))],
        OtherSides(tip, head, merged.Conflicts.Select(conflict => conflict.Path).ToHashSet()));

    /// <summary>
    /// Commits of the target that the bead does not have and that touched one of the files: those with which it came to
    /// conflict, or all where none is found.
    /// </summary>
    static OtherSide[] OtherSides(SimulatedCommit tip, SimulatedCommit head, HashSet<string> paths)
    {
        var touching = HistoryRules.FirstParents(tip, head).Take(OtherSideCommitsMax)
            .SelectMany(commit => SimulatedBatch.Of(commit)?.Reverse() ?? [commit])
            .Where(commit => commit.Changes.Any(change => paths.Contains(change.Path))).Take(OtherSideMax).ToArray();
        var owners = new List<SimulatedCommit>();
        var last = Places(tip, head, paths);
        var after = last;
        foreach (var commit in touching.Length > 1 ? touching : [])
        {
            var before = commit.FirstParent is { } parent ? Places(parent, head, paths) : [];
            if (last.Keys.Any(path => after.GetValueOrDefault(path) is { } now
                && now != before.GetValueOrDefault(path)))
            {
                owners.Add(commit);
            }

            after = before;
        }

        return
        [
            .. (owners.Count > 0 ? owners.AsEnumerable() : touching)
                .Select(commit => new OtherSide(commit.Id, commit.Subject, commit.Trailer(LandingMessage.BeadTrailer))),
        ];
    }

    static Dictionary<string, string> Places(SimulatedCommit onto, SimulatedCommit head, HashSet<string> paths) =>
        MergeRules.Merge(onto, head, ProtectedFolders.Contain).Conflicts
            .Where(conflict => paths.Contains(conflict.Path)).DistinctBy(conflict => conflict.Path)
            .ToDictionary(conflict => conflict.Path, conflict => conflict.Ours?.Id ?? "none");

    // As a lander that merges anew at the last moment and takes the wrong base for it: the bead's side as a whole.
    CommitId MergedAgain(SimulatedCommit candidate) => candidate.Parents is [_, var head]
        ? _git.Commit(head.Tree, candidate.Parents, candidate.Message, candidate.When).Id
        : candidate.Id;

    static FileChange Change(FileDifference change)
    {
        const string file = "100644";
        const string absent = "000000";
        var nothing = new string('0', 40);
        return new FileChange(
            change.Path, change.From is null ? absent : file, change.To is null ? absent : file,
            change.From?.Id ?? nothing, change.To?.Id ?? nothing);
    }
}
