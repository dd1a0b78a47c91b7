using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// The conflicts to come that are known of. Written by <see cref="ConflictForesight"/>, read by whoever briefs agents
/// and by the merge queue. Nothing rests on it: where it is wrong, or not known yet, a landing takes longer and is as
/// right.
/// </summary>
sealed class ForeseenConflicts
{
    volatile IReadOnlyList<ForeseenConflict> _known = [];

    /// <summary>Rings when a bead's work or the target may have changed.</summary>
    public Bell Changes { get; } = new();

    public IReadOnlyList<ForeseenConflict> Known
    {
        get => _known;
        set => _known = value;
    }

    /// <summary>What awaits the work that a bead has now.</summary>
    public IReadOnlyList<ForeseenConflict> Of(BeadId bead, string? head) =>
        [.. _known.Where(conflict => conflict.Bead == bead && conflict.Head.Value == head)];

    /// <summary>Which of the landings that wait will conflict with each other.</summary>
    public Func<LandingId, LandingId, bool> Between(IReadOnlyList<LandingEntry> waiting)
    {
        var pairs = new HashSet<(LandingId, LandingId)>();
        var entries = waiting.ToLookup(entry => (entry.Bead, entry.ProposedCommit));
        foreach (var conflict in _known.Where(conflict => conflict is { Other: not null, Landed: false }))
        {
            var others = entries[(conflict.Other!.Value, conflict.OtherHead.Value)]; // of a bead
            foreach (var one in entries[(conflict.Bead, conflict.Head.Value)])
            {
                pairs.UnionWith(others.SelectMany(other => new[] { (one.Id, other.Id), (other.Id, one.Id) }));
            }
        }

        return (one, other) => pairs.Contains((one, other));
    }
}

/// <summary>Which beads have work in flight, and which of two is to land first.</summary>
static class FlightRules
{
    /// <param name="queue">What waits to land, in that order.</param>
    /// <returns>First what is to land first: the queue, then what is further on in the pipeline.</returns>
    public static IReadOnlyList<InFlight> Of(
        IReadOnlyList<LandingEntry> queue, IEnumerable<BeadWork> beads, Pipeline pipeline)
    {
        var stages = pipeline.Stages.Select((stage, index) => (stage.Name, index))
            .ToDictionary(stage => stage.Name, stage => stage.index);
        var working =
            from bead in beads
            let stage = bead.State switch
            {
                BeadState.Pending pending => pending.Stage,
                BeadState.Held held => held.Stage,
                _ => (StageName?)null, // the queue's, or nobody's
            }
            where stage is not null && bead is { HeadCommit: not null, BaseCommit: not null }
            orderby stages.GetValueOrDefault(stage.Value, -1) descending, bead.Priority, bead.CreatedAt, bead.Id
            select new InFlight(bead.Id, new(bead.HeadCommit!), new(bead.BaseCommit!)); // both are there
        return
        [
            .. queue.Select(entry => new InFlight(entry.Bead, new(entry.ProposedCommit), new(entry.BaseCommit))),
            .. working,
        ];
    }
}
