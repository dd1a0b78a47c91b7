using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Swarms;
using Beadswarm.Tests.Storage.Postgres;
using Beadswarm.Tests.Support;
using Beadswarm.Waiting;

namespace Beadswarm.Tests.Swarms;

/// <summary>Two nodes of one swarm on one PostgreSQL: its limits hold for both together.</summary>
public sealed class SharedBudgetTests : IAsyncLifetime
{
    static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    readonly SwarmRepository _repository = new();
    readonly List<PostgresStore> _stores = [];
    PostgresDatabase _database = null!; // made before each test
    SwarmEpoch _epoch;
    int _agents;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await PostgresDatabase.MakeAsync();

    public async ValueTask DisposeAsync()
    {
        await _stores.CloseAsync();
        _database.Drop();
        _repository.Dispose();
    }

    [Fact]
    public async Task What_one_node_has_used_counts_on_the_other_one_and_both_stop_at_the_limit()
    {
        var (one, two) = await NodesAsync(BudgetTests.Swarm(10));

        await WorkAsync(one, usd: 4);
        await WorkAsync(two, usd: 4);

        Assert.Equal("limits.budgetUsd is 10.00 USD: 8 used, 4 expected of the next", await RefusedAsync(one));
        Assert.NotNull(one.Budget.Exhausted);
        Assert.Equal("limits.budgetUsd is 10.00 USD: 8 used, 4 expected of the next", await RefusedAsync(two));
        Assert.NotNull(two.Budget.Exhausted);
    }

