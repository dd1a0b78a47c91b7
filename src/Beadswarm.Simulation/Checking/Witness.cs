using Beadswarm.Beads;
using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Machines;
using Beadswarm.Simulation.Worlds;

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
    readonly HashSet<BeadId> _askedAgain = [];
    readonly HashSet<BeadId> _closedByPerson = [];

    /// <summary>The last state of every file that an agent has written, by session.</summary>
    public IReadOnlyCollection<WrittenFile> Written => _written.Values;

    /// <summary>How many agents were started.</summary>
    public int Agents { get; private set; }

    public int GateRuns { get; private set; }

    /// <summary>An agent begins to work.</summary>
    public void Started(SimulatedSession session)
    {
        Agents++;
        var others = world.Machine.Running.Where(process => process != session.Process
            && process.Command.StartsWith("agent", StringComparison.Ordinal)
            && world.Machine.SessionAt(FolderOf(process))?.Launch.Workspace == session.Launch.Workspace).ToArray();
        if (others.Length > 0)
        {
            throw new ViolationException(
                Invariant.OneAgentAtWork,
                $"{session.Process.Tag} begins in {session.Launch.Workspace} while {others[0].Tag} works there");
        }

        _sessions[session.Process] = session.Folder;
    }

    readonly Dictionary<SimulatedProcess, string> _sessions = [];

    /// <summary>A bead's own, but nobody minds if the last words of it are missing.</summary>
    public void Touches(SimulatedSession session, string path) => _touched.Add((session.Launch.Bead, path));

    public void Wrote(SimulatedSession session, string path, string text)
    {
        Touches(session, path);
        _written[(session.Folder, path)] = new WrittenFile(
            session.Launch.Bead, path, FileContent.Of(text).Id, session.Process.Tag);
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

    public void Foreign(CommitId? commit)
    {
        if (commit is { } made)
        {
            _foreign.Add(made);
        }
    }

    public bool IsForeign(CommitId commit) => _foreign.Contains(commit);

    /// <summary>A person has asked for further attempts: the counters may begin anew.</summary>
    public void PersonAsksAgain(BeadId bead) => _askedAgain.Add(bead);

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
                throw new ViolationException(
                    Invariant.LandedBeforeDone,
                    $"{teller.Node.Name} closes {close.Bead}, whose work is not on the target");
            }
        }
    }

    /// <summary>Whether some commit of the target's history landed this bead.</summary>
    public bool IsOnTarget(BeadId bead) =>
        world.Git.Tip is { } tip
        && world.Invariants.LandsOn.LandingsOf(bead).Any(commit => HistoryRules.IsAncestor(commit, tip));

    string FolderOf(SimulatedProcess process) => _sessions.GetValueOrDefault(process, "");
}
