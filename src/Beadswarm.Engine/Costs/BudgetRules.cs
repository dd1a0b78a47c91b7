using System.Globalization;
using Beadswarm.Pipelines;

namespace Beadswarm.Costs;

/// <summary>Why no more may be used.</summary>
/// <param name="Reason">One line for people: the limit, its value, and what is used.</param>
sealed record BudgetRefusal(BudgetScope Scope, string Reason);

/// <summary>What counts against the limits of a swarm.</summary>
/// <param name="Swarm">Recorded of the executions of the swarm.</param>
/// <param name="Day">Recorded of those of this day.</param>
/// <param name="Running">Of those that run now.</param>
sealed record BudgetUse(Amount Swarm, Amount Day, Amount Running);

/// <summary>Decides whether an agent may be started, and whether one that works may go on.</summary>
static class BudgetRules
{
    /// <summary>
    /// What is set aside for an execution while nothing was measured: so many of them use up the limit, so no more are
    /// at work at once before the first has told what it costs.
    /// </summary>
    const int UnmeasuredShare = 20;

    // | recorded + set aside for those at work + expected | used + at work | then                               |
    // |---------------------------------------------------|----------------|------------------------------------|
    // | up to the limit                                   |                | the agent is started               |
    // | more                                              |                | not started; waits for those at    |
    // |                                                   |                | work, or the swarm stops           |
    // |                                                   | up to the limit| goes on                            |
    // |                                                   | more           | every agent at work is ended       |
    //
    // A bead's limit is asked without what is expected: nobody else works on it, and so it can be used to the end.

    /// <summary>Null: an agent may be started.</summary>
    /// <param name="use">With what is set aside for those at work.</param>
    /// <param name="expected">Of the next execution.</param>
    public static BudgetRefusal? MayStart(BudgetLimits limits, BudgetUse use, Amount expected) =>
        Tight(limits.Swarm, BudgetScope.Swarm, use.Swarm, use.Running, expected)
        ?? Tight(limits.Day, BudgetScope.Day, use.Day, use.Running, expected);

    /// <summary>Null: a bead on which nobody works may be worked on.</summary>
    public static BudgetRefusal? MayWorkOn(BudgetLimits limits, Amount used) =>
        Tight(limits.Bead, BudgetScope.Bead, used, default, default);

    /// <summary>Null: an agent at work may go on.</summary>
    /// <param name="use">With what those at work have really used.</param>
    /// <param name="bead">What was used for its bead, by it and before.</param>
    public static BudgetRefusal? MayGoOn(BudgetLimits limits, BudgetUse use, Amount bead) =>
        Passed(limits.Swarm, BudgetScope.Swarm, use.Swarm + use.Running)
        ?? Passed(limits.Day, BudgetScope.Day, use.Day + use.Running)
        ?? Passed(limits.Bead, BudgetScope.Bead, bead);

    /// <summary>
    /// What an execution is expected to use: the mean of its stage, or of all, or a share of the limit.
    /// </summary>
    /// <param name="measurable">Whether its program can say what it costs; else no money is set aside for it.</param>
    public static Amount Expected(BudgetLimits limits, CostSum stage, CostSum all, bool measurable)
    {
        var usd = !measurable ? 0
            : stage.Priced > 0 ? stage.Usd / stage.Priced
            : all.Priced > 0 ? all.Usd / all.Priced
            : (Least(limits.Swarm.Usd, limits.Day.Usd) ?? 0) / UnmeasuredShare;
        var tokens = !measurable ? 0
            : !stage.Tokens.IsZero ? stage.Tokens.All / stage.Executions
            : !all.Tokens.IsZero ? all.Tokens.All / all.Executions
            : (Least(limits.Swarm.Tokens, limits.Day.Tokens) ?? 0) / UnmeasuredShare;
        return new Amount(usd, tokens);
    }

    static BudgetRefusal? Tight(
        Allowance limit, BudgetScope scope, Amount recorded, Amount running, Amount expected) =>
        limit.Usd is { } usd && IsTight(recorded.Usd + running.Usd, expected.Usd, usd)
            ? new BudgetRefusal(
                scope, Say($"{KeyOf(scope, money: true)} is {usd:0.00##} USD", recorded.Usd, running.Usd, expected.Usd))
        : limit.Tokens is { } tokens && IsTight(recorded.Tokens + running.Tokens, expected.Tokens, tokens)
            ? new BudgetRefusal(
                scope,
                Say($"{KeyOf(scope, money: false)} is {tokens}", recorded.Tokens, running.Tokens, expected.Tokens))
        : null;

    static bool IsTight(decimal used, decimal expected, decimal limit) => used >= limit || used + expected > limit;

    static BudgetRefusal? Passed(Allowance limit, BudgetScope scope, Amount used) =>
        limit.Usd is { } usd && used.Usd > usd
            ? new BudgetRefusal(scope, Say($"{KeyOf(scope, money: true)} is {usd:0.00##} USD", used.Usd, 0, 0))
        : limit.Tokens is { } tokens && used.Tokens > tokens
            ? new BudgetRefusal(scope, Say($"{KeyOf(scope, money: false)} is {tokens}", used.Tokens, 0, 0))
        : null;

    static string Say(FormattableString limit, decimal recorded, decimal running, decimal expected) =>
        limit.ToString(CultureInfo.InvariantCulture) + string.Create(CultureInfo.InvariantCulture,
            $": {recorded:0.####} used")
        + (running > 0 ? string.Create(CultureInfo.InvariantCulture, $", {running:0.####} set aside") : "")
        + (expected > 0
            ? string.Create(CultureInfo.InvariantCulture, $", {expected:0.####} expected of the next")
            : "");

    static string KeyOf(BudgetScope scope, bool money) => (money ? "limits.budgetUsd" : "limits.tokens") + scope switch
    {
        BudgetScope.Bead => "PerBead",
        BudgetScope.Day => "PerDay",
        BudgetScope.Swarm or BudgetScope.Execution => "",
    };

    static T? Least<T>(T? one, T? other)
        where T : struct, IComparable<T> =>
        one is { } first && other is { } second ? (first.CompareTo(second) < 0 ? one : other) : one ?? other;
}
