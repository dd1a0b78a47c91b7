using Beadswarm.Agents;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

public sealed class RunnerTurnsTests
{
    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly AgentEnd Limited = new AgentEnd.RateLimited(Noon.AddMinutes(10), "no more");

    static readonly DateTimeOffset After = Noon.AddMinutes(11);

    /// <summary>Agents of one runner with a login.</summary>
    internal static RunnerTurns Turns(int agents) => Turns([Claude("claude")], ("claude", agents));

    [Fact]
    public void Runners_of_one_login_and_model_are_held_together_and_others_are_not()
    {
        var turns = Turns(
            [
                Claude("a"), Claude("b"), Claude("c", model: "opus"), Claude("d", variable: "other"),
                new() { Name = "e", Kind = "command" },
            ],
            ("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5));

        Refuse(turns, 1, "a");
        Refuse(turns, 2, "e");

        string[] free = ["c", "d", "e"];
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
        {
            Assert.Equal(
                (name, free.Contains(name)), (name, turns.Take(new(3), name, Noon) is TurnAnswer.Granted));
        }

        var limit = Assert.Single(turns.Report(Noon));
        Assert.Equal(("claude-code (a, b)", 1, 3), (limit.Account, limit.AtOnce, limit.Agents));
        Assert.Equal("rate limited: no more", limit.Reason);
    }

    [Fact]
    public void The_first_runner_whose_account_has_room_is_used_and_its_fallback_otherwise()
    {
        var turns = Turns(
            [
                Claude("first") with { Fallback = "second" },
                new() { Name = "second", Kind = "codex", Fallback = "first" },
            ],
            ("first", 2));

        Assert.Equal("first", Granted(turns, 1, "first", Noon).Runner);
        Refuse(turns, 1, "first");
        Assert.Equal("second", turns.Instead("first", "first", Noon));
        Assert.Equal("second", Granted(turns, 1, "first", Noon).Runner);

        Refuse(turns, 2, "second", new AgentEnd.Overloaded("busy"));
        Assert.Null(turns.Instead("first", "first", Noon));
        var rest = Assert.IsType<TurnAnswer.Rest>(turns.Take(new(3), "first", Noon));
        Assert.Equal("codex is overloaded: busy", rest.Reason);
        Assert.InRange(rest.Until!.Value, Noon, Noon.AddMinutes(1));
    }

    [Fact]
    public void Who_has_waited_longest_is_first_and_who_leaves_holds_nobody_up()
    {
        var turns = Turns(4);
        Refuse(turns, 1, "claude");
        var one = Granted(turns, 1, "claude", After);
        foreach (var agent in new[] { 2, 3, 4 })
        {
            Assert.IsType<TurnAnswer.Rest>(turns.Take(new(agent), "claude", After));
        }

        turns.GiveBack(one);
        Assert.IsType<TurnAnswer.Rest>(turns.Take(new(1), "claude", After));
        Assert.IsType<TurnAnswer.Rest>(turns.Take(new(3), "claude", After));
        turns.Leave(new(2));
        Granted(turns, 3, "claude", After);
    }

    [Fact]
    public void Who_goes_on_with_a_bead_is_let_in_before_those_who_wait_unless_there_is_no_room()
    {
        var turns = Turns(4);
        Refuse(turns, 1, "claude");
        var one = Granted(turns, 1, "claude", After);
        Assert.IsType<TurnAnswer.Rest>(turns.Take(new(2), "claude", After));

        one = Assert.IsType<TurnAnswer.Granted>(turns.Again(one, "claude", After)).Turn;
        turns.Ended(one, Limited, After, 0);

        Assert.IsType<TurnAnswer.Rest>(turns.Again(one, "claude", After));
    }

    [Fact]
    public async Task What_was_found_out_is_told_and_the_next_start_begins_from_it()
    {
        await using var store = new InMemoryStore(new InMemoryDatabase(TimeProvider.System));
        var now = TimeProvider.System.GetUtcNow();
        var turns = Turns(12);
        turns.Ended(
            Granted(turns, 1, "claude", now), new AgentEnd.RateLimited(now.AddHours(1), "no more"), now, 0);
        await turns.TellAsync(store, TestContext.Current.CancellationToken);

        var next = Turns(12);
        await next.BeginAsync(store, now, TestContext.Current.CancellationToken);

        var limit = Assert.Single(next.Report(now));
        Assert.Equal((1, 12, now.AddHours(1).AddSeconds(1)), (limit.AtOnce, limit.Agents, limit.Until));
        Assert.IsType<TurnAnswer.Rest>(next.Take(new(1), "claude", now));
        var probe = Granted(next, 1, "claude", now.AddHours(2));
        Assert.IsType<TurnAnswer.Rest>(next.Take(new(2), "claude", now.AddHours(2)));
        next.GotThrough(probe, now.AddHours(2));
        Granted(next, 2, "claude", now.AddHours(2));
    }

    static RunnerTurns Turns(IReadOnlyList<RunnerSpec> runners, params (string Runner, int Agents)[] pools) => new(
        runners.ToDictionary(runner => runner.Name),
        [.. pools.Select(pool => new PoolConfig("worker", pool.Agents, pool.Runner, []))],
        new RetryLimits(5, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)));

    static RunnerSpec Claude(string name, string? model = null, string? variable = null) => new()
    {
        Name = name,
        Kind = ClaudeCodeRunner.KindName,
        Model = model,
        Environment = variable is null
            ? new Dictionary<string, string>()
            : new Dictionary<string, string> { ["CLAUDE_CONFIG_DIR"] = variable },
    };

    static RunnerTurn Granted(RunnerTurns turns, int agent, string runner, DateTimeOffset now) =>
        Assert.IsType<TurnAnswer.Granted>(turns.Take(new AgentNumber(agent), runner, now)).Turn;

    static void Refuse(RunnerTurns turns, int agent, string runner, AgentEnd? end = null)
    {
        var turn = Granted(turns, agent, runner, Noon);
        turns.Ended(turn, end ?? Limited, Noon, 0);
        turns.GiveBack(turn);
    }
}
