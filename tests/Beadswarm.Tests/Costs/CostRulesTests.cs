using Beadswarm.Agents;
using Beadswarm.Costs;

namespace Beadswarm.Tests.Costs;

/// <summary>What an execution cost, and what is known of prices.</summary>
public sealed class CostRulesTests
{
    static readonly PriceTable Own = new(new Dictionary<string, ModelPrice>
    {
        ["house-model"] = new(2, 20, 0.2m, 2.5m),
        ["claude-sonnet-4-5"] = new(1, 1, 1, 1),
    });

    // | reported | tokens | model         | configured  | cost           |
    [Theory]
    [InlineData("0.5", true, "gpt-5", null, "reported 0.5")]
    [InlineData("0", false, null, null, "reported 0")]
    [InlineData(null, true, "house-model", null, "priced 24.7")]
    [InlineData(null, true, null, "house-model", "priced 24.7")]
    [InlineData(null, true, "unheard-of", "house-model", "unknown")]
    [InlineData(null, true, null, null, "unknown")]
    [InlineData(null, false, "house-model", null, "unknown")]
    public void The_programs_own_cost_comes_before_the_table_and_nothing_is_unknown_silently(
        string? reported, bool tokens, string? model, string? configured, string expected)
    {
        var usage = new UsageReport
        {
            Model = model,
            CostUsd = reported is null ? null : decimal.Parse(
                reported, System.Globalization.CultureInfo.InvariantCulture),
            Tokens = tokens ? new TokenCount(1_000_000, 1_000_000, 1_000_000, 1_000_000) : default,
        };

        Assert.Equal(expected, CostRules.Of(usage, configured, Own) switch
        {
            Cost.Reported said => $"reported {said.Amount:0.####}",
            Cost.Priced priced => $"priced {priced.Amount:0.####}",
            _ => "unknown",
        });
    }

    [Theory]
    [InlineData("claude-sonnet-4", true)]
    [InlineData("claude-sonnet-4-20250514", true)]
    [InlineData("claude-sonnet-4@20250514", true)]
    [InlineData("anthropic/Claude-Sonnet-4-20250514", true)]
    [InlineData("claude-haiku-4-5[1m]", true)]
    [InlineData("gpt-5-2025-08-07", true)]
    [InlineData("gemini-2.5-pro-latest", true)]
    [InlineData("house-model", true)]
    [InlineData("gpt-5-ultra", false)]
    [InlineData("claude-sonnet-4-6", true)]
    [InlineData("claude-sonnet-9", false)]
    [InlineData("my-gpt-5", false)]
    [InlineData("", false)]
    [InlineData("/", false)]
    [InlineData(null, false)]
    public void A_name_that_only_looks_like_a_known_one_has_no_price(string? model, bool known) =>
        Assert.Equal(known, Own.Find(model) is not null);

    /// <summary>Of a million tokens that were read.</summary>
    [Theory]
    [InlineData("claude-sonnet-99", "opencode", "15")]
    [InlineData("anthropic/claude-opus-99[1m]", "opencode", "15")]
    [InlineData(null, "claude-code", "15")]
    [InlineData("gpt-99-codex", "codex", "10")]
    [InlineData("o99", "opencode", "10")]
    [InlineData(null, "codex", "10")]
    [InlineData("gemini-99-pro", "gemini", "3")]
    [InlineData("my-own-model", "codex", null)]
    [InlineData(null, "acp", null)]
    public void Tokens_of_a_model_without_a_price_count_at_the_dearest_of_its_vendor(
        string? model, string kind, string? expected)
    {
        var tokens = new TokenCount(1_000_000, 0, 0, 0);

        var counted = CostRules.Counted(new Cost.Unknown(), tokens, model, kind);

        Assert.Equal(expected, counted?.ToString("0", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(2, CostRules.Counted(new Cost.Reported(2), tokens, model, kind));
        Assert.Null(CostRules.Counted(new Cost.Unknown(), default, model, kind));
    }

    [Fact]
    public void What_was_recorded_without_a_price_counts_as_much_after_a_start()
    {
        var half = new CostSum(2, 1, 2, new TokenCount(2_000_000, 0, 0, 0), 4);

        Assert.Equal(new Amount(19, 2_000_000), CostRules.Counted([new CostGroup("claude-sonnet-99", half)]));
        Assert.Equal(new Amount(4, 2_000_000), CostRules.Counted([new CostGroup("my-own-model", half)]));
    }

    [Fact]
    public void The_configurations_price_comes_before_the_shipped_one()
    {
        Assert.Equal(1, Own.Find("claude-sonnet-4-5-20250929")?.Output);
        Assert.Equal(15, PriceTable.Shipped.Find("claude-sonnet-4-5-20250929")?.Output);
    }

    [Fact]
    public void Every_shipped_price_is_plausible() => Assert.All(PriceTable.All, entry =>
    {
        Assert.Matches(Beadswarm.Configuration.ConfigKeys.Name.Pattern!, entry.Model); // it has one
        Assert.InRange(entry.Price.Input, 0.01m, 100);
        Assert.InRange(entry.Price.Output, entry.Price.Input, 500);
        Assert.InRange(entry.Price.CacheRead, 0, entry.Price.Input);
        Assert.InRange(entry.Price.CacheWrite, entry.Price.Input, 2 * entry.Price.Input);
    });

    [Fact]
    public void Every_price_says_where_it_comes_from_and_of_which_day_it_is()
    {
        Assert.All(PriceTable.Shipped.Used, price => Assert.Matches(
            @"^[a-z.]+\.[a-z]+/[a-z/-]+, 20\d\d-\d\d-\d\d$", price.Source.ToString()));

        var own = new PriceTable(new Dictionary<string, ModelPrice>
        {
            ["gpt-5"] = new(1, 2, 3, 4),
            ["mine"] = new(0, 0, 0, 0),
        });
        Assert.Equal(PriceTable.All.Count + 1, own.Used.Count);
        Assert.Equal(
            ["gpt-5", "mine"],
            own.Used.Where(price => price.Source == PriceSource.Configuration).Select(price => price.Model));
    }
}
