using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

public sealed class RunnerHoldRulesTests
{
    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly RetryLimits Limits = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    static readonly Dictionary<string, RunnerSpec> Specs = new()
    {
        ["first"] = new() { Name = "first", Kind = "claude-code", Fallback = "second" },
        ["second"] = new() { Name = "second", Kind = "codex", Fallback = "third" },
        ["third"] = new() { Name = "third", Kind = "codex" },
        ["mine"] = new() { Name = "mine", Kind = "command" },
    };

    [Theory]
    [InlineData("", "use first")]
    [InlineData("first", "use second")]
    [InlineData("first second", "use third")]
    [InlineData("third", "use first")]
    public void First_runner_whose_vendor_takes_work_is_used(string held, string expected) =>
        Assert.Equal(expected, Pick(held.Split(' ').ToDictionary(name => name, _ => Until(1))));

    [Fact]
    public void Where_all_are_held_the_agent_waits_for_the_first_that_is_free() => Assert.Equal(
        "wait until 12:02 because runner second is rate limited: no more",
        Pick(new() { ["first"] = Until(3), ["second"] = Until(2), ["third"] = Until(9) }));

    [Fact]
    public void Hold_that_is_over_holds_nobody() =>
        Assert.Equal("use first", Pick(new() { ["first"] = Until(0) }));

    [Fact]
    public void Fallbacks_in_a_circle_end() => Assert.IsType<RunnerPick.Rest>(RunnerHoldRules.Pick(
        "a",
        new Dictionary<string, RunnerSpec>
        {
            ["a"] = new() { Name = "a", Kind = "codex", Fallback = "b" },
            ["b"] = new() { Name = "b", Kind = "codex", Fallback = "a" },
        },
        new Dictionary<string, RunnerHold> { ["a"] = Until(1), ["b"] = Until(2) }, Noon));

    [Fact]
    public void Rate_limit_holds_until_its_reset_and_a_little_longer() => Assert.InRange(
        After(null, new AgentEnd.RateLimited(Noon.AddHours(2), "")).Until,
        Noon.AddHours(2).AddSeconds(1), Noon.AddHours(2).AddSeconds(2));

    [Fact]
    public void Without_a_reset_the_wait_doubles_with_every_refusal_up_to_its_limit()
    {
        RunnerHold? hold = null;
        var waits = new List<double>();
        var now = Noon;
        for (var i = 0; i < 12; i++)
        {
            hold = After(hold, new AgentEnd.Overloaded("busy"), now);
            waits.Add((hold.Until - now).TotalSeconds);
            now = hold.Until;
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300], waits);
    }

    [Fact]
    public void Refusals_of_those_that_were_under_way_count_as_one()
    {
        var first = After(null, new AgentEnd.Overloaded("busy"));
        var second = After(first, new AgentEnd.Overloaded("busy"), Noon.AddMilliseconds(1));

        Assert.Equal(1, second.Strikes);
        Assert.InRange(second.Until - first.Until, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Shorter_refusal_does_not_shorten_a_longer_one()
    {
        var limited = After(null, new AgentEnd.RateLimited(Noon.AddHours(1), ""));

        Assert.Equal(limited.Until, After(limited, new AgentEnd.Overloaded("busy")).Until);
    }

    [Fact]
    public void Work_that_was_done_ends_the_hold_and_a_crash_says_nothing_about_it()
    {
        var hold = Until(1);

        Assert.Null(RunnerHoldRules.After(hold, new AgentEnd.Finished(null, null), Limits, Noon, 0));
        Assert.Same(hold, RunnerHoldRules.After(hold, new AgentEnd.Crashed(9, ""), Limits, Noon, 0));
    }

    [Fact]
    public void Any_other_program_that_is_refused_holds_nobody_else()
    {
        var holds = new RunnerHolds(Specs, Limits);

        holds.Note("mine", new AgentEnd.RateLimited(null, ""), Noon, 0);
        holds.Note("third", new AgentEnd.RateLimited(null, ""), Noon, 0);

        Assert.IsType<RunnerPick.Use>(holds.Pick("mine", Noon));
        Assert.IsType<RunnerPick.Rest>(holds.Pick("third", Noon));
    }

    static RunnerHold Until(int minutes) => new(Noon.AddMinutes(minutes), "rate limited: no more", 1);

    static RunnerHold After(RunnerHold? before, AgentEnd end, DateTimeOffset? now = null) =>
        RunnerHoldRules.After(before, end, Limits, now ?? Noon, 0)!;

    static string Pick(Dictionary<string, RunnerHold> holds) =>
        RunnerHoldRules.Pick("first", Specs, holds, Noon) switch
        {
            RunnerPick.Use use => $"use {use.Runner}",
            RunnerPick.Rest wait => $"wait until {wait.Until:HH:mm} because {wait.Reason}",
        };
}
