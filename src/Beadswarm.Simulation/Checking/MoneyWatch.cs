using Beadswarm.Configuration;
using Beadswarm.Costs;
using Beadswarm.Simulation.Machines;
using Beadswarm.Simulation.Storage;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Checking;

/// <summary>Holds a swarm to its budget, which its keeper raises whenever it is used up.</summary>
sealed class MoneyWatch(SimulatedWorld world)
{
    /// <summary>So much may be used beyond the budget for each agent that is at work when it is passed.</summary>
    const decimal BeyondPerAgent = 1.5m;

    /// <summary>What the swarm may use now; null: anything.</summary>
    public decimal? BudgetUsd { get; private set; } = world.Plan.Vendor?.BudgetUsd;

    /// <summary>The configuration of an orchestrator that is about to start.</summary>
    public SwarmConfig Config => BudgetUsd is not { } usd ? world.Plan.Config : world.Plan.Config with
    {
        Limits = world.Plan.Config.Limits with
        {
            Budget = new BudgetLimits { Swarm = new Allowance(usd, null) },
        },
    };

    /// <summary>An orchestrator has stopped because the budget that it was started with is used up.</summary>
    public void Raise(decimal? used) => BudgetUsd = BudgetUsd == used ? used * 2 : BudgetUsd;

    public void AgentStarts(SimulatedSession session)
    {
        if (Excess() is { } excess)
        {
            world.Violate(Invariant.WithinBudget, $"{session.Process.Tag} begins although {excess}");
        }
    }

    /// <summary>In the end, when everything that is to be recorded is.</summary>
    public void CheckEnd()
    {
        if (world.Plan.Vendor is null)
        {
            return;
        }

        if (Excess() is { } excess)
        {
            throw new ViolationException(Invariant.WithinBudget, excess);
        }

        var recorded = Read(new CostQuery());
        if (recorded > world.Witness.SpentUsd)
        {
            throw new ViolationException(
                Invariant.WithinBudget, $"{recorded} USD are recorded, and {world.Witness.SpentUsd} were used");
        }
    }

    string? Excess() =>
        BudgetUsd is { } budget && Read(new CostQuery { ThisSwarm = true }) is var used
        && used > budget
            + (world.Plan.Clones * world.Plan.Config.AgentCount * BeyondPerAgent * world.Plan.Vendor!.UsdPerStage)
            ? $"{used} USD of {budget} are used"
            : null;

    // Nobody looks on, so that the answer is there at once.
    decimal Read(CostQuery query) =>
        new InMemoryStore(world.Database).ReadCostsAsync(query, CancellationToken.None).Result[0].Sum.Usd;
}
