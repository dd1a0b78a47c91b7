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

    /// <summary>
    /// The list that a shipped price is of: each vendor's models have names of their own. Vendors change prices without
    /// asking: compare, give your own.
    /// </summary>
    public static PriceSource OfShipped(string model, DateOnly on) => new(
        model switch
        {
            _ when model.StartsWith("claude-", StringComparison.Ordinal) =>
                "platform.claude.com/docs/en/about-claude/pricing",
            _ when model.StartsWith("gemini-", StringComparison.Ordinal) => "ai.google.dev/gemini-api/docs/pricing",
            _ => "developers.openai.com/api/docs/pricing",
        },
        on);

    public override string ToString() => On is { } day
        ? string.Create(CultureInfo.InvariantCulture, $"{Place}, {day:yyyy-MM-dd}")
        : Place;
}

/// <summary>
/// Prices by model. Those that ship with the program are list prices, each of the day in its
/// <see cref="PriceSource"/>, and where a vendor asks more for long contexts, those of short ones; what the
/// configuration gives comes before them.
/// </summary>
sealed partial class PriceTable
{
    /// <summary>The shipped prices alone.</summary>
    public static readonly PriceTable Shipped = new(new Dictionary<string, ModelPrice>());

    static readonly DateOnly Before = new(2025, 12, 1);
    static readonly DateOnly Summer = new(2026, 7, 24);
    static readonly DateOnly Autumn = new(2026, 10, 24);
    static readonly DateOnly November = new(2026, 11, 18);

    // | model                | input | output | cache read | cache write | listed on |
    static readonly Dictionary<string, Listed> List = new(StringComparer.Ordinal)
    {
        ["claude-fable-5-1"] = new(new(10, 50, 0.25m, 12.50m), Autumn),
        ["claude-opus-5-5"] = new(new(4, 20, 0.20m, 5), Autumn),
        ["claude-sonnet-5-5"] = new(new(2, 10, 0.10m, 2.50m), Autumn),
        ["claude-haiku-5-5"] = new(new(0.10m, 0.50m, 0.01m, 0.125m), Autumn),
        ["claude-fable-5"] = new(new(10, 50, 1, 12.50m), Summer),
        ["claude-opus-5"] = new(new(5, 25, 0.50m, 6.25m), Summer),
        ["claude-opus-4-8"] = new(new(5, 25, 0.50m, 6.25m), Summer),
        ["claude-opus-4-7"] = new(new(5, 25, 0.50m, 6.25m), Summer),
        ["claude-opus-4-6"] = new(new(5, 25, 0.50m, 6.25m), Summer),
        ["claude-opus-4-5"] = new(new(5, 25, 0.50m, 6.25m), Summer),
        ["claude-opus-4-1"] = new(new(15, 75, 1.50m, 18.75m), Summer),
        ["claude-opus-4"] = new(new(15, 75, 1.50m, 18.75m), Summer),
        ["claude-sonnet-5"] = new(new(2, 10, 0.20m, 2.50m), Summer),
        ["claude-sonnet-4-6"] = new(new(3, 15, 0.30m, 3.75m), Summer),
        ["claude-sonnet-4-5"] = new(new(3, 15, 0.30m, 3.75m), Summer),
        ["claude-sonnet-4"] = new(new(3, 15, 0.30m, 3.75m), Summer),
        ["claude-haiku-4-5"] = new(new(1, 5, 0.10m, 1.25m), Summer),
        ["claude-3-7-sonnet"] = new(new(3, 15, 0.30m, 3.75m), Before),
        ["claude-3-5-haiku"] = new(new(0.80m, 4, 0.08m, 1), Before),
        ["gpt-6.2-astra"] = new(new(8, 40, 0.40m, 10), November),
        ["gpt-6.2-sol"] = new(new(2, 10, 0.10m, 2.50m), November),
        ["gpt-6-astra"] = new(new(10, 50, 1, 12.50m), Autumn),
        ["gpt-6-sol"] = new(new(2, 10, 0.20m, 2.50m), Autumn),
        ["gpt-6-luna"] = new(new(0.10m, 0.50m, 0.01m, 0.125m), Autumn),
        ["gpt-6.1-sol"] = new(new(2, 10, 0.10m, 2.50m), Autumn),
        ["gpt-6.1-terra"] = new(new(1, 5, 0.05m, 1.25m), Autumn),
        ["gpt-5.6-sol"] = new(new(5, 30, 0.50m, 6.25m), Summer),
        ["gpt-5.6"] = new(new(5, 30, 0.50m, 6.25m), Summer),
        ["gpt-5.5"] = new(new(5, 30, 0.50m, 5), Summer),
        ["gpt-5.4"] = new(new(2.50m, 15, 0.25m, 2.50m), Summer),
        ["gpt-5.4-mini"] = new(new(0.75m, 4.50m, 0.075m, 0.75m), Summer),
        ["gpt-5.4-nano"] = new(new(0.20m, 1.25m, 0.02m, 0.20m), Summer),
        ["gpt-5.3-codex"] = new(new(1.75m, 14, 0.175m, 1.75m), Summer),
        ["gpt-5.3-codex-spark"] = new(new(1.75m, 14, 0.175m, 1.75m), Summer),
        ["gpt-5.2"] = new(new(1.75m, 14, 0.175m, 1.75m), Summer),
        ["gpt-5.2-codex"] = new(new(1.75m, 14, 0.175m, 1.75m), Summer),
        ["gpt-5.1"] = new(new(1.25m, 10, 0.125m, 1.25m), Summer),
        ["gpt-5.1-codex"] = new(new(1.25m, 10, 0.125m, 1.25m), Summer),
        ["gpt-5.1-codex-max"] = new(new(1.25m, 10, 0.125m, 1.25m), Summer),
        ["gpt-5.1-codex-mini"] = new(new(0.25m, 2, 0.025m, 0.25m), Summer),
        ["gpt-5"] = new(new(1.25m, 10, 0.125m, 1.25m), Summer),
        ["gpt-5-codex"] = new(new(1.25m, 10, 0.125m, 1.25m), Summer),
        ["gpt-5-mini"] = new(new(0.25m, 2, 0.025m, 0.25m), Summer),
        ["gpt-5-nano"] = new(new(0.05m, 0.40m, 0.005m, 0.05m), Summer),
        ["gpt-4.1"] = new(new(2, 8, 0.50m, 2), Summer),
        ["gpt-4.1-mini"] = new(new(0.40m, 1.60m, 0.10m, 0.40m), Summer),
        ["o3"] = new(new(2, 8, 0.50m, 2), Summer),
        ["o4-mini"] = new(new(1.10m, 4.40m, 0.275m, 1.10m), Summer),
        ["codex-mini"] = new(new(1.50m, 6, 0.375m, 1.50m), Before),
        ["gemini-4-neon"] = new(new(3, 15, 0.15m, 3), November),
        ["gemini-4-hydrogen"] = new(new(1.50m, 7.50m, 0.075m, 1.50m), November),
        ["gemini-3.6-flash"] = new(new(1.50m, 7.50m, 0.15m, 1.50m), Summer),
        ["gemini-3.5-flash"] = new(new(1.50m, 9, 0.15m, 1.50m), Summer),
        ["gemini-3.5-flash-lite"] = new(new(0.30m, 2.50m, 0.03m, 0.30m), Summer),
        ["gemini-3.1-pro-preview"] = new(new(2, 12, 0.20m, 2), Summer),
        ["gemini-3.1-flash-lite"] = new(new(0.25m, 1.50m, 0.025m, 0.25m), Summer),
        ["gemini-3-pro-preview"] = new(new(2, 12, 0.20m, 2), Summer),
        ["gemini-3-flash-preview"] = new(new(0.50m, 3, 0.05m, 0.50m), Summer),
        ["gemini-3-flash"] = new(new(0.50m, 3, 0.05m, 0.50m), Summer),
        ["gemini-2.5-pro"] = new(new(1.25m, 10, 0.125m, 1.25m), Summer),
        ["gemini-2.5-flash"] = new(new(0.30m, 2.50m, 0.03m, 0.30m), Summer),
        ["gemini-2.5-flash-lite"] = new(new(0.10m, 0.40m, 0.01m, 0.10m), Summer),
    };

