using Beadswarm.Agents;
using Beadswarm.Configuration;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Planning;

namespace Beadswarm.Swarms;

/// <summary>What counts against the budget where no swarm runs that a planner could be asked of.</summary>
/// <param name="Swarm">Of the newest swarm, where it is to be gone on with; else nothing.</param>
/// <param name="Day">Of this day.</param>
/// <param name="Bead">Of the bead that is planned, by whomever.</param>
/// <param name="Planners">Of all planners ever.</param>
/// <param name="All">Of all agents ever.</param>
sealed record PlanSpending(Amount Swarm, Amount Day, Amount Bead, CostSum Planners, CostSum All);

/// <summary>Decides whether a planner may be started and go on; what it used, as the budget counts it.</summary>
static class PlanBudgetRules
{
    /// <summary>Null: it may be started.</summary>
    /// <param name="measurable">Whether its program can say what it uses.</param>
    public static BudgetRefusal? MayBegin(
        BudgetLimits limits, PlanSpending spent, string runner, bool measurable) =>
        Unpriced(limits, runner, measurable)
        ?? BudgetRules.MayWorkOn(limits, spent.Bead)
        ?? BudgetRules.MayStart(
            limits, new BudgetUse(spent.Swarm, spent.Day, default),
            BudgetRules.Expected(limits, spent.Planners, spent.All, measurable));

    /// <summary>Null: it may go on.</summary>
    /// <param name="plan">What it has used so far.</param>
    public static BudgetRefusal? MayGoOn(BudgetLimits limits, PlanSpending spent, Amount plan) =>
        BudgetRules.MayGoOn(limits, new BudgetUse(spent.Swarm, spent.Day, plan), spent.Bead + plan);

    /// <summary>Why nothing of unknown cost is run; null: it is, or its cost will be known.</summary>
    public static BudgetRefusal? Unpriced(BudgetLimits limits, string runner, bool measurable) =>
        limits.RefuseUnpriced && limits.LimitsMoney && !measurable
            ? new BudgetRefusal(
                BudgetScope.Execution,
                $"limits.unpriced is refuse, and what runner {runner} costs cannot be measured")
            : null;

    /// <summary>What is recorded of it.</summary>
    public static JournalEvent.PlanUsed EntryOf(PlanUse use, SwarmConfig config)
    {
        var usage = use.Usage;
        var model = usage.Model ?? config.Runners.GetValueOrDefault(use.Runner)?.Model;
        var cost = CostRules.Of(usage, model, config.Prices);
        return new JournalEvent.PlanUsed(
            use.Session, use.Attempt, use.Runner, model, usage.Calls, usage.Tokens.Input, usage.Tokens.Output,
            usage.Tokens.CacheRead, usage.Tokens.CacheWrite, usage.ContextMax, cost.Usd,
            cost is Cost.Priced ? true : null);
    }

    public static Amount AmountOf(JournalEvent.PlanUsed plan, SwarmConfig config) => Amount.Of(SumOf(plan, config));

    /// <summary>As it counts against a limit.</summary>
    public static CostSum SumOf(JournalEvent.PlanUsed plan, SwarmConfig config)
    {
        var tokens = new TokenCount(
            plan.InputTokens, plan.OutputTokens, plan.CacheReadTokens, plan.CacheWriteTokens);
        Cost cost = plan.CostUsd is { } known ? new Cost.Reported(known) : new Cost.Unknown();
        var counted = CostRules.Counted(
            cost, tokens, plan.Model, config.Runners.GetValueOrDefault(plan.Runner)?.Kind);
        return new CostSum(1, counted is null ? 1 : 0, plan.Calls, tokens, counted ?? 0);
    }

    /// <summary>Why the cost of a program that tells its tokens is unknown, and what is done about it.</summary>
    public static string Unpriced(string? model, string? kind) =>
        $"its CLI says no cost, and {(model is null ? "it does not say its model" : $"model {model} has no price")}"
        + (PriceTable.Dearest(model, kind) is { } dearest
            ? $": until 'prices' gives one, its tokens count as those of {dearest.Model}, the dearest of its vendor"
            : ": it is not counted until 'prices' gives one");
}
