using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Simulation.Git;
using Beadswarm.Tests.Landing;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// Simulated git under an orchestrator that dies, is paused, or hears nothing, between any two changes.
/// </summary>
public sealed class InterruptedGitTests
{
    static readonly BranchName Main = new("main");
    static readonly DateTimeOffset When = LandingWorld.When;

    static CancellationToken Cancel => GitSandbox.Cancel;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Dying_at_any_step_and_doing_it_again_ends_the_same(bool hasRemote, bool leavesLocks)
    {
        var steps = new List<string>();
        var undisturbed = NewGit(hasRemote);
        await DayAsync(undisturbed, at =>
        {
            steps.Add(at);
            return Task.CompletedTask;
        });

        for (var death = 0; death < steps.Count; death++)
        {
            var git = NewGit(hasRemote);
            git.CrashesLeaveLocks = leavesLocks;
            var left = death;
            await Assert.ThrowsAsync<DeathException>(() => DayAsync(
                git, _ => left-- == 0 ? Task.FromException(new DeathException()) : Task.CompletedTask));
            foreach (var push in git.Remote?.UnderWay.ToArray() ?? [])
            {
                git.Remote!.Deliver(push);
            }

            await DayAsync(git, _ => Task.CompletedTask);
            Assert.Equal((steps[death], Shown(undisturbed, leavesLocks)), (steps[death], Shown(git, leavesLocks)));
            Assert.Empty(git.User.Locks);
        }

        // A day has something of everything.
        Assert.Equal(hasRemote, steps.Contains(GitStep.PushSent));
        Assert.Contains(GitStep.WorkspaceHalf, steps);
        Assert.Contains(GitStep.CheckoutHalf, steps);
    }

    [Fact]
    public async Task The_same_calls_give_the_same_ids_and_the_same_steps()
    {
        async Task<string> RunAsync()
        {
            var steps = new List<string>();
            var git = NewGit(hasRemote: true);
            await DayAsync(git, at =>
            {
                steps.Add(at);
                return Task.CompletedTask;
            });
            return Shown(git, withoutBranches: false) + string.Join('\n', steps);
        }

        Assert.Equal(await RunAsync(), await RunAsync());
    }

