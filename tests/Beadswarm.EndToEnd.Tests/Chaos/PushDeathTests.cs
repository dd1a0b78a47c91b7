using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>git is killed in the middle of a push, before and after the branch has moved there.</summary>
[Trait("Speed", "slow")]
public sealed class PushDeathTests
{
    /// <summary>Each of the four ways, one push after the other; the orchestrator outlives two of them.</summary>
    [Fact]
    public async Task A_push_that_dies_lands_once_whether_the_branch_had_moved_or_not()
    {
        using var repository = ChaosScenario.Repository();
        repository.AddOrigin();
        using var trap = new PushTrap(repository);
        var before = Baseline.Take(repository);
        string Tip() => repository.GitIn(repository.Origin, "rev-parse", "main");

        (PushMoment Moment, bool OrchestratorDies)[] deaths =
        [
            (PushMoment.NotMoved, false), (PushMoment.Moved, false), (PushMoment.NotMoved, true),
            (PushMoment.Moved, true),
        ];
        trap.Lay(deaths[0].Moment);
        var run = RunningSwarm.Start(repository);
        try
        {
            for (var death = 0; death < deaths.Length; death++)
            {
                var (moment, orchestratorDies) = deaths[death];
                var push = await trap.CaughtAsync(run);
                Assert.Equal(moment == PushMoment.Moved ? push.To : push.From, Tip());
                if (orchestratorDies)
                {
                    await run.KillAsync();
                    await run.DisposeAsync();
                }

                // Before this one is let go: the next push may follow at once.
                if (death + 1 < deaths.Length)
                {
                    trap.Lay(deaths[death + 1].Moment);
                }

                GitTrap.Kill(push.Group, repository.Environment);
                if (orchestratorDies)
                {
                    Assert.Equal(moment == PushMoment.Moved ? push.To : push.From, Tip());
                    run = RunningSwarm.Start(repository);
                }
            }

            Summary.Of(await run.EndAsync());
        }
        finally
        {
            await run.DisposeAsync();
        }

        await Undisturbed.RequireAsync(repository, before);
    }
}
