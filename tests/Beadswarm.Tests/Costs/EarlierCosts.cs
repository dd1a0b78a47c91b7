using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Costs;

/// <summary>A store as versions before the table of costs left it: only the journal tells them, maybe twice.</summary>
static class EarlierCosts
{
    public static async Task WriteAsync(IStore store, CancellationToken cancellationToken)
    {
        var (agent, stage, bead) = (new AgentNumber(1), new StageName("implement"), BeadId.Parse("x-1"));
        var swarm = await store.BeginSwarmAsync(
            new SwarmBegin(
                "node-1", null, null, SelectOrder.Triage, stage, [new AgentSlot(agent, "worker", "one")],
                Resume: false),
            cancellationToken);
        await store.UpdateBacklogAsync(
            swarm.Epoch, [new BacklogEntry(bead, "Title", 2, 0, FakeTime.Start, 0, Ready: true)], 3, cancellationToken);
        var claim = await store.ClaimNextAsync(
            swarm.Epoch, new ClaimRequest(agent, "node-1", [stage], TimeSpan.FromHours(1)), cancellationToken);
        var run = await store.StartStageAsync(
            claim!.Key, new StageStart(stage, 1, "workspace", "branch", "session", "base"), // it is the only one
            cancellationToken);
        foreach (var cost in new[] { 0.123456789m, 5 })
        {
            await store.AppendAsync(
                bead, agent,
                new JournalEvent.AgentUsed(
                    run!.Value.Value, "implement", 1, "one", "m", 2, 10, 20, 30, 40, CostUsd: cost),
                cancellationToken); // the claim is held
        }
    }

    public static async Task CheckAsync(IStore store, CancellationToken cancellationToken)
    {
        var group = Assert.Single(
            await store.ReadCostsAsync(new CostQuery { By = CostBy.Bead, ThisSwarm = true }, cancellationToken));

        Assert.Equal(
            new CostGroup("x-1", new CostSum(1, 0, 2, new TokenCount(10, 20, 30, 40), 0.123456789m)), group);
    }
}
