using System.Globalization;
using System.Text.Json;
using Beadswarm.Costs;

namespace Beadswarm.Cli.Rendering;

/// <summary>Money and tokens, for people and for programs. What is unknown is said, never left out.</summary>
static class CostText
{
    const long Thousand = 1_000;
    const long Million = 1_000_000;

    /// <summary>Cents, and what is less than a dollar to a hundredth of a cent.</summary>
    public static string Usd(decimal amount) => amount is 0 or >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"${amount:0.00}")
        : string.Create(CultureInfo.InvariantCulture, $"${amount:0.00##}");

    public static string Tokens(long count) => count switch
    {
        < 10 * Thousand => count.ToString(CultureInfo.InvariantCulture),
        < Million => string.Create(CultureInfo.InvariantCulture, $"{count / Thousand}k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(double)count / Million:0.0}M"),
    };

    /// <summary>The cost of a sum; a question mark where a part of it, or all, is unknown.</summary>
    public static string Cost(CostSum sum) => sum switch
    {
        { Executions: > 0, Priced: 0 } => "?",
        { Unpriced: > 0 } => $"{Usd(sum.Usd)} + ?",
        _ => Usd(sum.Usd),
    };

    /// <summary>All of a sum in one line.</summary>
    public static string Describe(CostSum sum)
    {
        var cost = sum is { Executions: > 0, Priced: 0 } ? "unknown cost" : Usd(sum.Usd);
        var unknown = sum is { Unpriced: > 0, Priced: > 0 }
            ? string.Create(CultureInfo.InvariantCulture, $", {sum.Unpriced} of them of unknown cost")
            : "";
        return $"{cost}, {Tokens(sum.Tokens.All)} tokens in "
            + (sum.Executions == 1 ? "1 execution" : string.Create(CultureInfo.InvariantCulture,
                $"{sum.Executions} executions")) + unknown;
    }

    /// <summary>
    /// The fields of a sum. The cost is that of the executions whose cost is known; null when none is.
    /// </summary>
    public static void Write(Utf8JsonWriter json, CostSum sum)
    {
        json.WriteNumber("executions", sum.Executions);
        json.WriteNumber("unpriced", sum.Unpriced);
        json.WriteNumber("calls", sum.Calls);
        json.WriteNumber("inputTokens", sum.Tokens.Input);
        json.WriteNumber("outputTokens", sum.Tokens.Output);
        json.WriteNumber("cacheReadTokens", sum.Tokens.CacheRead);
        json.WriteNumber("cacheWriteTokens", sum.Tokens.CacheWrite);
        if (sum is { Executions: > 0, Priced: 0 })
        {
            json.WriteNull("costUsd");
        }
        else
        {
            json.WriteNumber("costUsd", sum.Usd);
        }
    }
}
