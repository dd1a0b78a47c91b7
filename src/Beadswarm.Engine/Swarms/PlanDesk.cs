using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Answers a <c>plan</c> at work beside the swarm, which spends of the same budget, and records what it used. Where no
/// swarm runs, the same questions are put to the store by <see cref="AskAsync(IStoreReader, SwarmConfig, BeadId,
/// PlanCall, CancellationToken)"/>.
/// </summary>
sealed class PlanDesk(IStore store, Budget budget)
{
    public async Task<CommandReply> AskAsync(BeadId bead, PlanCall call, CancellationToken cancellationToken) =>
        call.Ask switch
        {
            PlanAsk.Begin => Reply(await budget.MayPlanAsync(bead, call.Plan, cancellationToken)),
            PlanAsk.GoOn => Reply(await budget.LookAsync(bead, call.Plan, cancellationToken)),
            PlanAsk.Record => await RecordAsync(bead, call.Plan),
        };

    /// <summary>Also where whoever planned has gone: what is spent is spent.</summary>
    public async Task<CommandReply> RecordAsync(BeadId bead, JournalEvent.PlanUsed plan)
    {
        await budget.SettleAsync(plan, () => store.RecordPlanAsync(bead, plan, CancellationToken.None));
        return new CommandReply(true, "recorded");
    }

    /// <summary>Whether a planner may begin or go on, by what the store has of it.</summary>
    public static async Task<CommandReply> AskAsync(
        IStoreReader store, SwarmConfig config, BeadId bead, PlanCall call, CancellationToken cancellationToken)
    {
        var limits = config.Limits.Budget;
        if (!limits.IsLimited)
        {
            return Reply(null);
        }

        Task<Amount> RecordedAsync(CostQuery query) => Budget.RecordedAsync(store, query, cancellationToken);

        var stages = await store.ReadCostsAsync(new CostQuery { By = CostBy.Stage }, cancellationToken);
        var goesOn = await store.ReadSwarmAsync(cancellationToken) is
        { Status: not (SwarmStatus.Stopped or SwarmStatus.Completed) };
        var spent = new PlanSpending(
            goesOn ? await RecordedAsync(new CostQuery { ThisSwarm = true }) : default,
            await RecordedAsync(new CostQuery { Today = true }),
            await RecordedAsync(new CostQuery { Bead = bead }),
            stages.FirstOrDefault(stage => stage.Key == CostGroup.Planner)?.Sum ?? CostSum.None,
            stages.Aggregate(CostSum.None, (all, stage) => all + stage.Sum));
        return Reply(call.Ask is PlanAsk.Begin
            ? PlanBudgetRules.MayBegin(
                limits, spent, call.Plan.Runner,
                config.Runners.GetValueOrDefault(call.Plan.Runner)?.Kind is { } kind && CostRules.CanMeasure(kind))
            : PlanBudgetRules.MayGoOn(limits, spent, PlanBudgetRules.AmountOf(call.Plan, config)));
    }

    static CommandReply Reply(BudgetRefusal? refusal) =>
        refusal is null ? new CommandReply(true, "") : new CommandReply(false, refusal.Reason);
}
