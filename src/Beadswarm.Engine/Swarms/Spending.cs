using Beadswarm.Costs;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>One agent at work, as far as the budget is concerned. Owned by the budget.</summary>
sealed class Spending(string runner, StageName stage, Amount beadBefore)
{
    /// <summary>Whose program it runs.</summary>
    public string Runner => runner;

    public StageName Stage => stage;

    /// <summary>What was used for its bead before it.</summary>
    public Amount BeadBefore => beadBefore;

    /// <summary>What it has used so far, as far as its program tells while it works.</summary>
    public Amount Used { get; set; }
}

/// <summary>Whether an agent may be started for a bead.</summary>
abstract record BudgetAnswer
{
    BudgetAnswer() { }

    public sealed record Granted(Spending Spending) : BudgetAnswer;

    public sealed record Refused(BudgetRefusal Why) : BudgetAnswer;
}

/// <summary>How a node tells the others what it uses, and hears of them.</summary>
delegate Task<SharedSpending?> ShareSpending(NodeSpending mine, CancellationToken cancellationToken);
