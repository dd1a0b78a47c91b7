using Beadswarm.EndToEnd.Tests.Audit;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>The scenario run once without any fault, which every disturbed run is compared with.</summary>
/// <param name="Crossed">How often each boundary was crossed.</param>
sealed record Undisturbed(IReadOnlyDictionary<Boundary, int> Crossed, string Outcome)
{
    static readonly Lazy<Task<Undisturbed>> Run = new(MeasureAsync);

    public static Task<Undisturbed> RunAsync() => Run.Value;

    static async Task<Undisturbed> MeasureAsync()
    {
        using var repository = ChaosScenario.Repository();
        var before = Baseline.Take(repository);
        var crossed = await Orchestrator.LiveAsync(repository);
        await OutsideAudit.PassAsync(repository, before);
        return new Undisturbed(crossed, await ChaosScenario.OutcomeAsync(repository));
    }
}
