using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>What every driver must do: keep what executions used, once each, and sum it up.</summary>
public abstract class CostConformance : StoreConformance
{
    [Fact]
    public async Task What_an_execution_used_is_kept_once_with_its_entry()
    {
        var claim = await HeldAsync();
        var run = await StartAsync(claim.Key);
        var before = (await JournalAsync()).Count;

        Assert.Equal(WriteOutcome.Done, await RecordAsync(claim, run, usd: 0.25m));
        Assert.Equal(WriteOutcome.Fenced, await RecordAsync(claim, run, usd: 9));

        var entry = Assert.Single((await JournalAsync()).Skip(before));
        Assert.Equal(0.25m, Assert.IsType<JournalEvent.AgentUsed>(entry.Event).CostUsd);
        Assert.Equal((claim.Bead, claim.Key.Agent), (entry.Bead, entry.Agent));
        var done = Assert.Single(await Store.ReadHistoryAsync(claim.Bead, null, 10, Token));
        Assert.Equal((new TokenCount(10, 5, 100, 20), 0.25m), (done.Tokens, done.CostUsd));
        Assert.Equal(1, (await SumAsync(new CostQuery())).Executions);
    }

    [Fact]
    public async Task What_is_spent_is_kept_also_when_the_claim_is_lost()
    {
        var claim = await HeldAsync();
        var run = await StartAsync(claim.Key);
        await Store.ForceReleaseAsync(claim.Bead, "by hand", Token);

        Assert.Equal(WriteOutcome.Done, await RecordAsync(claim, run, usd: 1));
    }

    [Fact]
    public async Task The_sum_of_all_is_there_when_nothing_was_used()
    {
        await BeginAsync();

        Assert.Equal(CostSum.None, await SumAsync(new CostQuery()));
        Assert.Equal(CostSum.None, (await Store.ReadStatusAsync(Token)).Costs);
        Assert.Empty(await Store.ReadCostsAsync(new CostQuery { By = CostBy.Bead }, Token));
    }

    [Fact]
    public async Task An_unknown_cost_is_counted_and_not_summed_up()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2");
        await WorkAsync(1, usd: 0.1m);
        await WorkAsync(2, usd: null);

        var sum = await SumAsync(new CostQuery());

