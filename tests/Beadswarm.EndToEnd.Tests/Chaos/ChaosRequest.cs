using System.Globalization;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>What a person asks of the explicit chaos tests; CONTRIBUTING says how, and what it costs.</summary>
static class ChaosRequest
{
    /// <summary>How long the soak goes on: <c>BEADSWARM_CHAOS</c>, in minutes.</summary>
    public static TimeSpan Duration => TimeSpan.FromMinutes(Number("BEADSWARM_CHAOS", 5));

    /// <summary>The seed of its first round: <c>BEADSWARM_CHAOS_SEED</c>.</summary>
    public static int Seed => (int)Number("BEADSWARM_CHAOS_SEED", 1);

    /// <summary>Only boundaries with this text in their name, for looking into one.</summary>
    public static bool Wants(Death.At death) =>
        Environment.GetEnvironmentVariable("BEADSWARM_CHAOS_ONLY") is not { Length: > 0 } only
        || death.ToString().Contains(only, StringComparison.OrdinalIgnoreCase);

    static double Number(string name, double otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? double.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