    readonly IReadOnlyDictionary<string, ModelPrice> _own;

    /// <param name="own">Prices of the configuration, by model.</param>
    public PriceTable(IReadOnlyDictionary<string, ModelPrice> own) => _own = own;

    /// <summary>Models that have a price without the configuration, in the order of their names.</summary>
    public static IReadOnlyList<(string Model, ModelPrice Price, PriceSource Source)> All =>
    [
        .. List.Select(pair => (pair.Key, pair.Value.Price, PriceSource.OfShipped(pair.Key, pair.Value.On)))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal),
    ];

    /// <summary>Every price that is used, in the order of the models' names, and where it comes from.</summary>
    public IReadOnlyList<(string Model, ModelPrice Price, PriceSource Source)> Used =>
    [
        .. _own.Select(own => (own.Key, own.Value, PriceSource.Configuration))
            .Concat(All.Where(shipped => !_own.ContainsKey(shipped.Model)))
            .OrderBy(price => price.Item1, StringComparer.Ordinal),
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
            .Select(each => _own.GetValueOrDefault(each) ?? List.GetValueOrDefault(each)?.Price)
            .FirstOrDefault(price => price is not null);
    }

    /// <summary>
    /// The dearest shipped price of a model's vendor, which a model without a price is held to where money is limited:
    /// what is unknown must not be used without a limit. Null where its name, or else its program, tells no vendor.
    /// </summary>
    /// <param name="kind">Of the runner: who makes a program also makes its models.</param>
    public static (string Model, ModelPrice Price)? Dearest(string? model, string? kind)
    {
        var name = model?[(model.LastIndexOf('/') + 1)..].ToLower(CultureInfo.InvariantCulture) ?? kind switch
        {
            ClaudeCodeRunner.KindName => "claude-",
            CodexRunner.KindName => "gpt-",
            GeminiRunner.KindName => "gemini-",
            _ => "",
        };
        if (VendorOf(name) is not { } vendor)
        {
            return null;
        }

        var dearest = List.Where(pair => VendorOf(pair.Key) == vendor)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal).MaxBy(pair => pair.Value.Price.Output);
        return (dearest.Key, dearest.Value.Price);
    }

    static string? VendorOf(string model) =>
        model.StartsWith("claude-", StringComparison.Ordinal) ? "claude"
        : model.StartsWith("gemini-", StringComparison.Ordinal) ? "gemini"
        : OpenAi().IsMatch(model) ? "openai"
        : null;

    // gpt-7, o5-mini, codex-mini
    [GeneratedRegex(@"^(gpt-|o\d|codex-)")]
    private static partial Regex OpenAi();

    // claude-sonnet-4-5[1m]
    [GeneratedRegex(@"\[[^\]]*\]$")]
    private static partial Regex Variant();

    // claude-sonnet-4-5-20250929, claude-sonnet-4@20250514, gpt-5-2025-08-07, gemini-2.5-pro-latest
    [GeneratedRegex(@"[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$")]
    private static partial Regex Release();

    /// <summary>A shipped price, and the day on which its vendor listed it.</summary>
    sealed record Listed(ModelPrice Price, DateOnly On);
}
