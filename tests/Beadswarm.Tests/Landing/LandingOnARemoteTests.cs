using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class LandingOnARemoteTests
{
    [Fact]
    public async Task Landed_bead_is_on_the_remote_and_the_users_checkout_follows()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        var tip = await setup.Lander.TipAsync(LandingSetup.Cancel);
        var head = await setup.WorkAsync(1, "bd-1", ("a.txt", "2\n"));
        var candidate = await setup.CandidateAsync(tip, head);

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));

        Assert.Equal(candidate, await setup.Git.HeadAsync(setup.Remote!, "refs/heads/main"));
        Assert.IsType<Observation.Present>(await setup.Lander.ObserveAsync(candidate, ["a.txt"], LandingSetup.Cancel));
        Assert.IsType<FollowOutcome.Followed>(await setup.Lander.FollowAsync(candidate, LandingSetup.Cancel));
        Assert.Equal(candidate, await setup.Git.HeadAsync(setup.User));
        Assert.Equal("", await setup.Git.GitAsync(setup.User, "status", "--porcelain"));
    }
}
