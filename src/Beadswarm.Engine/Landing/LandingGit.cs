using System.Collections.Concurrent;
using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// Landing on real git: candidates are made in the hub, checked out in landing workspaces, and moved onto the target by
/// compare-and-swap. Keeps nothing in memory that a restart would miss: what it remembers of commits never changes.
/// </summary>
sealed class LandingGit(
    Hub hub, ILandingTarget target, WorkspaceCleaning cleaning, ResolvingParts? resolving = null) : ILandingRepository
{
    /// <summary>Trees of so many commits are remembered, then it begins anew.</summary>
    const int TreesMax = 1000;

    readonly Merging _merging = new(hub.Repository, new Resolving(hub, resolving ?? ResolvingParts.None));
    readonly Observing _observing = new(hub.Repository);
    readonly ConcurrentDictionary<CommitId, TreeId> _trees = [];

    /// <summary>The newest candidate made here, and what it was made on top of.</summary>
    volatile Tuple<CommitId, CommitId>? _made;

    readonly LandingWorkspaces _workspaces = new(hub, cleaning);

    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        await hub.RemoveLocksAsync(cancellationToken);
        await target.RecoverAsync(cancellationToken);
    }

    public async Task<bool> KnowsAsync(CommitId commit, CancellationToken cancellationToken) =>
        (await hub.Repository.LookUpAsync([commit.Value], cancellationToken))[0] is not null;

    public async Task<CommitId> TipAsync(CancellationToken cancellationToken) =>
        await target.TipAsync(cancellationToken)
        ?? throw new GitException(
            ["rev-parse", target.Branch.Ref], 128, $"the target branch '{target.Branch}' does not exist",
            hub.User.Root, isTransient: false);

    public Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken) =>
        target.EnsureBranchAsync(at, cancellationToken);

    public async Task<MergeOutcome> MergeAsync(MergeRequest request, CancellationToken cancellationToken) =>
        await BeginMergeAsync(request, cancellationToken) switch
        {
            MergeStart.Done done => done.Outcome,
            MergeStart.UnderWay merge => await merge.Outcome,
        };

    public async Task<MergeStart> BeginMergeAsync(MergeRequest request, CancellationToken cancellationToken) =>
        await _merging.BeginAsync(request, cancellationToken) switch
        {
            MergeStart.Done done => new MergeStart.Done(Remember(request, done.Outcome)),
            MergeStart.UnderWay merge => new MergeStart.UnderWay(RememberAsync(request, merge.Outcome)),
        };

    async Task<MergeOutcome> RememberAsync(MergeRequest request, Task<MergeOutcome> merge) =>
        Remember(request, await merge);

    MergeOutcome Remember(MergeRequest request, MergeOutcome outcome)
    {
        if (outcome is MergeOutcome.Clean clean)
        {
            Remember(clean.Candidate, clean.Tree);
            _made = Tuple.Create(request.Tip, clean.Candidate);
        }

        return outcome;
    }

    public async Task<CommitId> JoinAsync(
        CommitId tip, CommitId last, LandingMessage message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        var tree = await TreeAsync(last, cancellationToken);
        var joined = await hub.Repository.CommitTreeAsync(
            tree, [tip, last], message.ToString(), when, cancellationToken);
        Remember(joined, tree);
        _made = Tuple.Create(tip, joined);
        return joined;
    }

    public Task<MergeOutcome.Conflict?> ProbeAsync(
        CommitId onto, CommitId head, CancellationToken cancellationToken) =>
        _merging.ProbeAsync(onto, head, cancellationToken);

    public Task<string> CheckoutAsync(CommitId candidate, int slot, CancellationToken cancellationToken) =>
        _workspaces.CheckoutAsync(candidate, slot, cancellationToken);

    public async Task<CommitId?> TrackerCommitAsync(
        CommitId tip, string path, ReadOnlyMemory<byte> content, LandingMessage message, DateTimeOffset when,
        CancellationToken cancellationToken)
    {
        if (await FindFileAsync(tip, path, cancellationToken) is not { } tracked)
        {
            return null;
        }

        var blob = await hub.Repository.WriteBlobAsync(content, cancellationToken);
        if (blob == tracked.Id)
        {
            return null;
        }

        var tree = await TreeEdit.ReplaceFileAsync(
            hub.Repository, tip.Value, path, tracked.Mode, blob, cancellationToken);
        return await hub.Repository.CommitTreeAsync(tree, [tip], message.ToString(), when, cancellationToken);
    }

    public async Task<ReadOnlyMemory<byte>?> ContentAsync(
        CommitId at, string path, CancellationToken cancellationToken) =>
        await FindFileAsync(at, path, cancellationToken) is { } file
            ? (await hub.Repository.RunAsync(GitCall.Of("cat-file", "blob", file.Id), cancellationToken)).Stdout
            : (ReadOnlyMemory<byte>?)null; // a null of an array would be an empty file

    public async Task<CommonContent?> CommonContentAsync(
        CommitId with, string path, CancellationToken cancellationToken)
    {
        if (hub.User.IsBare || await hub.User.Repository.FindCommitAsync("HEAD", cancellationToken) is not { } head)
        {
            return null;
        }

        var output = await hub.Repository.RunAsync(
            GitCall.Of("merge-base", with.Value, head.Value).Answering(0, 1), cancellationToken);
        if (output.Text.Trim() is not { Length: > 0 } common)
        {
            return null;
        }

        var fork = CommitId.Parse(common);
        var parted = await ContentAsync(fork, path, cancellationToken) ?? ReadOnlyMemory<byte>.Empty;
        var later = await hub.Repository.FindCommitAsync(Hub.TakenRef, cancellationToken) is { } taken
            && await hub.Repository.IsAncestorAsync(fork, taken, cancellationToken)
            && await hub.Repository.IsAncestorAsync(taken, with, cancellationToken)
                ? await ContentAsync(taken, path, cancellationToken) ?? ReadOnlyMemory<byte>.Empty
                : parted;
        return new CommonContent(parted, later);
    }

    public async Task TakeAsync(CommitId commit, CancellationToken cancellationToken) =>
        // Where a lock is in the way, the older one stands: what is taken in a second time is there already.
        _ = await hub.Repository.UpdateRefsAsync(
            [new RefChange.Move(Hub.TakenRef, commit.Value, Old: null)], "beadswarm: tracker", cancellationToken);

    public async Task<AdvanceOutcome> AdvanceAsync(
        CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        // A compare-and-swap would also move the branch to something that does not contain what was there.
        var known = _made is var (onTopOf, made) && onTopOf == expected && made == candidate;
        if (!known && !await hub.Repository.IsAncestorAsync(expected, candidate, cancellationToken))
        {
            throw new InvalidOperationException($"{candidate} was not made on top of {expected}");
        }

        return await target.AdvanceAsync(expected, candidate, cancellationToken);
    }

    public async Task<Observation> ObserveAsync(
        CommitId candidate, IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        await _observing.ObserveAsync(await TipAsync(cancellationToken), candidate, paths, cancellationToken);

    public Task<IReadOnlyList<FileChange>> ChangesAsync(
        CommitId from, CommitId to, CancellationToken cancellationToken) =>
        hub.Repository.ChangesAsync(from.Value, to.Value, cancellationToken);

    public Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken) =>
        hub.Repository.IsAncestorAsync(ancestor, of, cancellationToken);

    public async Task<IReadOnlyList<HistoryCommit>?> HistoryAsync(
        CommitId after, CommitId upTo, CancellationToken cancellationToken)
    {
        if (!await KnowsAsync(after, cancellationToken)
            || !await hub.Repository.IsAncestorAsync(after, upTo, cancellationToken))
        {
            return null;
        }

        var history = new List<HistoryCommit>();
        foreach (var step in await LineAsync(after.Value, upTo.Value, cancellationToken))
        {
            if (step is { Batch: true, Parents: [var tip, var last] })
            {
                history.AddRange((await LineAsync(tip, last, cancellationToken)).Select(landing => landing.Commit));
            }
            else
            {
                history.Add(step.Commit);
            }
        }

        return history;
    }

    /// <summary>First parents, oldest first.</summary>
    async Task<IReadOnlyList<LineStep>> LineAsync(string after, string upTo, CancellationToken cancellationToken)
    {
        const string format =
            $"%H%x00%P%x00%s%x00%(trailers:key={LandingMessage.BatchTrailer},valueonly,separator=%x2C)";
        var output = await hub.Repository.RunAsync(
            GitCall.Of("log", "-z", "--first-parent", "--reverse", $"--format={format}", $"{after}..{upTo}"),
            cancellationToken);
        return
        [
            .. output.Fields.Chunk(4).Select(commit => commit is [var id, var parents, var subject, var beads]
                ? new LineStep(new HistoryCommit(CommitId.Parse(id), subject), parents.Split(' '), beads.Length > 0)
                : throw GitAnswers.Strange(commit[0], "log")),
        ];
    }

    public async Task<IReadOnlyList<BeadLanding>> LandingsAsync(
        CommitId upTo, DateTimeOffset since, CancellationToken cancellationToken)
    {
        const string format =
            $"%H%x00%ct%x00%(trailers:key={LandingMessage.AgentTrailer},valueonly,separator=%x2C)"
            + $"%x00%(trailers:key={LandingMessage.BeadTrailer},valueonly,separator=%x2C)"
            + $"%x00%(trailers:key={LandingMessage.BatchTrailer},valueonly,separator=%x2C)";

        // As a filter, because a landing is as old as its place in the queue: older ones may lie in front of younger.
        var output = await hub.Repository.RunAsync(
            GitCall.Of(
                "log", "-z", "--first-parent", "--basic-regexp", $"--since-as-filter={since.UtcDateTime:s}Z",
                $"--grep=^{LandingMessage.BeadTrailer}: ", $"--grep=^{LandingMessage.BatchTrailer}: ",
                $"--format={format}", upTo.Value),
            cancellationToken);
        return
        [
            .. output.Fields.Chunk(5)
                .SelectMany(commit => commit is [var id, var at, var agent, var bead, var batch]
                    ? Landings(CommitId.Parse(id), at, batch.Length > 0 ? batch : agent.Length > 0 ? bead : "")
                    : throw GitAnswers.Strange(commit[0], "log"))
                .Where(landing => landing.At >= since),
        ];
    }

    static IEnumerable<BeadLanding> Landings(CommitId commit, string at, string beads)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(long.Parse(at, CultureInfo.InvariantCulture));
        foreach (var name in beads.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (BeadId.TryParse(name, out var bead))
            {
                yield return new BeadLanding(bead, commit, time);
            }
        }
    }

    public async Task<TreeId> TreeAsync(CommitId commit, CancellationToken cancellationToken)
    {
        if (!_trees.TryGetValue(commit, out var tree))
        {
            tree = TreeId.Parse((await hub.Repository.RunAsync(
                GitCall.Of("rev-parse", "--verify", $"{commit}^{{tree}}"), cancellationToken)).Line);
            Remember(commit, tree);
        }

        return tree;
    }

    public Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken) =>
        target.FollowAsync(landed, cancellationToken);

    void Remember(CommitId commit, TreeId tree)
    {
        if (_trees.Count >= TreesMax)
        {
            _trees.Clear();
        }

        _trees[commit] = tree;
    }

    async Task<TreeEntry?> FindFileAsync(CommitId at, string path, CancellationToken cancellationToken)
    {
        var listing = await hub.Repository.RunAsync(
            GitCall.Of("ls-tree", "-z", at.Value, "--", path), cancellationToken);
        return listing.RawFields is [var field] && TreeEntry.Read(field) is { Kind: "blob" } file ? file : null;
    }

    /// <param name="Batch">It takes in several landings.</param>
    sealed record LineStep(HistoryCommit Commit, string[] Parents, bool Batch);
}
