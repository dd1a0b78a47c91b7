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
}
