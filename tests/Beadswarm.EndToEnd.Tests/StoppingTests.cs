using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>A person stops a run: at a safe point, or at once. Nothing is lost either way.</summary>
public sealed class StoppingTests
{
    static readonly BeadLine[] Beads =
        [.. Enumerable.Range(1, 8).Select(number => new BeadLine($"a-{number}") { Age = number })];

    [Fact]
    public async Task The_first_interrupt_lets_what_runs_finish_and_resume_goes_on()
    {
        using var repository = Scenario.Repository(Beads, agents: 2, script: Scenario.Waiting("a-2"));
        var before = Baseline.Take(repository);
        await using var run = RunningSwarm.Start(repository);
        await run.WaitForAsync("bead.landed");

        run.Signal(RunningSwarm.Interrupt);
        await run.WaitForAsync("swarm.status");
        Scenario.GoOn(repository);

        var stopped = Summary.Of(await run.EndAsync());
        Assert.Equal(3, stopped.ExitCode);
        Assert.InRange(stopped.Landed, 1, Beads.Length - 1);
        Assert.Equal(Beads.Length, stopped.Landed + stopped.Pending);
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
        Assert.DoesNotContain("interrupted", (await repository.MustAsync(0, "history", "--format", "json")).Out);

        var summary = Summary.Of(await repository.MustAsync(0, "run", "--resume", "--format", "json"));

        Assert.Equal(Beads.Length, summary.Landed);
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task The_second_interrupt_ends_the_agents_and_keeps_their_work()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1, script: Hangs);
        await using var run = await HalfDoneAsync(repository);
        var started = await run.WaitForAsync(line =>
            line.GetProperty("type").GetString() == "stage.started"
            && line.GetProperty("stage").GetString() == "implement");

        run.Signal(RunningSwarm.Interrupt);
        await run.WaitForAsync("swarm.status");
        run.Signal(RunningSwarm.Interrupt);

        var summary = Summary.Of(await run.EndAsync());
        Assert.Equal((130, 0, 1), (summary.ExitCode, summary.Landed, summary.Pending));
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
        var branch = started.GetProperty("branch").GetString()!;
        Assert.Equal(
            "status: done",
            repository.Git("--git-dir", repository[".beadswarm/hub.git"], "show", $"{branch}:src/half.txt"));
    }

    [Fact]
    public async Task A_termination_ends_the_agents_at_once_and_keeps_their_work()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1, script: Hangs);
        await using var run = await HalfDoneAsync(repository);

        run.Signal(RunningSwarm.Terminate);

        var summary = Summary.Of(await run.EndAsync());
        Assert.Equal((130, 0, 1), (summary.ExitCode, summary.Landed, summary.Pending));
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
        Assert.Equal(
            "status: done",
            repository.Git("--git-dir", repository[".beadswarm/hub.git"], "show", "agent-1/a-1:src/half.txt"));
    }

    [Fact]
    public async Task A_closed_terminal_drains_what_run_has_in_hand()
    {
        using var repository = Scenario.Repository(Beads, agents: 2, script: Scenario.Waiting("a-2"));
        var before = Baseline.Take(repository);
        await using var run = RunningSwarm.Start(repository);
        await run.WaitForAsync("bead.landed");

        run.Signal(RunningSwarm.HangUp);
        await run.WaitForAsync("swarm.status");
        run.Signal(RunningSwarm.HangUp);
        Scenario.GoOn(repository);

        var stopped = Summary.Of(await run.EndAsync());
        Assert.Equal(3, stopped.ExitCode);
        Assert.DoesNotContain("interrupted", (await repository.MustAsync(0, "history", "--format", "json")).Out);
        var next = Summary.Of(await repository.MustAsync(0, "run", "--resume", "--format", "json"));
        Assert.Equal(Beads.Length, next.Landed);
        await OutsideAudit.PassAsync(repository, before);
    }

    [Theory]
    [InlineData("| head -n 1 > /dev/null")]
    [InlineData("> /dev/full 2>&1")]
    [InlineData(">&- 2>&-")]
    public async Task Output_that_nobody_takes_does_not_end_a_run(string where)
    {
        using var repository = Scenario.Repository(Beads[..3], agents: 2);

        await Machine.RunAsync(
            repository.Path, repository.Environment, "sh", "-c", $"\"$0\" run {where}", Machine.Beadswarm);

        Assert.Contains("completed: 3 of 3 landed", (await repository.MustAsync(0, "status")).Out);
    }

    const string Hangs =
        $$"""
        { "rules": [ { "stage": "implement", "attempt": 1, "actions": [
          { "do": "ignore-term" }, { "do": "write", "path": "src/half.txt", "content": "status: done\n" },
          { "do": "write", "path": "{{Scenario.Here}}/.beadswarm/half", "content": "half done\n" },
          { "do": "hang" } ] } ] }
        """;

    /// <summary>A swarm whose agent has done half of its work and hangs.</summary>
    static async Task<RunningSwarm> HalfDoneAsync(GitRepository repository)
    {
        using var half = new Fifo(repository[".beadswarm/half"]);
        var said = half.LineAsync();
        var run = RunningSwarm.Start(repository, "--set", "limits.grace=1s");
        var first = await Task.WhenAny(said, run.EndAsync());
        Assert.True(first == said, $"it ended before:\n{string.Join('\n', run.Lines)}");
        return run;
    }
}
