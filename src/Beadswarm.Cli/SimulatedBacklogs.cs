using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli.Commands;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Simulation.Outlooks;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Runs the user's own backlog in simulated worlds. Only this and <see cref="SimulatedFaults"/> know the simulation, so
/// that no other verb loads it.
/// </summary>
static class SimulatedBacklogs
{
    const int PageMax = 5_000;

    public static async Task<int> RunAsync(VerbCall call, SimulationWish wish, CancellationToken cancellationToken)
    {
        var input = await ReadAsync(call, wish, cancellationToken);
        var outlook = OutlookRun.Run(
            input, wish.AllSeeds, new SimulationProgress(call).Tell, cancellationToken);
        var cost = await ForecastAsync(call, wish, outlook, cancellationToken);
        call.Print(call.Json
            ? OutlookJson.Format(outlook) + JsonLine.Object(json =>
            {
                json.WriteString("type", "cost");
                cost.Write(json);
            }) + "\n"
            : OutlookText.Format(outlook, cost.Describe(), call.Host.Width));
        return outlook.Reach is { Selected: > 0, Ready: 0 } ? ExitCodes.Exhausted : ExitCodes.Ok;
    }

    static async Task<CostForecast> ForecastAsync(
        VerbCall call, SimulationWish wish, Outlook outlook, CancellationToken cancellationToken)
    {
        var config = Settings.Load(
            await Settings.ReadAsync(call.RepositoryPath, call.Host, wish.Flags, cancellationToken)).Config;
        await using var swarm = SwarmReader.Open(call);
        return await CostForecast.ReadAsync(
            swarm, config, Math.Min(outlook.Reach.CanLand, config.Select.Target ?? int.MaxValue), cancellationToken);
    }

    static async Task<OutlookInput> ReadAsync(
        VerbCall call, SimulationWish wish, CancellationToken cancellationToken)
    {
        var repository = call.RepositoryPath;
        var sources = await Settings.ReadAsync(repository, call.Host, wish.Flags, cancellationToken);
        var config = Settings.Load(sources).Config;
        var location = TrackerLocation.Find(repository, config.Tracker.Dialect);
        var backlog = await new JsonlTracker(location, call.Host.Time).ReadAsync(cancellationToken);
        await using var reader = SwarmReader.Open(call);
        var known = await reader.ReadAsync((store, token) => store.ReadBeadsAsync(token), cancellationToken);
        return new OutlookInput
        {
            Configs = ConfigsOf(call, sources, config, wish),
            Beads = InHandAsOpen(backlog.Beads, known),
            Dialect = location.Dialect,
            ListedStatuses = location.ListedStatuses,
            TrackerInGit = config.Tracker.Commit
                && await Settings.IsTrackedAsync(repository, location.File, call.Host, cancellationToken),
            Measures = await MeasureAsync(reader, cancellationToken),
            Assumptions = new Assumptions(wish.Stage, wish.Gate, wish.FailureRate),
            Now = call.Host.Time.GetUtcNow(),
        };
    }

    /// <summary>The configuration with each number of agents spread over its pools.</summary>
    static IReadOnlyList<SwarmConfig> ConfigsOf(
        VerbCall call, ConfigSources sources, SwarmConfig config, SimulationWish wish)
    {
        var numbers = wish.Agents.Where(agents => wish.AgentsGiven || agents >= config.Pools.Count).ToArray();
        if (numbers.Length < wish.Agents.Count)
        {
            call.Note($"note: fewer agents than pools ({config.Pools.Count}) are left out");
        }

        return
        [
            .. numbers.Select(agents => Settings.Load(sources with
            {
                Flags = [.. sources.Flags, new ConfigFlag("agents", $"{agents}", "--agents")],
            }).Config),
        ];
    }

    /// <summary>What a swarm of this repository has begun is in_progress because of it, and would go on.</summary>
    static IReadOnlyList<Bead> InHandAsOpen(IReadOnlyList<Bead> beads, IReadOnlyList<BeadWork> known)
    {
        var ours = known
            .Where(work => work.Started && work.State is BeadState.Pending or BeadState.Held or BeadState.Landing)
            .Select(work => work.Id).ToHashSet();
        return
        [
            .. beads.Select(bead => bead.Status == BeadStatus.InProgress && ours.Contains(bead.Id)
                ? bead with { Status = BeadStatus.Open, Assignee = null }
                : bead),
        ];
    }

    static async Task<WorkMeasures> MeasureAsync(SwarmReader reader, CancellationToken cancellationToken)
    {
        var meter = new WorkMeter();
        var (after, more) = (0L, true);
        while (more)
        {
            var page = await reader.ReadAsync(
                (store, token) => store.ReadJournalAsync(after, null, PageMax, token), cancellationToken);
            foreach (var entry in page)
            {
                meter.See(entry);
                after = entry.Sequence;
            }

            more = page.Count == PageMax;
        }

        return meter.Measures;
    }
}

/// <summary>Says on standard error how far a simulation is, once it takes long.</summary>
sealed class SimulationProgress(VerbCall call)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    DateTimeOffset _toldAt = call.Host.Time.GetUtcNow();

    public void Tell(int done, int all)
    {
        if (done < all && call.Host.Time.GetUtcNow() - _toldAt >= Pause)
        {
            _toldAt = call.Host.Time.GetUtcNow();
            call.Note($"simulated {done} of {all} runs");
        }
    }
}
