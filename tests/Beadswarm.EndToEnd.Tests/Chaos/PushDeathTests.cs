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

        var run = RunningSwarm.Start(repository);
        try
        {
            foreach (var (moment, orchestratorDies) in ((PushMoment, bool)[])
            [
                (PushMoment.NotMoved, false), (PushMoment.Moved, false), (PushMoment.NotMoved, true),
                (PushMoment.Moved, true),
            ])
            {
                var tip = Tip();
                trap.Lay(moment);
                var group = await trap.CaughtAsync(run);
                Assert.Equal(moment == PushMoment.Moved, Tip() != tip);
                if (orchestratorDies)
                {
                    await run.KillAsync();
                    await run.DisposeAsync();
                }

                GitTrap.Kill(group, repository.Environment);
                Assert.Equal(moment == PushMoment.Moved, Tip() != tip);
                if (orchestratorDies)
                {
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
