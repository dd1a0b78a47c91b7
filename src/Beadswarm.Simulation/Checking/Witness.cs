using Beadswarm.Beads;
using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Machines;
using Beadswarm.Simulation.Scheduling;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Storage;

namespace Beadswarm.Simulation.Checking;

/// <summary>A file as an agent left it.</summary>
sealed record WrittenFile(BeadId Bead, string Path, string ContentId, string By);

/// <summary>
/// Has seen what really happened: what agents wrote, what gates tested, what others pushed. The engine is never asked.
/// </summary>
sealed class Witness(SimulatedWorld world)
{
    readonly Dictionary<(string Folder, string Path), WrittenFile> _written = [];
    readonly HashSet<(BeadId Bead, string Path)> _touched = [];
    readonly HashSet<(string Tree, string Gate)> _passed = [];
    readonly HashSet<CommitId> _foreign = [];
    readonly Dictionary<BeadId, Bead> _pushed = [];
    readonly HashSet<BeadId> _askedAgain = [];
    readonly HashSet<BeadId> _closedByPerson = [];
    readonly HashSet<BeadId> _takenBack = [];
    readonly Dictionary<(BeadId Bead, string Change), int> _told = [];
    readonly Dictionary<SimulatedNode, (SimulatedOrchestrator Lander, long Epoch)> _landers = [];

    /// <summary>The last state of every file that an agent has written, by session.</summary>
    public IReadOnlyCollection<WrittenFile> Written => _written.Values;

    /// <summary>How many agents were started.</summary>
    public int Agents { get; private set; }

    public int GateRuns { get; private set; }

    /// <summary>An agent begins to work.</summary>
    public void Started(SimulatedSession session)
    {
        Agents++;
        var running = world.Clones.SelectMany(clone => clone.Machine.Running).ToArray();
        var others = running.Where(process => process != session.Process
            && process.Command.StartsWith("agent", StringComparison.Ordinal)
            && SessionOf(process)?.Launch.Workspace == session.Launch.Workspace).ToArray();
        if (others.Length > 0)
        {
            world.Violate(
                Invariant.OneAgentAtWork,
                $"{session.Process.Tag} begins in {session.Launch.Workspace} while {others[0].Tag} works there");
        }

        var twin = running.FirstOrDefault(process => process != session.Process
            && process.Command.StartsWith("agent", StringComparison.Ordinal)
            && SessionOf(process)?.Launch.Bead == session.Launch.Bead);
        if (twin is not null && !_leasesRunOut)
        {
            world.Violate(
                Invariant.OneAtWork,
                $"{session.Process.Tag} begins with {session.Launch.Bead} while {twin.Tag} is at work on it");
        }

        // By the claim's token: two agents of one claim are never apart, whatever else went wrong.
        if (running.FirstOrDefault(process => process != session.Process
            && SessionOf(process) is { } other && ClaimOf(other) == ClaimOf(session)) is { } same)
        {
            world.Violate(
                Invariant.OneAtWork,
                $"{session.Process.Tag} begins while {same.Tag} is at work under the same claim");
        }

        _sessions[session.Process] = session;
        world.Money.AgentStarts(session);
    }

    readonly Dictionary<SimulatedProcess, SimulatedSession> _sessions = [];
    readonly HashSet<SimulatedSession> _letThrough = [];

    /// <summary>How many agents a vendor has turned away because there were too many.</summary>
    public int TurnedAway { get; private set; }

    /// <summary>What every agent has used that was ever started.</summary>
    public decimal SpentUsd => _letThrough.Sum(session => session.Usage.CostUsd ?? 0);

    /// <summary>A vendor looks whether one more is too many.</summary>
    public bool LetThrough(SimulatedSession session, int places)
    {
        if (_letThrough.Count(other => other.Process.Running) >= places)
        {
            TurnedAway++;
            return false;
        }

        return _letThrough.Add(session);
    }

    /// <summary>
    /// Whoever sleeps for longer than its lease, or has no answer of the store, may not have ended its agent when
    /// another one begins, nor who died on another machine: then the two are kept apart by workspace and token alone.
    /// </summary>
    readonly bool _leasesRunOut =
        world.Plan.Faults.Kinds.Overlaps(
        [
            FaultKind.Pause, FaultKind.TakeOver, FaultKind.StoreClockJumps, FaultKind.StoreIsSlow,
            FaultKind.StoreFailsBefore, FaultKind.StoreFailsAfter, FaultKind.DiskFull,
        ])
        || (world.HasNodes && world.Plan.Faults.Kinds.Overlaps([FaultKind.Crash, FaultKind.StoreAway]));

    /// <summary>An orchestrator has begun an epoch: every lander of an earlier one has no right any more.</summary>
    public void LanderBegan(SimulatedOrchestrator orchestrator, long epoch) =>
        _landers.Add(orchestrator.GitNode, (orchestrator, epoch));

