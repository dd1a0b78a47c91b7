using System.Globalization;
using System.Text.RegularExpressions;
using Beadswarm.Agents;

namespace Beadswarm.Costs;

/// <summary>What a model's vendor asks for a million tokens of each kind, in US dollars.</summary>
sealed record ModelPrice(decimal Input, decimal Output, decimal CacheRead, decimal CacheWrite)
{
    const decimal Million = 1_000_000;

    public decimal Of(TokenCount tokens) =>
        ((tokens.Input * Input) + (tokens.Output * Output) + (tokens.CacheRead * CacheRead)
            + (tokens.CacheWrite * CacheWrite)) / Million;
}

/// <summary>Where a price comes from.</summary>
/// <param name="Place">The page of the vendor, or <c>configuration</c>.</param>
/// <param name="On">When it was listed there; null: the configuration is as of now.</param>
sealed record PriceSource(string Place, DateOnly? On)
{
    public static readonly PriceSource Configuration = new("configuration", null);

    /// <summary>The day of the shipped prices. Vendors change them without asking: compare, give your own.</summary>
    static readonly DateOnly Listed = new(2025, 12, 1);

    /// <summary>The list that a shipped price was taken from: each vendor's models have names of their own.</summary>
    public static PriceSource OfShipped(string model) => new(
        model switch
        {
            _ when model.StartsWith("claude-", StringComparison.Ordinal) => "claude.com/pricing",
            _ when model.StartsWith("gemini-", StringComparison.Ordinal) => "ai.google.dev/gemini-api/docs/pricing",
            _ => "platform.openai.com/docs/pricing",
        },
        Listed);

    public override string ToString() => On is { } day
        ? string.Create(CultureInfo.InvariantCulture, $"{Place}, {day:yyyy-MM-dd}")
        : Place;
}

/// <summary>
/// Prices by model. Those that ship with the program are list prices of one day, each with its
/// <see cref="PriceSource"/>; what the configuration gives comes before them.
/// </summary>
sealed partial class PriceTable
{
    /// <summary>The shipped prices alone.</summary>
    public static readonly PriceTable Shipped = new(new Dictionary<string, ModelPrice>());

    // | model                | input | output | cache read | cache write |
    static readonly Dictionary<string, ModelPrice> List = new(StringComparer.Ordinal)
    {
        ["claude-opus-4-5"] = new(5, 25, 0.50m, 6.25m),
        ["claude-opus-4-1"] = new(15, 75, 1.50m, 18.75m),
        ["claude-opus-4"] = new(15, 75, 1.50m, 18.75m),
        ["claude-sonnet-4-5"] = new(3, 15, 0.30m, 3.75m),
        ["claude-sonnet-4"] = new(3, 15, 0.30m, 3.75m),
        ["claude-3-7-sonnet"] = new(3, 15, 0.30m, 3.75m),
        ["claude-haiku-4-5"] = new(1, 5, 0.10m, 1.25m),
        ["claude-3-5-haiku"] = new(0.80m, 4, 0.08m, 1),
        ["gpt-5"] = new(1.25m, 10, 0.125m, 1.25m),
        ["gpt-5-codex"] = new(1.25m, 10, 0.125m, 1.25m),
        ["gpt-5-mini"] = new(0.25m, 2, 0.025m, 0.25m),
        ["gpt-5-nano"] = new(0.05m, 0.40m, 0.005m, 0.05m),
        ["gpt-5.1"] = new(1.25m, 10, 0.125m, 1.25m),
        ["gpt-5.1-codex"] = new(1.25m, 10, 0.125m, 1.25m),
        ["gpt-5.1-codex-mini"] = new(0.25m, 2, 0.025m, 0.25m),
        ["gpt-4.1"] = new(2, 8, 0.50m, 2),
        ["gpt-4.1-mini"] = new(0.40m, 1.60m, 0.10m, 0.40m),
        ["o3"] = new(2, 8, 0.50m, 2),
        ["o4-mini"] = new(1.10m, 4.40m, 0.275m, 1.10m),
        ["codex-mini"] = new(1.50m, 6, 0.375m, 1.50m),
        ["gemini-2.5-pro"] = new(1.25m, 10, 0.125m, 1.25m),
        ["gemini-2.5-flash"] = new(0.30m, 2.50m, 0.03m, 0.30m),
        ["gemini-2.5-flash-lite"] = new(0.10m, 0.40m, 0.01m, 0.10m),
    };

    readonly IReadOnlyDictionary<string, ModelPrice> _own;

    /// <param name="own">Prices of the configuration, by model.</param>
    public PriceTable(IReadOnlyDictionary<string, ModelPrice> own) => _own = own;

    /// <summary>Models that have a price without the configuration, in the order of their names.</summary>
    public static IReadOnlyList<(string Model, ModelPrice Price)> All =>
        [.. List.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal)];

    /// <summary>Every price that is used, in the order of the models' names, and where it comes from.</summary>
    public IReadOnlyList<(string Model, ModelPrice Price, PriceSource Source)> Used =>
    [
        .. _own.Select(own => (own.Key, own.Value, PriceSource.Configuration))
            .Concat(List.Where(pair => !_own.ContainsKey(pair.Key))
                .Select(pair => (pair.Key, pair.Value, PriceSource.OfShipped(pair.Key))))
            .OrderBy(price => price.Key, StringComparer.Ordinal),
    ];

    /// <summary>
    /// The price of a model as a program names it: with its vendor before it, its release or the size of its context
    /// after it. Null where nobody has said it: a name that only looks like a known one has no price.
    /// </summary>
    public ModelPrice? Find(string? model)
    {
        if (model is null)
        {
            return null;
        }

        var name = model[(model.LastIndexOf('/') + 1)..].ToLower(CultureInfo.InvariantCulture);
        return new[] { name, Release().Replace(Variant().Replace(name, ""), "") }
            .Select(each => _own.GetValueOrDefault(each) ?? List.GetValueOrDefault(each))
            .FirstOrDefault(price => price is not null);
    }

    // claude-sonnet-4-5[1m]
    [GeneratedRegex(@"\[[^\]]*\]$")]
    private static partial Regex Variant();

    // claude-sonnet-4-5-20250929, claude-sonnet-4@20250514, gpt-5-2025-08-07, gemini-2.5-pro-latest
    [GeneratedRegex(@"[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$")]
    private static partial Regex Release();
}
