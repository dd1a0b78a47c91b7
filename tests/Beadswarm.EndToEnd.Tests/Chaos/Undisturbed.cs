using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>The scenario run once without any fault, which every disturbed run is compared with.</summary>
/// <param name="Crossed">How often each boundary was crossed.</param>
sealed partial record Undisturbed(IReadOnlyDictionary<Boundary, int> Crossed, string Outcome)
{
    static readonly ConcurrentDictionary<int, Lazy<Task<Undisturbed>>> Runs = [];

    /// <param name="more">Of <see cref="ChaosTerms.More"/>.</param>
    public static Task<Undisturbed> RunAsync(int more = 0) =>
        Runs.GetOrAdd(more, beads => new(() => MeasureAsync(beads))).Value;

    /// <summary>
    /// The one comparison that every disturbed run is put to: beads, target, tracker, checkout, locks, audit and doctor
    /// are as they are without any fault, and nothing around is changed or left.
    /// </summary>
    public static async Task RequireAsync(GitRepository repository, Baseline before, int more = 0)
    {
        Assert.Equal((await RunAsync(more)).Outcome, await ChaosScenario.OutcomeAsync(repository));
        await OutsideAudit.PassAsync(repository, before);
    }

    /// <summary>
    /// The same where the disk was full: an agent that finds no room in the middle of writing may have its room back
    /// when it is judged, and then that was an attempt.
    /// </summary>
    public static async Task RequireButAttemptsAsync(GitRepository repository, Baseline before, int more = 0)
    {
        Assert.Equal(
            Unnumbered((await RunAsync(more)).Outcome), Unnumbered(await ChaosScenario.OutcomeAsync(repository)));
        await OutsideAudit.PassAsync(repository, before);
    }

    static string Unnumbered(string outcome) => Attempts().Replace(outcome, "attempt #");

    [GeneratedRegex(@"attempt:? \d+")]
    private static partial Regex Attempts();

    static async Task<Undisturbed> MeasureAsync(int more)
    {
        using var repository = ChaosScenario.Repository(new ChaosTerms { More = more });
        var before = Baseline.Take(repository);
        var crossed = await Orchestrator.LiveAsync(repository);
        await OutsideAudit.PassAsync(repository, before);
        return new Undisturbed(crossed, await ChaosScenario.OutcomeAsync(repository));
    }
}
