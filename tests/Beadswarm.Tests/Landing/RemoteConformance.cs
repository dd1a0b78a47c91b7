using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

/// <summary>What a lander may rely on when the target is on a remote: real and simulated.</summary>
public abstract class RemoteConformance
{
    static CancellationToken Cancel => LandingWorld.Cancel;

    private protected abstract Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files);

    [Fact]
    public async Task Users_branch_and_checkout_follow_the_remote_unless_they_have_something_of_their_own()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"));
        await world.AdvanceAsync(tip, candidate);
        Assert.Equal("1\n", world.UserFolder["a.txt"]);

        Assert.IsType<FollowOutcome.Followed>(await world.Lander.FollowAsync(candidate, Cancel));
        Assert.Equal("2\n", world.UserFolder["a.txt"]);
        Assert.Empty(await world.UserChangesAsync());

        world.UserWrites("own.txt", "u\n");
        await world.UserCommitsAsync("user's own");
        var foreign = await world.ForeignAsync("foreign", ("f.txt", "f\n"));
        Assert.Equal(foreign, await world.Lander.TipAsync(Cancel));
        Assert.IsType<FollowOutcome.Skipped>(await world.Lander.FollowAsync(foreign, Cancel));
        Assert.False(world.UserFolder.ContainsKey("f.txt"));
    }

    [Fact]
    public async Task A_hook_of_the_remote_that_refuses_gives_its_reason()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"));
        await world.RefusePushesAsync("main is protected until noon");

        var refused = Assert.IsType<AdvanceOutcome.Refused>(await world.AdvanceAsync(tip, candidate));
        Assert.Contains("main is protected until noon", refused.Reason, StringComparison.Ordinal);
        Assert.IsType<Observation.Absent>(await world.Lander.ObserveAsync(candidate, [], Cancel));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_push_that_is_killed_is_settled_by_looking(bool decided)
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"));

        var outcome = await world.AdvanceKilledAsync(tip, candidate, decided);

        Assert.Equal(decided ? typeof(AdvanceOutcome.Moved) : typeof(AdvanceOutcome.Unknown), outcome.GetType());
        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));
        Assert.IsType<Observation.Present>(await world.Lander.ObserveAsync(candidate, [], Cancel));
    }

    [Fact]
    public async Task A_remote_that_is_away_is_a_failure_or_an_unknown_and_never_a_success()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"));
        world.RemoveRemote();

        Assert.IsType<AdvanceOutcome.Unknown>(await world.AdvanceAsync(tip, candidate));
        await Assert.ThrowsAsync<GitException>(() => world.Lander.TipAsync(Cancel));
        await Assert.ThrowsAsync<GitException>(() => world.Lander.ObserveAsync(candidate, [], Cancel));
    }

    static async Task<(CommitId Tip, CommitId Candidate)> CandidateAsync(
        LandingWorld world, params (string Path, string? Text)[] files)
    {
        var tip = await world.Lander.TipAsync(Cancel);
        return (tip, await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", files)));
    }
}
