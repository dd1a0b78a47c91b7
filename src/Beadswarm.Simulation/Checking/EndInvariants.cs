using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Checking;

/// <summary>What must hold when the swarm has come to its end and nothing goes wrong any more.</summary>
sealed class EndInvariants(SimulatedWorld world)
{
    public void Check()
    {
        world.Invariants.CheckFold();
        CheckProcesses();
        CheckBeads();
        CheckLandings();
        CheckNothingLost();
        CheckTurnedAway();
        world.Money.CheckEnd();
        new EndAudit(world).Check();
    }

    /// <summary>
    /// A vendor is not hammered: after a start all agents may be turned away once, and then a few in an hour.
    /// </summary>
    void CheckTurnedAway()
    {
        const int PerHour = 20;
        var most = (world.Orchestrators.Count * world.Plan.Config.AgentCount)
            + (int)((world.Scheduler.Now.TotalHours + 1) * PerHour);
        if (world.Witness.TurnedAway > most)
        {
            throw new ViolationException(
                Invariant.Bounded,
                $"its vendor has turned agents away {world.Witness.TurnedAway} times; {most} are not hammering");
        }
    }

    void CheckProcesses()
    {
        if (world.Clones.SelectMany(clone => clone.Machine.Running).FirstOrDefault() is { } left)
        {
            throw new ViolationException(Invariant.ProcessesGone, $"{left.Command} under {left.Tag} still runs");
        }
    }

    void CheckBeads()
    {
        var tracker = world.Holder.Backlog.Read().Beads.ToDictionary(bead => bead.Id);
        foreach (var work in world.Database.Beads.Rows.Select(row => row.Work))
        {
            if (Trouble(work, tracker.GetValueOrDefault(work.Id)) is { } trouble)
            {
                throw trouble;
            }
        }

        foreach (var unknown in world.Witness.PushedBeads.Keys.Where(id => world.Database.Beads.Find(id) is null
            && tracker.GetValueOrDefault(id) is not { Unfinished: false }))
        {
            throw new ViolationException(Invariant.OthersBeadsKept, $"{unknown} was pushed, and nobody works on it");
        }

        if (world.Database.Untold.Count > 0)
        {
            throw new ViolationException(Invariant.Settled, $"{world.Database.Untold.Count} changes were never told");
        }
    }

    ViolationException? Trouble(BeadWork work, Bead? bead) => work.State switch
    {
        BeadState.Held or BeadState.Landing =>
            new ViolationException(Invariant.Progress, $"{work.Id} is left as {work.State}"),
        BeadState.Pending when work.Ready && !OutOfBounds() =>
            new ViolationException(Invariant.Progress, $"{work.Id} is ready and was left as {work.State}"),
        BeadState.Completed when bead is { Unfinished: true } && !world.Witness.WasAskedAgain(work.Id) =>
            new ViolationException(Invariant.TrackerAgrees, $"{work.Id} is completed, the tracker says {bead.Status}"),
        BeadState.Blocked when !HasDossier(work.Id) =>
            new ViolationException(Invariant.Settled, $"{work.Id} is blocked without a dossier"),
        BeadState.Blocked when bead is { Status: BeadStatus.InProgress } =>
            new ViolationException(Invariant.TrackerAgrees, $"{work.Id} is blocked, the tracker says {bead.Status}"),
        // What a node has begun and another gave back, the first one's tracker learns when somebody works on it again.
        BeadState.Pending when bead is { Status: BeadStatus.InProgress } && !work.Ready && !world.HasNodes =>
            new ViolationException(Invariant.TrackerAgrees, $"{work.Id} waits, the tracker says {bead.Status}"),
        _ => null,
    };

    // A swarm that has reached its target or its limit leaves the others.
    bool OutOfBounds() => world.Database.Swarms.Last?.Record is { Target: not null } or { Limit: not null };

    bool HasDossier(BeadId bead) => world.Database.ArtifactsOfBead.Of(bead)
        .Any(id => world.Database.Artifacts.Find(id)!.Kind == ArtifactKind.Dossier);

    /// <summary>As often as the journal says that a bead landed, so many commits of it are on the target.</summary>
    void CheckLandings()
    {
        var told = new Dictionary<BeadId, int>();
        for (var number = 1; number <= world.Database.Journal.Count; number++)
        {
            if (world.Database.Journal.Find(number) is { Event: JournalEvent.BeadLanded, Bead: { } bead })
            {
                told[bead] = told.GetValueOrDefault(bead) + 1;
            }
        }

        foreach (var bead in world.Invariants.LandsOn.Landed.Concat(told.Keys).Distinct())
        {
            var (said, found) = (told.GetValueOrDefault(bead), world.Invariants.LandsOn.LandingsOf(bead).Count);
            if (said != found)
            {
                throw new ViolationException(
                    Invariant.LandsOnce, $"{bead} landed {said} times by the journal, and {found} times on the target");
            }
        }
    }

    /// <summary>
    /// Whatever an agent has written is in a commit that a ref reaches, or still lies in a workspace.
    /// </summary>
    void CheckNothingLost()
    {
        var kept = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<SimulatedCommit>();
        var open = new Stack<SimulatedCommit>(
            world.Clones.SelectMany(clone => clone.Git.Hub.All.Concat(clone.Git.User.All)).Concat(world.TargetRefs.All)
                .Select(entry => CommitId.TryParse(entry.Value, out var id) ? world.Commits.Find(id) : null)
                .OfType<SimulatedCommit>());
        while (open.TryPop(out var commit))
        {
            if (seen.Add(commit))
            {
                kept.UnionWith(commit.Changes.Select(change => change.To?.Id ?? ""));
                foreach (var parent in commit.Parents)
                {
                    open.Push(parent);
                }
            }
        }

        foreach (var folder in world.Clones.SelectMany(clone => clone.Git.Folders).Where(folder => folder.Exists))
        {
            kept.UnionWith(folder.Files.Files.Select(file => file.Value.Id));
        }

        // Of a squashed landing only what landed is kept, and that is looked at by its landing.
        var lost = world.Witness.Written.FirstOrDefault(file => !kept.Contains(file.ContentId)
            && !(world.Plan.Config.Landing.Squash && world.Witness.IsOnTarget(file.Bead)));
        if (lost is not null)
        {
            throw new ViolationException(
                Invariant.NothingLost, $"what {lost.By} wrote into {lost.Path} of {lost.Bead} is nowhere any more");
        }
    }
}