    [Fact]
    public async Task The_limit_of_a_day_holds_for_all_nodes_together()
    {
        var (one, two) = await NodesAsync(new BudgetLimits { Day = new Allowance(null, 1000) });

        await WorkAsync(one, usd: 0, tokens: 600);
        await WorkAsync(two, usd: 0, tokens: 300);

        Assert.StartsWith("limits.tokensPerDay is 1000: 900 used", await RefusedAsync(two), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_both_set_aside_at_once_never_passes_the_limit()
    {
        var (one, two) = await NodesAsync(BudgetTests.Swarm(13));
        await WorkAsync(one, usd: 4);
        await two.Budget.BeginAsync(Token); // it knows what an execution costs

        var claims = new List<(Node Node, Claim Claim)>();
        for (var n = 0; n < 4; n++)
        {
            claims.Add((one, await ClaimAsync(one)));
            claims.Add((two, await ClaimAsync(two)));
        }

        var answers = await Task.WhenAll(claims.Select(each =>
            each.Node.Budget.ReserveAsync(each.Claim, "sh", Token)));
        Assert.InRange(answers.OfType<BudgetAnswer.Granted>().Count(), 0, 2);

        // Two that asked at the same moment may both have been refused. One after the other, there is room for two.
        foreach (var granted in answers.OfType<BudgetAnswer.Granted>())
        {
            one.Budget.Release(granted.Spending);
            two.Budget.Release(granted.Spending);
        }

        await one.Budget.ShareAsync(Token);
        await two.Budget.ShareAsync(Token);
        Assert.IsType<BudgetAnswer.Granted>(await two.Budget.ReserveAsync(await ClaimAsync(two), "sh", Token));
        Assert.IsType<BudgetAnswer.Granted>(await one.Budget.ReserveAsync(await ClaimAsync(one), "sh", Token));
        Assert.IsType<BudgetAnswer.Refused>(await two.Budget.ReserveAsync(await ClaimAsync(two), "sh", Token));
        Assert.IsType<BudgetAnswer.Refused>(await one.Budget.ReserveAsync(await ClaimAsync(one), "sh", Token));
        Assert.Null(one.Budget.Exhausted); // those at work may turn out cheaper
    }

    [Fact]
    public async Task Agents_at_work_are_ended_when_they_and_those_of_other_nodes_pass_the_limit()
    {
        var (one, two) = await NodesAsync(BudgetTests.Swarm(10));
        var first = await GrantedAsync(one);
        var second = await GrantedAsync(two);

        Assert.Null(one.Budget.Look(first, Usage(2_000_000)));
        await one.Budget.ShareAsync(Token);
        await two.Budget.ShareAsync(Token);

        Assert.Null(two.Budget.Look(second, Usage(1_000_000)));
        Assert.IsType<AgentEnd.BudgetExceeded>(two.Budget.Look(second, Usage(2_000_000)));
    }

    [Fact]
    public async Task What_a_node_that_left_had_set_aside_is_free()
    {
        var (one, two) = await NodesAsync(BudgetTests.Swarm(5));
        await WorkAsync(one, usd: 2);
        await two.Budget.BeginAsync(Token);
        await GrantedAsync(one);
        Assert.IsType<BudgetAnswer.Refused>(await two.Budget.ReserveAsync(await ClaimAsync(two), "sh", Token));

        await one.Store.LeaveAsync(one.Grant, "enough", Token);
        await two.Budget.ShareAsync(Token);

        await GrantedAsync(two);
    }

    async Task<(Node One, Node Two)> NodesAsync(BudgetLimits limits)
    {
        var one = await NodeAsync("one", limits);
        await one.Store.UpdateBacklogAsync(
            _epoch,
            [
                .. Enumerable.Range(0, 20).Select(n => new BacklogEntry(
                    BeadId.Parse($"x-{n}"), $"Title {n}", 1, 0, DateTimeOffset.UnixEpoch, n, true)),
            ],
            3, Token);
        return (one, await NodeAsync("two", limits));
    }

    async Task<Node> NodeAsync(string name, BudgetLimits limits)
    {
        var store = (PostgresStore)await _database.OpenAsync(name);
        _stores.Add(store);
        var begin = new SwarmBegin(
            name, null, null, SelectOrder.Triage, PostgresSwarm.Contract,
            [.. Enumerable.Range(1, 30).Select(n => new AgentSlot(new AgentNumber(n), "worker", "sh"))], false);
        var grant = await store.EnterAsync(
            new NodeCard(name, name, 1, null, "git.example/r", "main"), begin, Lease, Token) switch
        {
            NodeEntry.Holds holds => Held(holds),
            NodeEntry.Joined joined => joined.Node,
            NodeEntry.Refused refused => throw new InvalidOperationException($"{refused.Why}"),
        };
        var budget = new Budget(
            store, _repository.Config(1, config => BudgetTests.Limited(config, limits)), new Bell(),
            TimeProvider.System, (mine, stop) => store.ShareSpendingAsync(grant, mine, stop));
        await budget.BeginAsync(Token);
        return new Node(store, grant, budget);
    }

    NodeGrant Held(NodeEntry.Holds holds)
    {
        _epoch = holds.Swarm.Epoch;
        return holds.Node;
    }

    async Task<Claim> ClaimAsync(Node node)
    {
        var claim = await node.Store.ClaimAsync(_epoch, ++_agents, node.Grant.Name);
        Assert.NotNull(claim);
        return claim;
    }

    async Task<Spending> GrantedAsync(Node node) =>
        Assert.IsType<BudgetAnswer.Granted>(
            await node.Budget.ReserveAsync(await ClaimAsync(node), "sh", Token)).Spending;

    async Task<string> RefusedAsync(Node node) =>
        Assert.IsType<BudgetAnswer.Refused>(
            await node.Budget.ReserveAsync(await ClaimAsync(node), "sh", Token)).Why.Reason;

    /// <summary>An agent is started, works and ends.</summary>
    async Task WorkAsync(Node node, decimal usd, int tokens = 10)
    {
        var claim = await ClaimAsync(node);
        var run = await node.Store.StartStageAsync(
            claim.Key, new StageStart(claim.Stage, 1, "workspace", "branch", "session", "base"), Token);
        var granted = Assert.IsType<BudgetAnswer.Granted>(await node.Budget.ReserveAsync(claim, "sh", Token));
        var used = new JournalEvent.AgentUsed(
            run!.Value.Value, claim.Stage.Value, 1, "sh", null, 1, tokens, 0, 0, 0, null, usd, null, null);
        await node.Budget.SettleAsync(
            granted.Spending, "sh", Usage(tokens), new Cost.Reported(usd),
            () => node.Store.RecordUsageAsync(claim.Bead, claim.Key.Agent, used, Token));
        node.Budget.Release(granted.Spending);
    }

    /// <summary>So many tokens of input, at three dollars a million.</summary>
    static UsageReport Usage(int tokens) => new()
    {
        Tokens = new TokenCount(tokens, 0, 0, 0),
        Model = "claude-sonnet-4-5",
    };

    /// <summary>One orchestrator's part in it.</summary>
    sealed record Node(PostgresStore Store, NodeGrant Grant, Budget Budget);
}
