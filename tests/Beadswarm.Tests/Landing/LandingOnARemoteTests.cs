using System.Diagnostics;
using System.Text;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Landing;

public sealed class LandingOnARemoteTests
{
    static CancellationToken Cancel => LandingSetup.Cancel;

    [Fact]
    public async Task Landed_bead_is_on_the_remote_and_the_users_checkout_follows()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, 1, "a.txt");

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));
        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));

        Assert.Equal(candidate, await setup.Git.HeadAsync(setup.Remote!, "refs/heads/main"));
        Assert.IsType<Observation.Present>(await setup.Lander.ObserveAsync(candidate, ["a.txt"], Cancel));
        Assert.IsType<FollowOutcome.Followed>(await setup.Lander.FollowAsync(candidate, Cancel));
        Assert.Equal(candidate, await setup.Git.HeadAsync(setup.User));
        Assert.Equal("", await setup.Git.GitAsync(setup.User, "status", "--porcelain"));
    }

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
    public async Task A_foreign_push_is_fetched_merged_and_kept()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, 1, "b.txt");
        await setup.Git.GitAsync(setup.Git.Root, "clone", "--quiet", setup.Remote!, setup.Git["other"]);
        var foreign = await setup.Git.CommitAsync(setup.Git["other"], "foreign", ("f.txt", "f\n"));
        await setup.Git.GitAsync(setup.Git["other"], "push", "--quiet", "origin", "HEAD:main");

        Assert.Equal(foreign, Assert.IsType<AdvanceOutcome.LostRace>(await setup.AdvanceAsync(tip, candidate)).Actual);
        Assert.Equal(foreign, await setup.Lander.TipAsync(Cancel));
        var head = await setup.Git.HeadAsync(setup.Hub.GitDirectory, "agent-1/bd-1");
        var again = await setup.CandidateAsync(foreign, head);
        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(foreign, again));
        await setup.Git.CommitAsync(setup.User, "users own", ("u.txt", "u\n"));
        Assert.IsType<FollowOutcome.Skipped>(await setup.Lander.FollowAsync(again, Cancel));
    }

    [Fact]
    public async Task A_hook_of_the_remote_that_refuses_gives_its_reason()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, 1, "a.txt");
        await HookAsync(setup, "pre-receive", "echo 'main is protected until noon' >&2; exit 1");

        var refused = Assert.IsType<AdvanceOutcome.Refused>(await setup.AdvanceAsync(tip, candidate));
        Assert.Contains("main is protected until noon", refused.Reason, StringComparison.Ordinal);
        Assert.IsType<Observation.Absent>(await setup.Lander.ObserveAsync(candidate, [], Cancel));
    }

    [Theory]
    [InlineData("pre-receive", false)]
    [InlineData("post-receive", true)]
    public async Task A_push_that_is_killed_is_settled_by_looking(string hook, bool landed)
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, 1, "a.txt");
        var (started, never) = (setup.Git["started"], setup.Git["never"]);
        await RunAsync(setup, "mkfifo", started, never);

        // The hook says which process pushes, and then waits for something that does not come.
        await HookAsync(
            setup, hook,
            "pid=$PPID\n"
            + "while ! tr '\\0' ' ' < /proc/$pid/cmdline | grep -q ' push '\n"
            + "do pid=$(cut -d' ' -f4 /proc/$pid/stat); done\n"
            + $"echo $pid > '{started}'; read x < '{never}'");
        var push = setup.AdvanceAsync(tip, candidate);
        var pid = int.Parse(await RunAsync(setup, "cat", started), System.Globalization.CultureInfo.InvariantCulture);
        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
        }

        var outcome = await push;

        Assert.Equal(landed ? typeof(AdvanceOutcome.Moved) : typeof(AdvanceOutcome.Unknown), outcome.GetType());
        File.Delete(Path.Combine(setup.Remote!, "hooks", hook));
        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));
        Assert.IsType<Observation.Present>(await setup.Lander.ObserveAsync(candidate, [], Cancel));
    }

    [Fact]
    public async Task A_remote_that_is_away_is_a_failure_or_an_unknown_and_never_a_success()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, 1, "a.txt");
        Directory.Move(setup.Remote!, setup.Git["away"]);

        Assert.IsType<AdvanceOutcome.Unknown>(await setup.AdvanceAsync(tip, candidate));
        await Assert.ThrowsAsync<GitException>(() => setup.Lander.TipAsync(Cancel));
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

    static async Task<(CommitId Tip, CommitId Candidate)> CandidateAsync(LandingSetup setup, int agent, string file)
    {
        var tip = await setup.Lander.TipAsync(Cancel);
        return (tip, await setup.CandidateAsync(tip, await setup.WorkAsync(agent, $"bd-{agent}", (file, "2\n"))));
    }

    static async Task HookAsync(LandingSetup setup, string name, string script)
    {
        GitSandbox.Write(setup.Remote!, $"hooks/{name}", $"#!/bin/sh\n{script}\n");
        await RunAsync(setup, "chmod", "+x", Path.Combine(setup.Remote!, "hooks", name));
    }

    static async Task<string> RunAsync(LandingSetup setup, string program, params string[] arguments)
    {
        var result = await Command.RunAsync(
            new CommandSpec
            {
                FileName = program,
                Arguments = arguments,
                WorkingDirectory = setup.Git.Root,
                Environment = setup.Git.Environment,
            },
            Cancel);
        return Encoding.UTF8.GetString(result.Stdout).Trim();
    }
}
