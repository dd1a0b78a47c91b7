using Beadswarm.Agents;
using Beadswarm.Configuration;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// A swarm keeps within its budget. Its agents are a script that prints what Claude Code prints: every execution says
/// that it has cost a dollar, unless the script says otherwise before.
/// </summary>
public sealed class BudgetTests
{
    /// <summary>A million tokens of input, which cost three dollars by the shipped price.</summary>
    const string UsesThreeDollars =
        """
        printf '%s\n' '{"type":"assistant","session_id":"s","message":{"id":"m","model":"claude-sonnet-4-5",
        "usage":{"input_tokens":1000000,"output_tokens":0}}}' | tr -d '\n'; echo
        """;

    const string CostsOneDollar =
        """

        printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"session_id":"s","result":"ok",
        "model_usage_since_last_result":{"claude-sonnet-4-5":{"inputTokens":1000,"outputTokens":10,"costUSD":1}}}' |
        tr -d '\n'; echo
        """;

    [Fact]
    public async Task A_swarm_whose_budget_is_used_up_stops_and_goes_on_with_a_higher_one()
    {
        using var repository = Repository("", "t-1", "t-2");

        var stopped = await repository.RunAsync(Config(repository, 1, Swarm(5)));
        var again = await repository.RunAsync(Config(repository, 1, Swarm(5)), Resume);
        var more = await repository.RunAsync(Config(repository, 1, Swarm(100)), Resume);

        Assert.Equal(SwarmEnd.BudgetExceeded, stopped.End);
        Assert.Equal("limits.budgetUsd is 5.00 USD: 5 used, 1 expected of the next", stopped.Reason);
        Assert.Equal((5, 5m), (stopped.Costs.Executions, stopped.Costs.Usd));
        Assert.Equal((SwarmEnd.BudgetExceeded, 5m), (again.End, again.Costs.Usd));
        Assert.Equal((SwarmEnd.Completed, 8m), (more.End, more.Costs.Usd));
        Assert.Equal(["t-1", "t-2"], repository.Landed().Order());
    }

    [Fact]
    public async Task Many_agents_together_do_not_begin_more_than_the_budget_allows()
    {
        using var repository = Repository("", [.. Enumerable.Range(1, 6).Select(n => $"t-{n}")]);

        var stopped = await repository.RunAsync(Config(repository, 6, Swarm(9)));

        Assert.Equal(SwarmEnd.BudgetExceeded, stopped.End);
        Assert.InRange(stopped.Costs.Usd, 6, 9);
    }

    [Fact]
    public async Task A_bead_whose_budget_is_passed_is_ended_at_work_and_blocked_with_its_work_kept()
    {
        using var repository = Repository(
            $$"""
            if [ $BEADSWARM_STAGE = implement ]; then
              echo begun > begun.txt
              {{UsesThreeDollars}}
              exec cat "$R/.beadswarm/never"
            fi
            """,
            "t-1");
        repository.Fifo("never");

        var outcome = await repository.RunAsync(Config(
            repository, 1, new BudgetLimits { Bead = new Allowance(2, null) }));

        Assert.Equal((SwarmEnd.Exhausted, 1), (outcome.End, outcome.Blocked));
        Assert.Equal(4, outcome.Costs.Usd);
        var work = await repository.WorkAsync("t-1");
        var reason = Assert.IsType<Claims.BeadState.Blocked>(work.State).Reason;
        Assert.StartsWith("budget exceeded: limits.budgetUsdPerBead is 2.00 USD: 4 used", reason);
        Assert.Equal((1, 0), (work.Attempt, work.InfrastructureFailures));
        Assert.Equal(
            "begun", SwarmRepository.GitIn(repository.Hub, "show", $"{work.HeadCommit}:begun.txt"));
        Assert.Contains(reason, await repository.ArtifactAsync("t-1", "dossier.md"));
        Assert.Equal(["contract 1 Passed", "implement 1 Interrupted"], await repository.HistoryAsync("t-1"));
    }

    [Fact]
    public async Task Every_agent_at_work_is_ended_when_the_budget_of_the_swarm_is_passed_and_no_bead_pays_for_it()
    {
        using var repository = Repository(
            $"""
            {UsesThreeDollars}
            exec cat "$R/.beadswarm/never"
            """,
            "t-1", "t-2");
        repository.Fifo("never");

        var outcome = await repository.RunAsync(Config(repository, 2, Swarm(5)));

        Assert.Equal((SwarmEnd.BudgetExceeded, 0, 2), (outcome.End, outcome.Blocked, outcome.Pending));
        Assert.Equal((2, 6m), (outcome.Costs.Executions, outcome.Costs.Usd));
        foreach (var bead in new[] { "t-1", "t-2" })
        {
            var work = await repository.WorkAsync(bead);
            Assert.Equal((1, 0), (work.Attempt, work.InfrastructureFailures));
        }
    }

    [Fact]
    public async Task Tokens_of_a_day_are_limited_over_all_swarms()
    {
        using var repository = Repository("", "t-1", "t-2");
        var limits = new BudgetLimits { Day = new Allowance(null, 3_030) };

        var first = await repository.RunAsync(Config(repository, 1, limits));
        var second = await repository.RunAsync(Config(repository, 1, limits));

        Assert.Equal((SwarmEnd.BudgetExceeded, 3_030), (first.End, first.Costs.Tokens.All));
        Assert.Equal((SwarmEnd.BudgetExceeded, 0), (second.End, second.Costs.Executions));
        Assert.StartsWith("limits.tokensPerDay is 3030: 3030 used", second.Reason);
    }

