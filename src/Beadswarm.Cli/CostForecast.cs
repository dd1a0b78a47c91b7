using System.Globalization;
using System.Text.Json;
using Beadswarm.Claims;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Costs;

namespace Beadswarm.Cli;

/// <summary>What a run is expected to cost, before it begins: for <c>run --dry-run</c> and <c>simulate</c>.</summary>
sealed record CostForecast(CostEstimate? Estimate, int Beads, int Measured, decimal? Budget)
{
    /// <summary>The estimate of one question is always the same.</summary>
    const int Seed = 1;

    /// <param name="beads">How many the run may land.</param>
    public static async Task<CostForecast> ReadAsync(
        SwarmReader swarm, SwarmConfig config, int beads, CancellationToken cancellationToken)
    {
        var works = await swarm.ReadAsync((store, token) => store.ReadBeadsAsync(token), cancellationToken);
        var costs = await swarm.ReadAsync(
            (store, token) => store.ReadCostsAsync(new CostQuery { By = CostBy.Bead }, token), cancellationToken);
        var finished = works.Where(work => work.State is BeadState.Completed or BeadState.Left)
            .Select(work => work.Id.Value).ToHashSet();
        var measured = costs.Where(cost => cost.Sum.Unpriced == 0 && finished.Contains(cost.Key))
            .Select(cost => cost.Sum.Usd).ToArray();
        return new CostForecast(
            CostEstimateRules.Of(measured, beads, Seed), beads, measured.Length, config.Limits.Budget.Swarm.Usd);
    }

    /// <summary>One line for people.</summary>
    public string Describe()
    {
        if (Estimate is not { } cost)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"not measured yet: {Measured} landed beads of known cost, ")
                + $"and it takes {CostEstimateRules.MeasuredMin}";
        }

        var text = $"{CostText.Usd(cost.P50)} for {(Beads == 1 ? "1 bead" : $"{Beads} beads")}, in 4 of 5 cases "
            + $"{CostText.Usd(cost.P10)} to {CostText.Usd(cost.P90)}, measured on {Measured} landed beads";
        return Budget is { } most
            ? $"{text}; limits.budgetUsd is {CostText.Usd(most)}{(cost.P50 > most ? ", too little for all" : "")}"
            : text;
    }

    /// <summary>The fields for programs; null while it is not measured.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("beads", Beads);
        json.WriteNumber("measured", Measured);
        WriteOrNull(json, "p10Usd", Estimate?.P10);
        WriteOrNull(json, "p50Usd", Estimate?.P50);
        WriteOrNull(json, "p90Usd", Estimate?.P90);
        WriteOrNull(json, "budgetUsd", Budget);
    }

    static void WriteOrNull(Utf8JsonWriter json, string name, decimal? amount)
    {
        if (amount is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