    [Fact]
    public async Task A_push_whose_answer_was_lost_arrives_when_nobody_expects_it()
    {
        using var world = new SimulatedSetup(hasRemote: true) { AnswersLostAt = GitStep.PushSent };
        var (tip, first) = await CandidateAsync(world, 1);
        Assert.IsType<AdvanceOutcome.Unknown>(await world.AdvanceAsync(tip, first));
        var late = Assert.Single(world.Git.Remote!.UnderWay);

        // Nothing is known, so the same is pushed again and answered; the late one finds its work done.
        world.AnswersLostAt = null;
        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, first));
        var (_, second) = await CandidateAsync(world, 2);
        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(first, second));
        Assert.IsType<PushAnswer.Stale>(world.Git.Remote.Deliver(late));

        Assert.Equal(second, await world.TargetAsync());
        Assert.Empty(world.Git.Remote.UnderWay);
    }

    [Fact]
    public async Task A_push_that_arrives_after_its_intent_was_given_up_is_found_by_its_content()
    {
        using var world = new SimulatedSetup(hasRemote: true) { AnswersLostAt = GitStep.PushSent };
        var (tip, candidate) = await CandidateAsync(world, 1);
        await world.AdvanceAsync(tip, candidate);
        Assert.IsType<Observation.Absent>(await world.Lander.ObserveAsync(candidate, [], Cancel));

        world.Git.Remote!.Deliver(Assert.Single(world.Git.Remote.UnderWay));

        Assert.IsType<Observation.Present>(await world.Lander.ObserveAsync(candidate, [], Cancel));
        Assert.IsType<MergeOutcome.Empty>(await world.MergeAsync(candidate, world.Git[candidate].Parents[1].Id));
    }

    [Fact]
    public async Task A_push_that_arrives_after_somebody_elses_changes_nothing()
    {
        using var world = new SimulatedSetup(hasRemote: true) { AnswersLostAt = GitStep.PushSent };
        var (tip, candidate) = await CandidateAsync(world, 1);
        await world.AdvanceAsync(tip, candidate);
        var foreign = await world.ForeignAsync("foreign", ("f.txt", "f\n"));

        Assert.IsType<PushAnswer.Stale>(world.Git.Remote!.Deliver(Assert.Single(world.Git.Remote.UnderWay)));
        Assert.Equal(foreign, await world.TargetAsync());
    }

    [Fact]
    public async Task A_lander_that_was_paused_before_its_move_finds_itself_fenced()
    {
        var git = NewGit(hasRemote: false);
        var pause = new TaskCompletionSource();
        var paused = Hands(git, at => at == GitStep.RefsBegun ? pause.Task : Task.CompletedTask);
        var zombie = paused.Open(Main, await Hands(git).BeginEpochAsync(git.User, Cancel));
        var candidate = await CandidateAsync(Hands(git), 1);
        var move = zombie.AdvanceAsync(git.Tip!.Id, candidate, Cancel);
        Assert.False(move.IsCompleted);

        await Hands(git).BeginEpochAsync(git.User, Cancel);
        pause.SetResult();

        Assert.IsType<AdvanceOutcome.Fenced>(await move);
        Assert.NotEqual(candidate, git.Tip.Id);
    }

    [Fact]
    public async Task A_killed_move_leaves_its_lock_until_recovery()
    {
        var git = NewGit(hasRemote: false);
        git.CrashesLeaveLocks = true;
        var candidate = await CandidateAsync(Hands(git), 1);
        var tip = git.Tip!.Id;
        await Assert.ThrowsAsync<DeathException>(() => Hands(git, at =>
            at == GitStep.RefsLocked ? Task.FromException(new DeathException()) : Task.CompletedTask)
            .Open(Main, epoch: null).AdvanceAsync(tip, candidate, Cancel));
        Assert.Null(new ForeignUser(git).Push(Main, "waits\n", When, ("f.txt", "f\n")));
        Assert.Null(git.Checkout!.Commit("waits\n", When));

        await Hands(git).Open(Main, epoch: null).RecoverAsync(Cancel);

        Assert.NotNull(new ForeignUser(git).Push(Main, "works again\n", When, ("f.txt", "f\n")));
        Assert.Empty(git.User.Locks);
    }

    [Fact]
    public async Task A_transaction_of_two_refs_can_be_torn()
    {
        var git = NewGit(hasRemote: false);
        var hands = Hands(git);
        var candidate = await CandidateAsync(hands, 1);
        var work = git[candidate].Parents[1].Id;
        var request = LandingWorld.Request(1, git.Tip!.Id);
        var branch = WorkspaceBranch.Of(request.Agent, request.Bead);
        var moved = 0;
        await Assert.ThrowsAsync<DeathException>(() => Hands(git, at =>
            at == GitStep.RefMoved && ++moved == 1 ? Task.FromException(new DeathException()) : Task.CompletedTask)
            .OpenWorkspaces(new WorkspaceOptions()).AcquireAsync(request, Cancel));

        var kept = $"{WorkspacePool.KeptPrefix}{branch}/{work}";
        Assert.Equal((work.Value, work), (git.Hub.Find(kept), git.Hub.Find(branch)));
        await hands.OpenWorkspaces(new WorkspaceOptions()).AcquireAsync(request, Cancel);
        Assert.Equal((work.Value, request.Start), (git.Hub.Find(kept), git.Hub.Find(branch)));
    }

    [Fact]
    public async Task A_merge_that_took_the_commits_and_not_the_content_is_no_landing()
    {
        var git = NewGit(hasRemote: true);
        var hands = Hands(git);
        var candidate = await CandidateAsync(hands, 1);
        new ForeignUser(git).MergeOurs(Main, candidate, When);

        Assert.IsType<Observation.Absent>(await hands.Open(Main, epoch: null).ObserveAsync(candidate, [], Cancel));
    }

    /// <summary>
    /// Two beads on their way to the target, each step repeated as an orchestrator would that knows nothing of an
    /// earlier one; a third that was left half done.
    /// </summary>
    static async Task DayAsync(SimulatedGit git, Func<string, Task> step)
    {
        var hands = Hands(git, step);
        var workspaces = hands.OpenWorkspaces(new WorkspaceOptions());
        var config = new LandingConfig(LandingMode.Queue, Main.Value, null, [], 1, "swarm/next", false);
        var lander = (await hands.OpenBranchesAsync(config, Cancel)).Target;
        foreach (var bead in new[] { "bd-1", "bd-2" })
        {
            var file = bead + ".txt";
            if (git.Tip!.Tree.Find(file) is null)
            {
                var head = await WorkAsync(git, workspaces, await lander.TipAsync(Cancel), bead, (file, "done\n"));
                await LandAsync(lander, head, bead);
            }

            var branch = WorkspaceBranch.Of(new AgentNumber(1), BeadId.Parse(bead));
            await lander.FollowAsync(await lander.TipAsync(Cancel), Cancel);
            if (git.Hub.Find(branch) is { } left)
            {
                await workspaces.RemoveLandedBranchAsync(branch, left, Cancel);
            }
        }

        await WorkAsync(git, workspaces, git.Tip!.Id, "bd-3", ("half.txt", "half\n"), ("README.md", "changed\n"));
    }

    static async Task<CommitId> WorkAsync(
        SimulatedGit git, SimulatedWorkspaces workspaces, CommitId start, string bead,
        params (string Path, string Text)[] files)
    {
        var workspace = await workspaces.AcquireAsync(LandingWorld.Request(1, start, bead), Cancel);
        foreach (var (path, text) in files)
        {
            git.FolderAt(workspace.Path).Write(path, text);
        }

        return (await workspaces.CommitLeftoversAsync(workspace, $"{bead}\n", When, Cancel)).Head;
    }

    static async Task LandAsync(ILandingRepository lander, CommitId head, string bead)
    {
        var tip = await lander.TipAsync(Cancel);
        var merge = await lander.MergeAsync(new MergeRequest(tip, head, LandingWorld.Message(bead), When), Cancel);
        if (merge is MergeOutcome.Clean clean)
        {
            await lander.CheckoutAsync(clean.Candidate, 0, Cancel);
            Assert.IsType<AdvanceOutcome.Moved>(await lander.AdvanceAsync(tip, clean.Candidate, Cancel));
            Assert.IsType<Observation.Present>(await lander.ObserveAsync(clean.Candidate, [], Cancel));
        }
    }

    static async Task<(CommitId Tip, CommitId Candidate)> CandidateAsync(SimulatedSetup world, int agent) =>
        (world.Git.Tip!.Id, await CandidateAsync(world.Hands, agent));

    static async Task<CommitId> CandidateAsync(GitHands hands, int agent)
    {
        var git = hands.Git;
        var head = await WorkAsync(
            git, hands.OpenWorkspaces(new WorkspaceOptions()), git.Tip!.Id, $"bd-{agent}", ($"{agent}.txt", "x\n"));
        var request = new MergeRequest(git.Tip.Id, head, LandingWorld.Message($"bd-{agent}"), When);
        return Assert.IsType<MergeOutcome.Clean>(
            await hands.Open(Main, epoch: null).MergeAsync(request, Cancel)).Candidate;
    }

    static SimulatedGit NewGit(bool hasRemote) =>
        new(new SimulatedGitSetup { HasRemote = hasRemote, When = When });

    static GitHands Hands(SimulatedGit git, Func<string, Task>? step = null) => new(git, new GitHandsOptions
    {
        Time = new FakeTime(),
        StepAsync = step ?? (_ => Task.CompletedTask),
    });

    /// <summary>Everything that counts at the end of a day: what the refs hold, and what lies in the folders.</summary>
    /// <param name="withoutBranches">A branch whose deletion was killed stays locked, and is left to clean.</param>
    static string Shown(SimulatedGit git, bool withoutBranches)
    {
        var branches = git.Hub.All
            .Where(entry => !withoutBranches && entry.Key.StartsWith("refs/heads/", StringComparison.Ordinal))
            .Select(entry => $"{entry.Key} {git[new CommitId(entry.Value)].Tree.Id}");
        var folders = git.Folders.Select(folder =>
            $"{folder.Path} {folder.Branch} {folder.OwnBranch} {folder.Files.Id} {folder.Changes.Count}");
        return string.Join('\n', [
            $"target {git.Tip!.Tree.Id}", .. branches, .. folders,
            $"checkout {git.Checkout!.Files.Id} {git.Checkout.Index.Id} {git.Checkout.Lock}"]);
    }

    /// <summary>The end of an orchestrator.</summary>
    sealed class DeathException : Exception;
}