    [Fact]
    public async Task What_was_used_before_a_kill_9_counts_after_it_and_nothing_is_forgotten_or_counted_twice()
    {
        using var repository = Repository(
            $"""
            if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/once" ]; then
              touch "$R/.beadswarm/once"
              {UsesThreeDollars}
              echo here > "$R/.beadswarm/arrived"
              exec cat "$R/.beadswarm/never"
            fi
            """,
            "t-1");
        var arrived = repository.Fifo("arrived");
        repository.Fifo("never");
        using (var child = SwarmChild.Start(repository, budget: "100"))
        {
            await arrived.LineAsync();
            await repository.RecordedAsync(journal => // of contract and implement: then it can be found again
                journal.Count(entry => entry.Event is JournalEvent.ProcessStarted) == 2);
            await child.KillAsync();
        }

        // The first stage has cost a dollar, and the agent that lives has used three, of which nobody has written.
        var stopped = await repository.RunAsync(Config(repository, 1, Swarm(3.5m)));
        Assert.Equal((SwarmEnd.BudgetExceeded, 2, 4m), (stopped.End, stopped.Costs.Executions, stopped.Costs.Usd));
        Assert.StartsWith("limits.budgetUsd is 3.50 USD: 4 used", stopped.Reason);

        var more = await repository.RunAsync(Config(repository, 1, Swarm(100)), Resume);

        Assert.Equal((SwarmEnd.Completed, 5, 7m), (more.End, more.Costs.Executions, more.Costs.Usd));
        var used = (await repository.JournalAsync()).Select(entry => entry.Event).OfType<JournalEvent.AgentUsed>()
            .ToArray();
        Assert.Equal(5, used.Select(one => one.Run).Distinct().Count());
        Assert.Equal(7m, used.Sum(one => one.CostUsd));
    }

    [Fact]
    public async Task What_cannot_be_measured_is_told_once_for_each_runner_and_may_be_refused()
    {
        using var repository = new SwarmRepository().Bead("t-1").Bead("t-2");
        repository.Commit();
        SwarmConfig Of(bool refuse) => repository.Config(2, config => config with
        {
            Limits = config.Limits with { Budget = Swarm(5) with { RefuseUnpriced = refuse } },
        });

        var refused = await repository.RunAsync(Of(refuse: true));
        Assert.Equal((SwarmEnd.BudgetExceeded, 0), (refused.End, refused.Costs.Executions));
        Assert.Equal("limits.unpriced is refuse, and what runner sh costs cannot be measured", refused.Reason);

        var allowed = await repository.RunAsync(Of(refuse: false));
        Assert.Equal((SwarmEnd.Completed, 8, 8), (allowed.End, allowed.Costs.Executions, allowed.Costs.Unpriced));
        Assert.Equal(2, (await repository.JournalAsync()).Count(entry => entry.Event is JournalEvent.BudgetUnmeasured));
    }

    /// <summary>It says no cost, and its model is one that nobody has heard of.</summary>
    [Fact]
    public async Task A_model_without_a_price_is_not_used_without_a_limit()
    {
        using var repository = Repository(
            UsesThreeDollars.Replace("claude-sonnet-4-5", "claude-sonnet-99", StringComparison.Ordinal)
                + "\ntail -f /dev/null\n",
            "t-1");

        var stopped = await repository.RunAsync(Config(repository, 1, Swarm(10)));
        var again = await repository.RunAsync(Config(repository, 1, Swarm(10)), Resume);

        Assert.Equal((SwarmEnd.BudgetExceeded, 1, 1), (stopped.End, stopped.Costs.Executions, stopped.Costs.Unpriced));
        Assert.StartsWith("limits.budgetUsd is 10.00 USD: 15 used", stopped.Reason);
        Assert.Equal((SwarmEnd.BudgetExceeded, 1), (again.End, again.Costs.Executions));
        Assert.Contains(
            "its tokens count as those of claude-opus-4",
            (await repository.JournalAsync()).Select(entry => entry.Event).OfType<JournalEvent.BudgetUnmeasured>()
                .First().Reason);
    }

    static SwarmRepository Repository(string before, params string[] beads)
    {
        var repository = new SwarmRepository
        {
            AgentScript = $"{before}\n{SwarmRepository.DefaultAgent}\n{CostsOneDollar}\n",
        };
        foreach (var bead in beads)
        {
            repository.Bead(bead);
        }

        repository.Commit();
        return repository;
    }

    static SwarmConfig Config(SwarmRepository repository, int agents, BudgetLimits budget) =>
        repository.Config(agents, config => Limited(config, budget));

    internal static SwarmConfig Limited(SwarmConfig config, BudgetLimits budget) => config with
    {
        Limits = config.Limits with { Budget = budget },
        Runners = new Dictionary<string, RunnerSpec>
        {
            ["sh"] = config.Runners["sh"] with { Kind = ClaudeCodeRunner.KindName },
        },
    };

    internal static BudgetLimits Swarm(decimal usd) => new() { Swarm = new Allowance(usd, null) };

    static SwarmSetup Resume(SwarmSetup setup) => setup with { Resume = true };
}
