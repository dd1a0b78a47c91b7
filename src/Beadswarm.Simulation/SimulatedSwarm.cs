using System.Globalization;
using System.Text;
using Beadswarm.Journal;
using Beadswarm.Simulation.Checking;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Scheduling;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation;

/// <summary>What came of one simulated run.</summary>
/// <param name="Failure">What did not hold, and all that is known about it; null when everything did.</param>
/// <param name="Invariant">Which of the invariants it was; null also for an error of another kind.</param>
/// <param name="Hash">Of the whole journal and of every step: the same for the same seed.</param>
sealed record SimulationReport(
    long Seed, string? Failure, string? Invariant, string Hash, TimeSpan Time, long Steps, SwarmOutcome? Outcome,
    IReadOnlyDictionary<FaultKind, int> Faults, int Orchestrators, int Agents, int GateRuns, int JournalEntries);

/// <summary>
/// Runs the engine itself, from the first bead to the last, in a world made of memory, in which a seed decides about
/// everything: the order of all steps, how long things take, and what goes wrong. First everything may; then nothing
/// does,
/// and the swarm must come to its end. What must always hold is checked after every step.
/// </summary>
static class SimulatedSwarm
{
    const int JournalShown = 40;
    const int LineShown = 400;

    public static SimulationReport Run(long seed, SimulationOptions? options = null)
    {
        var settings = options ?? new SimulationOptions();
        var world = new SimulatedWorld(settings.Adjust(WorldPlanning.Draw(seed, settings.Faults)), settings);
        var living = world.Outside.RunAsync(() => LiveAsync(world));
        try
        {
            world.Scheduler.Run(living);
            if (living.Exception?.InnerException is { } failed)
            {
                return Report(world, failed, living);
            }

            if (settings.Checked)
            {
                new EndInvariants(world).Check();
            }

            return Report(world, null, living);
        }
        catch (Exception error) when (error is ViolationException or SchedulingException or LivenessException
            or InvalidOperationException)
        {
            return Report(world, error, living);
        }
        finally
        {
            settings.Ended(world);
        }
    }

    static async Task<SwarmOutcome> LiveAsync(SimulatedWorld world)
    {
        var weather = new Weather(world);
        weather.Begin();
        new People(world).Begin();
        var calm = world.Outside.RunAsync(async () =>
        {
            await Task.Delay(world.Plan.FaultyTime, world.Outside.Clock);
            world.Note("from here on nothing goes wrong");
            weather.Calm();
        });
        var operating = world.Clones.Select(clone => new Operator(world, clone).RunAsync(calm)).ToArray();
        var bound = world.Plan.FaultyTime + world.Plan.CalmTimeMax;
        try
        {
            return (await Task.WhenAll(operating).WaitAsync(bound, world.Outside.Clock))[^1];
        }
        catch (TimeoutException)
        {
            throw new LivenessException($"not at its end {world.Plan.CalmTimeMax} after the last fault");
        }
    }

    static SimulationReport Report(SimulatedWorld world, Exception? error, Task<SwarmOutcome> living) => new(
        world.Plan.Seed, error is null ? null : Describe(world, error),
        error switch
        {
            ViolationException violation => violation.Invariant,
            LivenessException => Invariant.Progress,
            _ => null,
        },
        Hash(world), world.Scheduler.Now, world.Scheduler.Steps,
        living.IsCompletedSuccessfully ? living.Result : null, world.Faults.Counts, world.Orchestrators.Count,
        world.Witness.Agents, world.Witness.GateRuns, world.Database.Journal.Count);

    static string Hash(SimulatedWorld world)
    {
        var journal = string.Join('\n', Journal(world, world.Database.Journal.Count));
        return ContentHash.Of(
            "run", journal, world.Scheduler.Trace.ToString("x16", CultureInfo.InvariantCulture)).ToString();
    }

    static string Describe(SimulatedWorld world, Exception error)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"seed {world.Plan.Seed}: {Unwrap(error)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"faults: {world.Faults.Mix}");
        text.AppendLine(CultureInfo.InvariantCulture, $"landing: {world.Plan.Config.Landing}");
        text.AppendLine(world.Scheduler.Describe());
        text.AppendLine("beads:");
        foreach (var row in world.Database.Beads.Rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"  {row.Id} {row.Work.State}, attempt {row.Work.Attempt} of {row.Work.AttemptsAllowed}, "
                + $"{row.Work.InfrastructureFailures} infrastructure failures, ready {row.Work.Ready}");
        }

        foreach (var clone in world.Clones)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"tracker of {clone.Host}:");
            foreach (var bead in clone.Backlog.Read().Beads)
            {
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"  {bead.Id} {bead.Status} {bead.Assignee} {bead.UpdatedAt:HH:mm:ss}");
            }
        }

        text.AppendLine("what happened outside:");
        foreach (var note in world.Notes.TakeLast(JournalShown))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {note}");
        }

        text.AppendLine("journal:");
        foreach (var line in Journal(world, JournalShown))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {line[..Math.Min(line.Length, LineShown)]}");
        }

        return text.ToString();
    }

    static string Unwrap(Exception error) => error is InvalidOperationException ? error.ToString() : error.Message;

    static IEnumerable<string> Journal(SimulatedWorld world, int newest)
    {
        var journal = world.Database.Journal;
        for (var number = Math.Max(1, journal.Count - newest + 1); number <= journal.Count; number++)
        {
            var entry = journal.Find(number)!;
            yield return $"{entry.Sequence} {entry.At:HH:mm:ss.ffffff} {entry.Swarm} {entry.Bead} {entry.Agent} "
                + StoredEvent.Write(entry.Event);
        }
    }
}
