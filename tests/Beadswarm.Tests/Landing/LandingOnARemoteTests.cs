using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class LandingOnARemoteTests
{
    static CancellationToken Cancel => LandingSetup.Cancel;

    [Fact]
    public async Task Of_two_racing_landers_one_wins_and_the_other_merges_again()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var heads = new[] { await setup.WorkAsync(1, "bd-1", ("b.txt", "1\n")),
            await setup.WorkAsync(2, "bd-2", ("c.txt", "2\n")) };
        var candidates = new[] { await setup.CandidateAsync(tip, heads[0]), await setup.CandidateAsync(tip, heads[1]) };

        var outcomes = await Task.WhenAll(candidates.Select(candidate => setup.AdvanceAsync(tip, candidate)));

        // The loser may have met the winner's lock instead of its result; asking again is safe and tells.
        var winner = Array.FindIndex(outcomes, outcome => outcome is AdvanceOutcome.Moved);
        Assert.Single(outcomes, outcome => outcome is AdvanceOutcome.Moved);
        var lost = Assert.IsType<AdvanceOutcome.LostRace>(await setup.AdvanceAsync(tip, candidates[1 - winner]));
        Assert.Equal(candidates[winner], lost.Actual);
        var again = await setup.CandidateAsync(lost.Actual, heads[1 - winner]);
        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(lost.Actual, again));
        Assert.Equal(
            "a.txt\nb.txt\nc.txt",
                await setup.Git.GitAsync(setup.Remote!, "ls-tree", "--name-only", "refs/heads/main"));
    }

    [Fact]
    public async Task Hub_of_a_remote_needs_nothing_of_the_users_repository_but_what_is_pinned()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        await setup.Lander.TipAsync(Cancel);
        var pushed = await setup.Git.CommitAsync(setup.User, "pushed and forgotten", ("p.txt", "p\n"));
        await setup.Git.GitAsync(setup.User, "push", "--quiet", "origin", "HEAD:main");
        await setup.Git.GitAsync(setup.User, "update-ref", "-d", "refs/remotes/origin/main");
        Assert.Equal(pushed, await setup.Lander.TipAsync(Cancel));

        await setup.Git.GitAsync(setup.User, "reset", "--quiet", "--hard", "HEAD~1");
        await setup.Git.GitAsync(setup.User, "reflog", "expire", "--expire=now", "--all");
        await setup.Git.GitAsync(setup.User, "gc", "--quiet", "--prune=now");

        await setup.Git.GitAsync(setup.Hub.GitDirectory, "fsck", "--connectivity-only", pushed.Value);
    }

    [Theory]
    [InlineData("!\trefs/heads/x:refs/heads/main\t[rejected] (stale info)\nDone\n", "", "Stale")]
    [InlineData("!\tx:refs/heads/main\t[remote rejected] (pre-receive hook declined)\n", "remote: no\n", "Refused")]
    [InlineData("!\tx:refs/heads/main\t[remote rejected] (protected branch hook declined)\n", "", "Refused")]
    [InlineData("!\tx:refs/heads/main\t[remote failure] (remote failed to report status)\n", "", "Lost")]
    [InlineData("=\tx:refs/heads/main\t[up to date]\nDone\n", "", "Accepted")]
    [InlineData("To x\n \tx:refs/heads/main\tabc..def\nDone\n", "", "Accepted")]
    [InlineData("", "fatal: the remote end hung up unexpectedly\n", "Lost")]
    [InlineData("", "git@example.org: Permission denied (publickey).\n", "Refused")]
    public void Answers_of_a_push_are_told_apart(string stdout, string stderr, string answer) =>
        Assert.Equal(answer, PushAnswer.Read(stdout, stderr).GetType().Name);
}
