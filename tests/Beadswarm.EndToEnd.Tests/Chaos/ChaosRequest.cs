namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// What a person asks for beyond the ordinary run of the tests, by <c>BEADSWARM_CHAOS=all</c>; CONTRIBUTING
/// says what it costs.
/// </summary>
static class ChaosRequest
{
    const string Kind = "BEADSWARM_CHAOS";

    /// <summary>Every boundary, one run each.</summary>
    public static bool All => Environment.GetEnvironmentVariable(Kind) == "all";

    /// <summary>Only boundaries with this text in their name, for looking into one.</summary>
    public static bool Wants(Death.At death) =>
        Environment.GetEnvironmentVariable("BEADSWARM_CHAOS_ONLY") is not { Length: > 0 } only
        || death.ToString().Contains(only, StringComparison.OrdinalIgnoreCase);
}
