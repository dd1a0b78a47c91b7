using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Git;

/// <summary>How one orchestrator works with the simulated git.</summary>
sealed record GitHandsOptions
{
    /// <summary>
    /// Awaited at every <see cref="GitStep"/>: may take its time, and may throw. A <see cref="GitException"/> or an
    /// <see cref="IOException"/> is what git would say, an <see cref="AnswerLostException"/> the silence of a remote;
    /// anything else is the death of the orchestrator, after which nothing of the operation is done or cleaned up.
    /// </summary>
    public Func<string, Task> StepAsync { get; init; } = _ => Task.CompletedTask;

    public required TimeProvider Time { get; init; }

    public GitDefects Defects { get; init; } = new();
}

/// <summary>
/// What one orchestrator does with the simulated git: the same seams as real git gives it. Keeps nothing that a restart
/// would miss; the next orchestrator has hands of its own.
/// </summary>
sealed class GitHands(SimulatedGit git, GitHandsOptions options)
{
    public SimulatedGit Git { get; } = git;

    public GitDefects Defects { get; } = options.Defects;

    public TimeProvider Time { get; } = options.Time;

    /// <summary>
    /// The branches to land on, under a new epoch, which fences every earlier lander. What a dead lander left half done
    /// is settled first.
    /// </summary>
    public async Task<SimulatedBranches> OpenBranchesAsync(LandingConfig config, CancellationToken cancellationToken)
    {
        Git.RemoveLocks();
        var epoch = await BeginEpochAsync(Git.Remote is null ? Git.User : Git.Hub, cancellationToken);
        var target = Open(new BranchName(config.Target), epoch);
        await target.RecoverAsync(cancellationToken);
        ILandingRepository? integration = null;
        if (config.Mode == LandingMode.Integration)
        {
            integration = Open(new BranchName(config.IntegrationBranch), epoch);
            await integration.EnsureBranchAsync(await target.TipAsync(cancellationToken), cancellationToken);
        }

        return new SimulatedBranches(epoch, target, integration, PublishAsync);
    }

    /// <summary>The refs through which nodes give each other the commits of beads; null without a remote.</summary>
    public SimulatedWorkRefs? OpenWorkRefs() => Git.Remote is { } remote ? new SimulatedWorkRefs(this, remote) : null;

    public SimulatedWorkspaces OpenWorkspaces(WorkspaceOptions room) => new(this, room);

    /// <summary>A branch at its place: the remote when there is one, else the user's repository.</summary>
    /// <param name="epoch">Null: not fenced.</param>
    public SimulatedLanding Open(BranchName branch, long? epoch) => new(
        this, Git.Remote is { } remote
            ? new SimulatedRemoteTarget(this, remote, branch, epoch)
            : new SimulatedLocalTarget(this, branch, epoch));

    /// <summary>Begins a new epoch of landing: whoever still acts for an older one is refused from now on.</summary>
    public async Task<long> BeginEpochAsync(RefTable refs, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var found = refs.Find(LandingEpoch.Ref);
            var next = SimulatedGit.EpochOf(refs) + 1;
            RefChange change = found is null
                ? new RefChange.Create(LandingEpoch.Ref, SimulatedGit.EpochId(next))
                : new RefChange.Move(LandingEpoch.Ref, SimulatedGit.EpochId(next), found);
            var moved = await MoveRefsAsync(refs, [change], cancellationToken);
            if (moved is RefTransaction.Done)
            {
                return next;
            }

            if (attempt == LandingEpoch.AttemptsMax)
            {
                throw new GitException(["update-ref", LandingEpoch.Ref], 128, moved.ToString(), refs.Place, true);
            }
        }
    }

    /// <summary>A point between two changes, where anything may happen.</summary>
    public async Task StepAsync(string step, CancellationToken cancellationToken)
    {
        await options.StepAsync(step);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>A push that was sent arrives, and is answered, unless it gets lost.</summary>
    public async Task<PushAnswer> DeliverAsync(
        SimulatedRemote remote, SimulatedPush push, CancellationToken cancellationToken)
    {
        try
        {
            await StepAsync(GitStep.PushSent, cancellationToken);
            var answer = remote.Deliver(push);
            await StepAsync(GitStep.PushArrived, cancellationToken);
            return answer;
        }
        catch (AnswerLostException)
        {
            return new PushAnswer.Lost();
        }
    }

    /// <summary>
    /// Moves refs: all are verified and locked at once, then they move one after the other, as files do. Whoever dies
    /// after the first one has moved that one only.
    /// </summary>
    public async Task<RefTransaction> MoveRefsAsync(
        RefTable refs, IReadOnlyList<RefChange> changes, CancellationToken cancellationToken)
    {
        await StepAsync(GitStep.RefsBegun, cancellationToken);
        if (refs.Prepare(changes) is not RefTransaction.Done and var refused)
        {
            return refused;
        }

        var done = 0;
        try
        {
            await StepAsync(GitStep.RefsLocked, cancellationToken);
            foreach (var change in changes)
            {
                refs.Finish(change);
                done++;
                await StepAsync(GitStep.RefMoved, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            // git gives its locks back when it fails or is asked to end; only a kill leaves them.
            if (!Git.CrashesLeaveLocks || exception is GitException or IOException or OperationCanceledException)
            {
                foreach (var change in changes.Skip(done))
                {
                    refs.Unlock(RefTable.NameOf(change));
                }
            }

            throw;
        }

        return new RefTransaction.Done();
    }

    /// <summary>Moves one ref, and expects that nothing is in the way.</summary>
    /// <exception cref="GitException">It is not where it was expected to be, or locked.</exception>
    public async Task MoveRefAsync(RefTable refs, RefChange change, CancellationToken cancellationToken) =>
        await MoveRefsOrFailAsync(refs, [change], cancellationToken);

    /// <summary>Moves refs, and expects that nothing is in the way.</summary>
    /// <exception cref="GitException">One is not where it was expected to be, or locked.</exception>
    public async Task MoveRefsOrFailAsync(
        RefTable refs, IReadOnlyList<RefChange> changes, CancellationToken cancellationToken)
    {
        var moved = await MoveRefsAsync(refs, changes, cancellationToken);
        if (moved is not RefTransaction.Done)
        {
            throw new GitException(
                ["update-ref", RefTable.NameOf(changes[^1])], 128, moved.ToString(), refs.Place,
                moved is RefTransaction.Locked);
        }
    }

    async Task<string> PublishAsync(LandingEntry entry, CancellationToken cancellationToken)
    {
        var branch = LandingBranches.Published(entry);
        await Open(branch, epoch: null).EnsureBranchAsync(CommitId.Parse(entry.HeadCommit), cancellationToken);
        return branch.Value;
    }
}

/// <summary>The branches a simulated swarm lands on.</summary>
/// <param name="Epoch">Under which they were opened.</param>
/// <param name="Integration">Mode integration: where beads land before the target is promoted.</param>
/// <param name="PublishAsync">Mode branch: makes a bead's branch visible, and says under which name.</param>
sealed record SimulatedBranches(
    long Epoch, ILandingRepository Target, ILandingRepository? Integration,
    Func<LandingEntry, CancellationToken, Task<string>> PublishAsync);