        Assert.Equal((2, 1, 0.1m), (sum.Executions, sum.Unpriced, sum.Usd));
        Assert.Equal(new TokenCount(20, 10, 200, 40), sum.Tokens);
    }

    [Theory]
    [InlineData("Bead", "x-1: 2 of 0.5, x-2: 1 of 0.25")]
    [InlineData("Stage", "contract: 2 of 0.35, implement: 1 of 0.4")]
    [InlineData("Agent", "1: 2 of 0.5, 2: 1 of 0.25")]
    [InlineData("Model", ": 1 of 0.4, m-1: 2 of 0.35")]
    [InlineData("Swarm", "1: 3 of 0.75")]
    [InlineData("Runner", "one: 2 of 0.35, two: 1 of 0.4")]
    public async Task Costs_are_told_apart(string by, string expected)
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2");
        var first = await WorkAsync(1, usd: 0.1m);
        await WorkAsync(2, usd: 0.25m);
        var second = await StartAsync(first.Key, Implement);
        await RecordAsync(first, second, 0.4m, "implement", "two", model: null);

        Assert.Equal(expected, await TellAsync(new CostQuery { By = Enum.Parse<CostBy>(by) }));
    }

    [Fact]
    public async Task Days_are_those_of_the_stores_clock_in_utc()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2", "x-3");
        await WorkAsync(1, usd: 1);
        Time.Advance(CostGroup.DayOf(Time.GetUtcNow()).AddDays(1) - Time.GetUtcNow() - TimeSpan.FromSeconds(1));
        await WorkAsync(2, usd: 2);
        Time.Advance(TimeSpan.FromSeconds(1));
        var second = $"{Time.GetUtcNow().UtcDateTime:yyyy-MM-dd}";
        await WorkAsync(3, usd: 4);

        var days = await Store.ReadCostsAsync(new CostQuery { By = CostBy.Day }, Token);

        Assert.Equal([3, 4], days.Select(day => day.Sum.Usd));
        Assert.Equal(second, days[1].Key);
        Assert.Equal(4, (await SumAsync(new CostQuery { Today = true })).Usd);
        Assert.Equal(7, (await SumAsync(new CostQuery())).Usd);
    }

    [Fact]
    public async Task A_swarm_has_its_own_sum_and_keeps_it_when_it_is_continued()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2", "x-3");
        await WorkAsync(1, usd: 1);
        await BeginAsync();
        await WorkAsync(2, usd: 2);
        Assert.Equal(3, (await Store.ReadStatusAsync(Token)).Costs.Usd);

        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Stopped, "stop", Token);
        await BeginAsync();
        await WorkAsync(3, usd: 4);

        Assert.Equal(4, (await SumAsync(new CostQuery { ThisSwarm = true })).Usd);
        Assert.Equal(7, (await SumAsync(new CostQuery())).Usd);
        Assert.Equal(
            2, (await SumAsync(new CostQuery { Bead = BeadId.Parse("x-2") })).Usd);
    }

    [Fact]
    public async Task Costs_survive_a_reopening_to_the_billionth_of_a_dollar()
    {
        var claim = await HeldAsync();
        await RecordAsync(claim, await StartAsync(claim.Key), usd: 12.345678901m);

        await ReopenAsync();

        Assert.Equal(12.345678901m, (await SumAsync(new CostQuery())).Usd);
    }

    [Fact]
    public async Task What_a_planner_used_is_kept_once_under_a_stage_of_its_own()
    {
        var planned = BeadId.Parse("x-9");

        // No swarm has worked here yet.
        Assert.Equal(WriteOutcome.Done, await PlanAsync(planned, "before", usd: 0.5m));
        await BeginAsync();
        await IntakeAsync("x-1");
        await WorkAsync(1, usd: 1);
        Assert.Equal(WriteOutcome.Done, await PlanAsync(planned, "during", usd: 2));
        Assert.Equal(WriteOutcome.Fenced, await PlanAsync(planned, "during", usd: 9));
        Assert.Equal(WriteOutcome.Done, await PlanAsync(planned, "again", usd: null));

        var entries = (await JournalAsync()).Where(entry => entry.Event is JournalEvent.PlanUsed).ToArray();
        Assert.Equal([(planned, null), (planned, null), (planned, null)], entries.Select(e => (e.Bead, e.Agent)));
        Assert.Equal(
            "contract: 1 of 1, planner: 3 of 2.5", await TellAsync(new CostQuery { By = CostBy.Stage }));
        Assert.Equal(": 3 of 2.5, 1: 1 of 1", await TellAsync(new CostQuery { By = CostBy.Agent }));
        Assert.Equal("x-1: 1 of 1, x-9: 3 of 2.5", await TellAsync(new CostQuery { By = CostBy.Bead }));
        Assert.Equal("0: 1 of 0.5, 1: 3 of 3", await TellAsync(new CostQuery { By = CostBy.Swarm }));
        Assert.Equal(1, (await SumAsync(new CostQuery { Bead = planned })).Unpriced);
        Assert.Equal(3, (await Store.ReadStatusAsync(Token)).Costs.Usd);
        Assert.Equal(3.5m, (await SumAsync(new CostQuery { Today = true })).Usd);
        Assert.Null(await Store.ReadBeadAsync(planned, Token));
    }

    Task<WriteOutcome> PlanAsync(BeadId bead, string session, decimal? usd) => Store.RecordPlanAsync(
        bead, new JournalEvent.PlanUsed(session, 1, "one", "m-1", 3, 10, 5, 100, 20, CostUsd: usd), Token);

    /// <summary>The next bead, by that agent, with an execution of the first stage.</summary>
    async Task<Claim> WorkAsync(int agent, decimal? usd)
    {
        var claim = await ClaimAsync(agent);
        await RecordAsync(claim, await StartAsync(claim.Key), usd);
        return claim;
    }

    Task<WriteOutcome> RecordAsync(
        Claim claim, StageRunId run, decimal? usd, string stage = "contract", string runner = "one",
        string? model = "m-1") =>
        Store.RecordUsageAsync(
            claim.Bead, claim.Key.Agent,
            new JournalEvent.AgentUsed(run.Value, stage, 1, runner, model, 3, 10, 5, 100, 20, CostUsd: usd), Token);

    async Task<CostSum> SumAsync(CostQuery query) => Assert.Single(await Store.ReadCostsAsync(query, Token)).Sum;

    async Task<string> TellAsync(CostQuery query) => string.Join(
        ", ",
        (await Store.ReadCostsAsync(query, Token)).Select(group => string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{group.Key}: {group.Sum.Executions} of {group.Sum.Usd:0.##}")));
}
