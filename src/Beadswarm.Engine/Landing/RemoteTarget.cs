using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// A branch on a remote: moved by a push that is a compare-and-swap there. When the answer of a push is lost, the
/// remote is asked where the branch is; nothing is assumed.
/// </summary>
sealed class RemoteTarget : ILandingTarget
{
    readonly Hub _hub;
    readonly RemoteGit _remote;
    readonly LandingEpoch? _epoch;
    readonly LocalTarget _local;

    /// <summary>Where the hub's own ref was last found or put: the hub has it and never lets go of it.</summary>
    volatile string? _seen;

    RemoteTarget(Hub hub, BranchName branch, RemoteGit remote, LandingEpoch? epoch)
    {
        _hub = hub;
        Branch = branch;
        _remote = remote;
        _epoch = epoch;
        _local = new LocalTarget(hub, branch, epoch: null);
    }

    public BranchName Branch { get; }

    string SeenRef => Hub.TargetPrefix + Branch.Value;

    /// <summary>A branch of one of the user's remotes, reached as the user reaches it.</summary>
    /// <param name="epoch">Of this lander, in the hub; null: not fenced.</param>
    public static async Task<RemoteTarget> OpenAsync(
        Hub hub, string remote, BranchName branch, LandingEpoch? epoch, CancellationToken cancellationToken) =>
        new(hub, branch, await RemoteGit.FindAsync(hub, remote, cancellationToken), epoch);

    public Task RecoverAsync(CancellationToken cancellationToken) => _local.RecoverAsync(cancellationToken);

    public async Task<CommitId?> TipAsync(CancellationToken cancellationToken)
    {
        var tip = await _remote.FindAsync(Branch.Ref, cancellationToken);
        if (tip is not { } commit)
        {
            return null;
        }

        if (_seen == commit.Value
            || await _hub.Repository.FindCommitAsync(SeenRef, cancellationToken) == commit)
        {
            _seen = commit.Value;
            return commit;
        }

        await _hub.AddingWorkTrees.WaitAsync(cancellationToken);
        try
        {
            return await FetchAsync(commit, cancellationToken);
        }
        finally
        {
            _hub.AddingWorkTrees.Release();
        }
    }

    async Task<CommitId?> FetchAsync(CommitId wanted, CancellationToken cancellationToken)
    {
        var seen = await _hub.Repository.FindCommitAsync(SeenRef, cancellationToken);
        if (seen == wanted)
        {
            _seen = wanted.Value;
            return wanted;
        }

        if (seen is null)
        {
            await BorrowAsync(cancellationToken);
        }

        await _remote.FetchAsync($"{Branch.Ref}:{SeenRef}", cancellationToken);
        var fetched = await _hub.Repository.FindCommitAsync(SeenRef, cancellationToken);
        if (fetched is { } now
            && (await _hub.User.Repository.LookUpAsync([now.Value], cancellationToken))[0] is not null)
        {
            await _hub.PinAsync(Branch.Value, now, cancellationToken);
        }

        return fetched;
    }

    public async Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken)
    {
        if (await _remote.FindAsync(Branch.Ref, cancellationToken) is null)
        {
            // Losing this race means somebody made it.
            await PushAsync(expected: null, at, cancellationToken);
        }
    }

    public async Task<AdvanceOutcome> AdvanceAsync(
        CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        if (_epoch is not null
            && (await _hub.Repository.LookUpAsync([LandingEpoch.Ref], cancellationToken))[0]?.Id != _epoch.Blob)
        {
            return new AdvanceOutcome.Fenced();
        }

        var output = await PushAsync(expected, candidate, cancellationToken);
        var answer = PushAnswer.Read(output.Text, output.StandardErrorTail);
        return answer switch
        {
            PushAnswer.Accepted => await AcceptedAsync(candidate, cancellationToken),
            PushAnswer.Refused refused => new AdvanceOutcome.Refused(refused.Reason),
            PushAnswer.Stale => await LookAsync(expected, candidate, "the remote refused a stale push",
                cancellationToken),
            PushAnswer.Lost => await LookAsync(
                expected, candidate, $"the push gave no answer (exit code {output.ExitCode}): "
                    + output.StandardErrorTail.Trim(), cancellationToken),
        };
    }

    public Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken) =>
        _local.FollowAsync(landed, cancellationToken);

    async Task<AdvanceOutcome> AcceptedAsync(CommitId candidate, CancellationToken cancellationToken)
    {
        // Saves the next look at the tip a fetch; that look asks the remote all the same.
        await _hub.AddingWorkTrees.WaitAsync(cancellationToken);
        try
        {
            await _hub.Repository.RunAsync(GitCall.Of("update-ref", SeenRef, candidate.Value), cancellationToken);
            _seen = candidate.Value;
        }
        finally
        {
            _hub.AddingWorkTrees.Release();
        }

        return new AdvanceOutcome.Moved();
    }

    async Task<AdvanceOutcome> LookAsync(
        CommitId expected, CommitId candidate, string reason, CancellationToken cancellationToken)
    {
        CommitId? tip;
        try
        {
            tip = await TipAsync(cancellationToken);
        }
        catch (GitException exception)
        {
            return new AdvanceOutcome.Unknown($"{reason}; and the remote cannot be asked: {exception.Message}");
        }

        return tip is not { } actual ? new AdvanceOutcome.Refused($"the remote has no branch '{Branch}'")
            : await _hub.Repository.IsAncestorAsync(candidate, actual, cancellationToken) ? new AdvanceOutcome.Moved()
            : actual == expected ? new AdvanceOutcome.Unknown(reason)
            : new AdvanceOutcome.LostRace(actual);
    }

    Task<GitOutput> PushAsync(CommitId? expected, CommitId candidate, CancellationToken cancellationToken) =>
        _remote.PushAsync([new RefMove(Branch.Ref, expected, candidate)], cancellationToken);

    /// <summary>
    /// Borrows what the user's repository has of the branch, so that the first fetch brings only the rest.
    /// </summary>
    async Task BorrowAsync(CancellationToken cancellationToken)
    {
        var known = await _hub.User.Repository.RunAsync(
            GitCall.Of(
                "for-each-ref", "--format=%(objectname)", $"refs/remotes/**/{Branch}", Branch.Ref),
            cancellationToken);
        var commit = known.Lines is [var first, ..] ? CommitId.Parse(first)
            : await _hub.User.Repository.FindCommitAsync("HEAD", cancellationToken);
        if (commit is { } start)
        {
            await _hub.PinAsync(Branch.Value, start, cancellationToken);
            await _hub.Repository.RunAsync(GitCall.Of("update-ref", SeenRef, start.Value), cancellationToken);
        }
    }
}