    /// <summary>The orchestrator whose git this is, when another one has the right to land.</summary>
    public SimulatedOrchestrator? ReplacedLander(SimulatedNode? git) =>
        git is not null && _landers.TryGetValue(git, out var one)
        && one.Epoch < _landers.Values.Max(other => other.Epoch) ? one.Lander : null;

    /// <summary>A bead's own, but nobody minds if the last words of it are missing.</summary>
    public void Touches(SimulatedSession session, string path) => _touched.Add((session.Launch.Bead, path));

    public void Wrote(SimulatedSession session, string path, string text)
    {
        Touches(session, path);
        _written[(session.Folder, path)] = new WrittenFile(
            session.Launch.Bead, path, FileContent.Of(text).Id, session.Process.Tag);
    }

    /// <summary>A person has written it, where an agent would have.</summary>
    public void WroteByHand(BeadId bead, string path, string text)
    {
        _touched.Add((bead, path));
        var content = FileContent.Of(text).Id;
        _written[("by hand " + content, path)] = new WrittenFile(bead, path, content, "a person");
    }

    public bool Touched(BeadId bead, string path) => _touched.Contains((bead, path));

    /// <summary>A gate has looked at these files, whatever it was asked to look at.</summary>
    public void GateRan(GateRun run, FileTree files, bool passed)
    {
        GateRuns++;
        if (passed)
        {
            _passed.Add((files.Id.Value, run.Spec.Name));
        }
    }

    public bool HasPassed(TreeId tree, string gate) => _passed.Contains((tree.Value, gate));

    /// <summary>Somebody else takes back what a bead has brought.</summary>
    public void TookBack(BeadId bead) => _takenBack.Add(bead);

    public bool WasTakenBack(BeadId bead) => _takenBack.Contains(bead);

    public void Foreign(CommitId? commit)
    {
        if (commit is { } made)
        {
            _foreign.Add(made);
        }
    }

    public bool IsForeign(CommitId commit) => _foreign.Contains(commit);

    /// <summary>Beads as others have pushed them, each as it was pushed last.</summary>
    public IReadOnlyDictionary<BeadId, Bead> PushedBeads => _pushed;

    public void Pushed(Bead bead)
    {
        _pushed[bead.Id] = bead;
        AskedAgain(bead.Id);
    }

    /// <summary>Somebody has asked for further attempts: the counters may begin anew.</summary>
    public void AskedAgain(BeadId bead) => _askedAgain.Add(bead);

    public void PersonChanged(Bead bead)
    {
        _askedAgain.Add(bead.Id);
        if (bead.Unfinished)
        {
            _closedByPerson.Remove(bead.Id);
        }
        else
        {
            _closedByPerson.Add(bead.Id);
        }
    }

    public bool WasAskedAgain(BeadId bead) => _askedAgain.Contains(bead);

    public bool WasClosedByPerson(BeadId bead) => _closedByPerson.Contains(bead);

    /// <summary>The swarm is about to tell the tracker.</summary>
    public void Telling(SimulatedOrchestrator teller, IReadOnlyList<BeadChange> changes)
    {
        foreach (var close in changes.OfType<BeadChange.Close>())
        {
            if (world.Plan.Find(close.Bead)?.Bead.Type != "epic" && !IsOnTarget(close.Bead))
            {
                world.Violate(
                    Invariant.LandedBeforeDone,
                    $"{teller.Node.Name} closes {close.Bead}, whose work is not on the target");
            }
        }
    }

    /// <summary>The tracker has taken these over.</summary>
    public void Told(IReadOnlyList<BeadChange> changes)
    {
        foreach (var change in changes)
        {
            var key = (change.Bead, StoredNames.Of(change).Kind);
            _told[key] = _told.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>How often the tracker has taken over a change of this kind.</summary>
    public int TimesTold(BeadId bead, string change) => _told.GetValueOrDefault((bead, change));

    /// <summary>
    /// Whether everything that a landing of this bead brought was once on the target. That its commit is in the
    /// target's history says nothing: whoever merges it can leave out what it holds.
    /// </summary>
    public bool IsOnTarget(BeadId bead) => world.Invariants.LandsOn.LandingsOf(bead).Any(commit =>
        commit.Changes.All(change => change.To is not { } content
            || world.Invariants.Target.HasHeld(change.Path, content)));

    // Tags begin with the clone.
    static string ClaimOf(SimulatedSession session) =>
        session.Process.Tag[session.Process.Tag.IndexOf('/', StringComparison.Ordinal)..];

    SimulatedSession? SessionOf(SimulatedProcess process) => _sessions.GetValueOrDefault(process);
}
