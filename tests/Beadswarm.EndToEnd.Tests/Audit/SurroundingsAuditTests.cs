using System.Diagnostics;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>The audit of what is not the swarm's finds every trace that was left on purpose.</summary>
public sealed class SurroundingsAuditTests : IDisposable
{
    readonly GitRepository _repository = Scenario.Repository([new("a-1")]);
    readonly Baseline _before;

    public SurroundingsAuditTests()
    {
        _repository.Git("branch", "mine");
        _before = Baseline.Take(_repository);
    }

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void What_the_swarm_may_do_is_no_finding()
    {
        _repository.Write(".beadswarm/more", "ours");
        _repository.Git("update-ref", "refs/beadswarm/targets/main", "HEAD");
        _repository.Commit("the target moves");

        Assert.Empty(Find());
    }

    [Fact]
    public void Refs_are_watched()
    {
        _repository.Git("commit", "-q", "--allow-empty", "-m", "more");
        _repository.Git("branch", "-f", "mine", "HEAD");
        _repository.Git("branch", "agent-1/a-1");
        _repository.Git("tag", "v1");

        Assert.Equal(
            ["refs/heads/agent-1/a-1", "refs/heads/mine", "refs/tags/v1"],
            Find().Select(finding => finding.Split(' ')[2]).Order());
    }

    [Fact]
    public void A_stash_is_watched()
    {
        _repository.Write("gate.sh", "exit 0\n");
        _repository.Git("stash");

        Found("the stash has changed");
    }

    [Fact]
    public void Configuration_is_watched()
    {
        _repository.Git("config", "core.hooksPath", "elsewhere");

        Found("git's configuration has changed");
    }

    [Fact]
    public void Checkout_index_and_head_are_watched()
    {
        _repository.Write("order.txt", "changed\n");
        Found("the state of checkout and index has changed");
        _repository.Git("checkout", "-q", "order.txt");
        Assert.Empty(Find());

        _repository.Write("new.txt", "new\n");
        _repository.Git("add", "new.txt");
        Found("the state of checkout and index has changed");
        _repository.Git("rm", "-q", "-f", "new.txt");
        Assert.Empty(Find());

        _repository.Git("checkout", "-q", "mine");
        Found("HEAD has changed");
    }

    [Fact]
    public void Files_in_foreign_folders_are_watched()
    {
        File.WriteAllText(_repository[".git/index.lock"], "");
        File.WriteAllText(_repository[".beads/.lock"], "");
        File.WriteAllText(Path.Combine(_repository.Home, ".beadswarmrc"), "");
        File.WriteAllText(Path.Combine(_repository.Root, "outside"), "");
        File.Move(_repository[".git/index.lock"], _repository[".git/left.lock"]);

        Found(".git has got 'left.lock'");
        Found(".beads has got '.lock'");
        Found("home has got '.beadswarmrc'");
        Found("beside has got 'outside'");
    }

    [Fact]
    public void Processes_that_are_left_are_found()
    {
        using var left = Process.Start(
            new ProcessStartInfo("sleep", ["1000"]) { WorkingDirectory = _repository.Path })!;
        try
        {
            Found($"still there: {left.Id} sleep 1000");
        }
        finally
        {
            left.Kill();
            left.WaitForExit();
        }

        Assert.Empty(Find());
    }

    /// <summary>Of a test that failed in the middle, an agent or a whole swarm may be at work.</summary>
    [Fact]
    public async Task Processes_that_a_test_left_end_with_its_repository()
    {
        var repository = new GitRepository();
        using var inside = Process.Start(
            new ProcessStartInfo("sleep", ["1000"]) { WorkingDirectory = repository.Path })!; // not by the shell
        using var elsewhere = Process.Start(
            new ProcessStartInfo("setsid", ["sh", "-c", "trap '' TERM; sleep 1000; true"])
            {
                WorkingDirectory = "/",
                Environment = { ["HOME"] = repository.Home },
            })!; // not by the shell

        repository.Dispose();

        await inside.WaitForExitAsync(Machine.Cancel);
        await elsewhere.WaitForExitAsync(Machine.Cancel);
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
        Assert.False(Directory.Exists(repository.Root));
    }

    void Found(string expected) => Assert.Contains(Find(), finding => finding.Contains(expected));

    string[] Find() => [.. SurroundingsAudit.Check(_repository, _before, "main")];
}
