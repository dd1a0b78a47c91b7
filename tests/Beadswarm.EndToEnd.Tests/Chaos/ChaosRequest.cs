using System.Globalization;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// What a person asks for beyond the ordinary run of the tests, by variables: <c>BEADSWARM_CHAOS=all</c> or
/// <c>soak</c>; CONTRIBUTING says what it costs.
/// </summary>
static class ChaosRequest
{
    const string Kind = "BEADSWARM_CHAOS";

    /// <summary>Every boundary, one run each.</summary>
    public static bool All => Environment.GetEnvironmentVariable(Kind) == "all";

    /// <summary>Random faults of all kinds for a time.</summary>
    public static bool Soak => Environment.GetEnvironmentVariable(Kind) == "soak";

    /// <summary>Only boundaries with this text in their name, for looking into one.</summary>
    public static bool Wants(Death.At death) =>
        Environment.GetEnvironmentVariable("BEADSWARM_CHAOS_ONLY") is not { Length: > 0 } only
        || death.ToString().Contains(only, StringComparison.OrdinalIgnoreCase);

    public static TimeSpan SoakTime => TimeSpan.FromMinutes(
        Environment.GetEnvironmentVariable("BEADSWARM_CHAOS_MINUTES") is { Length: > 0 } minutes
            ? double.Parse(minutes, CultureInfo.InvariantCulture)
            : SoakMinutes);

    const double SoakMinutes = 10;
}
