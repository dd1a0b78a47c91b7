using Beadswarm.EndToEnd.Tests.Audit;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// kill -9 of the orchestrator before and after every transaction of the store and every effect on the outside; then
/// start again. The outcome is compared with that of a run that nobody disturbed.
/// </summary>
public sealed class KillAtEveryBoundaryTests
{
    /// <summary>Far more starts than there are boundaries.</summary>
    const int StartsMax = 200;

    /// <summary>
    /// Every start dies at the next operation where none has died: also in the recovery from the last one.
    /// </summary>
    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_swarm_that_dies_at_every_kind_of_boundary_in_turn_ends_as_if_it_had_not()
    {
        var (crossed, _) = await Undisturbed.RunAsync();
        using var repository = ChaosScenario.Repository();
        var before = Baseline.Take(repository);

        var starts = 1;
        while (await Orchestrator.DiesAsync(repository, new Death.Next()))
        {
            Assert.True(++starts < StartsMax, "it dies and dies and does not get on");
        }

        var deaths = Orchestrator.Deaths(repository);
        TestContext.Current.TestOutputHelper?.WriteLine($"died {deaths.Count} times:\n{string.Join('\n', deaths)}");
        await Undisturbed.RequireAsync(repository, before);

        // Where the recovery from one death goes around another boundary, that one gets a swarm of its own.
        foreach (var missed in crossed.Keys.Where(boundary => boundary.InSample).Except(deaths))
        {
            await DieOnceAsync(new Death.At(missed, 1));
        }
    }

    /// <summary>
    /// False: it never came there. Where agents are faster or slower, a boundary may be crossed less often.
    /// </summary>
    static async Task<bool> DieOnceAsync(Death.At death)
    {
        using var repository = ChaosScenario.Repository();
        var before = Baseline.Take(repository);
        var died = await Orchestrator.DiesAsync(repository, death);
        await repository.MustAsync(0, "run", "--format", "json");
        await Undisturbed.RequireAsync(repository, before);
        return died;
    }

    /// <summary>
    /// One run for each time that an undisturbed one crosses a boundary: hundreds, half an hour, so only on request.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task A_swarm_that_dies_at_any_one_boundary_ends_as_if_it_had_not()
    {
        var (crossed, _) = await Undisturbed.RunAsync();
        var (runs, alive, findings) = (0, 0, new List<string>());
        var points = crossed.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal)
            .SelectMany(pair => Enumerable.Range(1, pair.Value).Select(count => new Death.At(pair.Key, count)));
        foreach (var death in points.Where(ChaosRequest.Wants))
        {
            runs++;
            try
            {
                alive += await DieOnceAsync(death) ? 0 : 1;
            }
            catch (Xunit.Sdk.XunitException finding)
            {
                findings.Add($"{death}: {finding.Message}");
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{runs}: {death}, {findings.Count} findings");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{runs} runs, {runs - alive} killed, {findings.Count} findings");
        Assert.True(findings.Count == 0, string.Join("\n\n", findings));
    }
}
