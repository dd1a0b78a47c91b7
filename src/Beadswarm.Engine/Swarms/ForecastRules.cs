using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Estimates;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>What a forecast is made from: the swarm's records at one moment.</summary>
sealed record ForecastRecords(
    SwarmConfig Config, IReadOnlyList<BeadWork> Beads, IReadOnlyList<StageRun> History,
    IReadOnlyList<LandingEntry> Landings, BeadGraph? Graph, StatusSnapshot Status);

/// <summary>Turns the records of a swarm into what an estimate is made from.</summary>
static class ForecastRules
{
    public static EstimateInput Input(ForecastRecords records, DateTimeOffset now)
    {
        var pipeline = records.Config.Pipeline;
        var left = Reachable(records);
        var places = left.Select((bead, index) => (bead.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index);
        return new EstimateInput
        {
            Stages = [.. pipeline.Stages.Select(stage => Measure(records.History, stage.Name, now))],
            Landing = Measure(records.Landings),
            RetryFrom = IndexOf(pipeline, pipeline.RetryFrom),
            Pools =
            [
                .. records.Config.Pools.Select(pool => new EstimatedPool(
                    pool.Agents,
                    [.. pool.Stages.Where(pipeline.Has).Select(stage => IndexOf(pipeline, stage))])),
            ],
            Beads = [.. left.Select(bead => Describe(bead, records, places, now))],
            LandingsWanted = records.Status.Swarm?.Target is { } target
                ? Math.Max(0, target - records.Status.Landed)
                : null,
        };
    }

    static EstimatedBead Describe(
        BeadWork bead, ForecastRecords records, Dictionary<BeadId, int> places, DateTimeOffset now)
    {
        var pipeline = records.Config.Pipeline;
        var stage = bead.State switch
        {
            BeadState.Pending pending => IndexOf(pipeline, PipelineRules.Resume(pipeline, pending.Stage)),
            BeadState.Held held => IndexOf(pipeline, PipelineRules.Resume(pipeline, held.Stage)),
            _ => pipeline.Stages.Count,
        };
        var waits = bead.Ready ? [] : Blockers(records.Graph, bead.Id).Where(places.ContainsKey).ToArray();
        return new EstimatedBead(
            stage, bead.Begun, Math.Max(0, bead.AttemptsAllowed - bead.Attempt), [.. waits.Select(id => places[id])])
        {
            Worked = bead.State is BeadState.Held by
                ? (PoolOf(records.Config, by.Agent), SecondsSoFar(records.History, bead.Id, now))
                : null,
            SnoozedSeconds = bead.State is BeadState.Pending { NotBefore: { } until } && until > now
                ? (until - now).TotalSeconds
                : 0,
        };
    }

    /// <summary>
    /// What may still be worked, in the order of claims: not what waits, directly or not, for something that will not
    /// land, and not what the limit leaves for another swarm.
    /// </summary>
    static List<BeadWork> Reachable(ForecastRecords records)
    {
        var left = records.Beads
            .Where(bead => bead.State is BeadState.Pending or BeadState.Held or BeadState.Landing)
            .OrderBy(bead => bead.Priority).ThenByDescending(bead => bead.Unblocks).ThenBy(bead => bead.CreatedAt)
            .ThenBy(bead => bead.Id).ToList();
        if (records.Status.Swarm?.Limit is { } limit)
        {
            var mayBegin = Math.Max(0, limit - records.Beads.Count(bead => bead.Begun));
            left = [.. left.Where(bead => bead.Begun || mayBegin-- > 0)];
        }

        for (var before = -1; before != left.Count;)
        {
            before = left.Count;
            var there = left.Select(bead => bead.Id).ToHashSet();
            left.RemoveAll(bead => bead is { Ready: false, State: BeadState.Pending }
                && Blockers(records.Graph, bead.Id).ToArray() is var blockers
                && (blockers.Length == 0 || !blockers.All(there.Contains)));
        }

        return left;
    }

    /// <summary>
    /// The unfinished beads that this one waits for, also by way of its parents; for an epic, what is below it.
    /// </summary>
    internal static IEnumerable<BeadId> Blockers(BeadGraph? graph, BeadId bead)
    {
        if (graph is null)
        {
            yield break;
        }

        var seen = new HashSet<BeadId> { bead };
        var open = new Queue<BeadId>(seen);
        while (open.TryDequeue(out var next))
        {
            foreach (var edge in graph.Outgoing(next))
            {
                if (edge is { Kind: DependencyKind.ParentChild, To: { } parent })
                {
                    if (seen.Add(parent.Id))
                    {
                        open.Enqueue(parent.Id);
                    }
                }
                else if (edge is { Kind: not DependencyKind.Related, To: { Unfinished: true } blocker })
                {
                    var below = graph.Descendants(blocker.Id)
                        .Where(id => graph.Find(id) is { Unfinished: true }).ToArray();
                    foreach (var id in (below.Length == 0 ? [blocker.Id] : below).Where(id => id != bead))
                    {
                        yield return id;
                    }
                }
            }
        }
    }

    static MeasuredStage Measure(IReadOnlyList<StageRun> history, StageName stage, DateTimeOffset now)
    {
        var runs = history.Where(run => run.Stage == stage && run.Status != StageStatus.Interrupted).ToArray();
        return new MeasuredStage(
            [.. runs.Where(run => run.CompletedAt is not null).Select(Seconds)],
            [.. runs.Where(run => run.CompletedAt is null).Select(run => (now - run.StartedAt).TotalSeconds)],
            runs.Count(run => run.Status == StageStatus.Passed), runs.Count(run => run.Status == StageStatus.Failed),
            runs.Count(run => run.Status == StageStatus.Error));
    }

    static double Seconds(StageRun run) =>
        Math.Max(0, ((run.CompletedAt ?? run.StartedAt) - run.StartedAt).TotalSeconds);

    /// <summary>
    /// How long the lander took for each, which begins when it came or when the one before it was through. Those of one
    /// batch come at once: together they took as long as the batch.
    /// </summary>
    static MeasuredStage Measure(IReadOnlyList<LandingEntry> landings)
    {
        var landed = landings
            .Select(entry => (entry.QueuedAt, (entry.State as LandingState.Landed)?.At))
            .Where(pair => pair.At is not null).OrderBy(pair => pair.At).ToArray();
        var seconds = new List<double>();
        var free = DateTimeOffset.MinValue;
        foreach (var (queuedAt, at) in landed)
        {
            var landedAt = at ?? queuedAt;
            seconds.Add(Math.Max(0, (landedAt - (queuedAt > free ? queuedAt : free)).TotalSeconds));
            free = landedAt;
        }

        return new MeasuredStage(
            seconds, [], landed.Length, landings.Count(entry => entry.State is LandingState.Returned), 0);
    }

    static double SecondsSoFar(IReadOnlyList<StageRun> history, BeadId bead, DateTimeOffset now) =>
        history.LastOrDefault(run => run.Bead == bead && run.CompletedAt is null) is { } run
            ? Math.Max(0, (now - run.StartedAt).TotalSeconds)
            : 0;

    static int PoolOf(SwarmConfig config, AgentNumber agent)
    {
        var last = 0;
        for (var i = 0; i < config.Pools.Count; i++)
        {
            last += config.Pools[i].Agents;
            if (agent.Value <= last)
            {
                return i;
            }
        }

        return config.Pools.Count - 1;
    }

    static int IndexOf(Pipeline pipeline, StageName name) =>
        pipeline.Stages.Select((stage, index) => (stage.Name, index)).First(pair => pair.Name == name).index;
}
