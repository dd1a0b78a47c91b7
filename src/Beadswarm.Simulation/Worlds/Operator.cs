using Beadswarm.Simulation.Scheduling;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Worlds;

/// <summary>
/// Whoever keeps the swarm running in one clone: starts it again when it has died or ended, and in the end, when
/// nothing goes wrong any more, until it says that there is nothing left to do.
/// </summary>
sealed class Operator(SimulatedWorld world, SimulatedClone clone)
{
    /// <summary>More starts than this without faults: it does not come to its end.</summary>
    const int CalmStartsMax = 30;

    readonly SimulatedNode _node = world.Outside;

    /// <summary>The outcome of the last run, after which nothing is left to do.</summary>
    public async Task<SwarmOutcome> RunAsync(Task calm)
    {
        for (var (calmStarts, resume) = (0, false); ; resume = true)
        {
            if (calm.IsCompleted && ++calmStarts > CalmStartsMax)
            {
                throw new LivenessException($"still not at its end after {CalmStartsMax} starts without faults");
            }

            var orchestrator = world.StartOrchestrator(clone, resume);
            var end = await orchestrator.Gone;
            world.Note($"{orchestrator.Node.Name}: {Describe(end)}");
            if (end is OrchestratorEnd.Finished { Outcome.End: SwarmEnd.BudgetExceeded })
            {
                world.Money.Raise(orchestrator.BudgetUsd);
            }

            if (calm.IsCompleted && calmStarts > 0
                && end is OrchestratorEnd.Finished
                {
                    Outcome: { End: SwarmEnd.Completed or SwarmEnd.Exhausted } outcome,
                }
                && !clone.Orchestrators.Any(other => other.Node.Alive))
            {
                return outcome;
            }

            // What has ended by itself is looked after when there may be something new to do.
            var pause = end is OrchestratorEnd.Finished ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(20);
            await Task.Delay(world.Chances.People.Lognormal(pause, 1), _node.Clock);
        }
    }

    static string Describe(OrchestratorEnd end) => end switch
    {
        OrchestratorEnd.Finished finished => $"ended, {finished.Outcome.End}: {finished.Outcome.Reason}",
        OrchestratorEnd.Failed failed => $"failed: {failed.Error.Message}",
        OrchestratorEnd.Killed => "killed",
        OrchestratorEnd.Asleep => "given up as asleep",
    };
}

/// <summary>Nothing goes wrong any more, and still the swarm does not come to its end.</summary>
sealed class LivenessException(string message) : Exception(message);
