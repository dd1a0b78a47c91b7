namespace Beadswarm.Costs;

/// <summary>What executions use of what is limited: money, as far as it is known, and tokens of every kind.</summary>
readonly record struct Amount(decimal Usd, long Tokens)
{
    public static Amount Of(CostSum sum) => new(sum.Usd, sum.Tokens.All);

    public static Amount operator +(Amount one, Amount other) => new(one.Usd + other.Usd, one.Tokens + other.Tokens);

    public static Amount operator -(Amount one, Amount other) => new(one.Usd - other.Usd, one.Tokens - other.Tokens);

    /// <summary>The larger of each.</summary>
    public Amount OrMore(Amount other) => new(Math.Max(Usd, other.Usd), Math.Max(Tokens, other.Tokens));
}

/// <summary>The most of money and of tokens; null: no limit.</summary>
readonly record struct Allowance(decimal? Usd, long? Tokens)
{
    public bool IsLimited => Usd is not null || Tokens is not null;
}

/// <summary>What a run may use.</summary>
sealed record BudgetLimits
{
    public static readonly BudgetLimits None = new();

    public Allowance Swarm { get; init; }

    public Allowance Bead { get; init; }

    public Allowance Day { get; init; }

    /// <summary>Nothing of unknown cost is run while money is limited.</summary>
    public bool RefuseUnpriced { get; init; }

    public bool IsLimited => Swarm.IsLimited || Bead.IsLimited || Day.IsLimited;

    public bool LimitsMoney => Swarm.Usd is not null || Bead.Usd is not null || Day.Usd is not null;
}
