using Beadswarm.Landing;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Landing;

public sealed class LandingLocallyTests
{
    [Fact]
    public async Task Landed_bead_is_on_the_branch_in_the_index_and_in_the_files()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var tip = await setup.Lander.TipAsync(LandingSetup.Cancel);
        var head = await setup.WorkAsync(1, "bd-1", ("a.txt", "2\n"), ("dir/c.txt", "new\n"), ("b.txt", null));
        var candidate = await setup.CandidateAsync(tip, head);

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));

        Assert.Equal(candidate, await setup.Git.HeadAsync(setup.User));
        Assert.Equal("", await setup.Git.GitAsync(setup.User, "status", "--porcelain"));
        Assert.Equal("2\n", GitSandbox.Text(setup.User, "a.txt"));
        Assert.Null(GitSandbox.Text(setup.User, "b.txt"));
        Assert.Equal("new\n", GitSandbox.Text(setup.User, "dir/c.txt"));
        await setup.Git.GitAsync(setup.User, "fsck", "--strict");
        Assert.IsType<Observation.Present>(await setup.Lander.ObserveAsync(candidate, [], LandingSetup.Cancel));
    }
}
