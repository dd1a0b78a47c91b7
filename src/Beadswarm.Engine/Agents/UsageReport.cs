namespace Beadswarm.Agents;

/// <summary>Tokens by what they cost; input does not include what was read from or written to the cache.</summary>
readonly record struct TokenCount(long Input, long Output, long CacheRead, long CacheWrite)
{
    public bool IsZero => this == default;

    /// <summary>Every token there is, whatever it costs.</summary>
    public long All => Input + Output + CacheRead + CacheWrite;

    /// <summary>What a call with these tokens filled of its model's context.</summary>
    public long Context => Input + CacheRead + CacheWrite;

    public static TokenCount operator +(TokenCount one, TokenCount other) => new(
        one.Input + other.Input, one.Output + other.Output, one.CacheRead + other.CacheRead,
        one.CacheWrite + other.CacheWrite);

    /// <summary>What has been added since <paramref name="before"/>; never below nothing.</summary>
    public TokenCount Since(TokenCount before) => new(
        Math.Max(0, Input - before.Input), Math.Max(0, Output - before.Output),
        Math.Max(0, CacheRead - before.CacheRead), Math.Max(0, CacheWrite - before.CacheWrite));
}

/// <summary>A conversation with a model that its program keeps and can go on with.</summary>
/// <param name="Id">As the program names it.</param>
/// <param name="Tokens">What the program says was used in all of it, where it says totals.</param>
/// <param name="CostUsd">What the program says all of it cost, where it says.</param>
sealed record Conversation(string Id, TokenCount Tokens, decimal? CostUsd);

/// <summary>
/// What one launch of an agent used, as its program reported it. Totals that a program counts over a whole conversation
/// have the earlier launches taken off.
/// </summary>
sealed record UsageReport
{
    /// <summary>Nothing is known: the program reports nothing, or ended before it could.</summary>
    public static readonly UsageReport Unknown = new();

    /// <summary>The model that was used last.</summary>
    public string? Model { get; init; }

    /// <summary>Calls of a model that were seen.</summary>
    public int Calls { get; init; }

    public TokenCount Tokens { get; init; }

    /// <summary>
    /// The most that a single call filled of its context; null when the program tells only sums, which say nothing
    /// about it.
    /// </summary>
    public long? ContextMax { get; init; }

    /// <summary>How much the model's context holds, where the program says.</summary>
    public long? ContextWindow { get; init; }

    public decimal? CostUsd { get; init; }

    /// <summary>Those of the tokens that <see cref="CostUsd"/> is without: used after it was told.</summary>
    public TokenCount Uncosted { get; init; }

    /// <summary>What to go on with another time; null: the program keeps none, or did not come to that.</summary>
    public Conversation? Conversation { get; init; }
}
