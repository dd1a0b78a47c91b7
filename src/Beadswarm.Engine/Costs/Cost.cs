using Beadswarm.Agents;

namespace Beadswarm.Costs;

/// <summary>What one execution cost, and who says so.</summary>
abstract record Cost
{
    Cost() { }

    /// <summary>Its program said it.</summary>
    public sealed record Reported(decimal Amount) : Cost;

    /// <summary>Its program said the tokens, and the table of prices the rest.</summary>
    public sealed record Priced(decimal Amount) : Cost;

    /// <summary>Nobody can say: it must not pass for nothing.</summary>
    public sealed record Unknown : Cost;

    /// <summary>In US dollars; null: nobody can say.</summary>
    public decimal? Usd => this switch
    {
        Reported reported => reported.Amount,
        Priced priced => priced.Amount,
        Unknown => null,
    };
}

/// <summary>Decides what an execution cost.</summary>
static class CostRules
{
    // | the program says a cost | tokens | the model has a price | cost                     |
    // |-------------------------|--------|-----------------------|--------------------------|
    // | yes                     | any    | any                   | what it says             |
    // | no                      | some   | yes                   | tokens at that price     |
    // | no                      | some   | no                    | unknown                  |
    // | no                      | none   | any                   | unknown, not for nothing |

    /// <summary>Whether programs of a kind can say what they use.</summary>
    public static bool CanMeasure(string kind) => kind is not ("command" or "scripted" or "external");

    /// <param name="configured">The runner's model, where its program does not say which one it used.</param>
    public static Cost Of(UsageReport usage, string? configured, PriceTable prices) => usage switch
    {
        { CostUsd: { } said } => new Cost.Reported(
            said + (prices.Find(usage.Model ?? configured)?.Of(usage.Uncosted) ?? 0)),
        { Tokens.IsZero: true } => new Cost.Unknown(),
        _ => prices.Find(usage.Model ?? configured) is { } price
            ? new Cost.Priced(price.Of(usage.Tokens))
            : new Cost.Unknown(),
    };

    /// <summary>
    /// What it counts as where money is limited: what it cost, or else its tokens at the dearest price of its vendor.
    /// Null: it tells no tokens, or nobody knows the vendor.
    /// </summary>
    public static decimal? Counted(Cost cost, TokenCount tokens, string? model, string? kind) =>
        cost.Usd ?? (tokens.IsZero ? null : PriceTable.Dearest(model, kind)?.Price.Of(tokens));

    /// <summary>The same of all that was recorded.</summary>
    /// <param name="models">By model.</param>
    public static Amount Counted(IReadOnlyList<CostGroup> models) =>
        models.Aggregate(default(Amount), (sum, model) => sum + Counted(model));

    static Amount Counted(CostGroup model) => Amount.Of(model.Sum) + new Amount(
        model.Sum.Unpriced == 0 ? 0
            : (PriceTable.Dearest(model.Key, null)?.Price.Of(model.Sum.Tokens) ?? 0) * model.Sum.Unpriced
                / model.Sum.Executions,
        0);
}
