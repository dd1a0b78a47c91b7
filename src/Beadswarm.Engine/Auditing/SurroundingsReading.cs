using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Git;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Auditing;

/// <summary>Looks at processes, locks, workspaces and refs of a swarm at rest. Nothing is written.</summary>
static class SurroundingsReading
{
    /// <summary>How the lander marks git's own lock while the user's checkout follows.</summary>
    const string LockMark = "beadswarm ";

    /// <param name="agents">Those that the swarm has, with or without a workspace.</param>
    /// <param name="open">Stages whose agents the next start takes over.</param>
    public static async Task<AuditedSurroundings> ReadAsync(
        UserRepository user, GitRunner runner, IReadOnlyList<BeadWork> beads, IEnumerable<AgentNumber> agents,
        IReadOnlyList<OpenStage> open, CancellationToken cancellationToken)
    {
        var paths = new SwarmPaths(user.Root);
        var processes = LeftProcesses.Find(paths, open);
        var unfinished = beads.Where(bead => bead.State is not (BeadState.Completed or BeadState.Withdrawn)).ToArray();
        var hub = Hub.Find(user, runner);
        return new AuditedSurroundings
        {
            Processes =
                [.. processes.Select(found => new TaggedTrace(found.Identity.Pid, found.Tag, found.Command))],
            Locks = [.. Locks(user, paths)],
            Orphans = hub is null ? [] : await OrphansAsync(hub, unfinished, agents, cancellationToken),
            Unkept = hub is null ? [] : await UnkeptAsync(hub, unfinished, cancellationToken),
        };
    }

    static IEnumerable<string> Locks(UserRepository user, SwarmPaths paths)
    {
        if (File.Exists(paths.Socket) && !new ControlClient(paths.Socket).Answers())
        {
            yield return paths.Socket;
        }

        var index = Path.Combine(user.GitDirectory, "index.lock");
        if (SmallFile.Read(index)?.StartsWith(LockMark, StringComparison.Ordinal) == true)
        {
            yield return index;
        }
    }

    static Task<IReadOnlyList<Orphan>> OrphansAsync(
        Hub hub, IEnumerable<BeadWork> unfinished, IEnumerable<AgentNumber> agents, CancellationToken cancellationToken)
    {
        var branches =
            from bead in unfinished
            let agent = bead.LastAgent
            where agent is not null
            select WorkspaceBranch.Of(agent.Value, bead.Id);
        return new OrphanSearch(hub, new WorkspacePool(hub, new WorkspaceOptions())).FindAsync(
            agents.ToHashSet(), branches.ToHashSet(), cancellationToken);
    }

    static async Task<IReadOnlyList<(BeadId Bead, string Commit)>> UnkeptAsync(
        Hub hub, IEnumerable<BeadWork> unfinished, CancellationToken cancellationToken)
    {
        var heads = unfinished.Where(bead => bead.HeadCommit is not null)
            .Select(bead => (bead.Id, Commit: bead.HeadCommit ?? "")).ToArray();
        if (heads.Length == 0)
        {
            return [];
        }

        var found = await hub.Repository.LookUpAsync([.. heads.Select(head => head.Commit)], cancellationToken);
        var there = found.OfType<GitObject>().Select(one => one.Id).ToHashSet();
        var call = GitCall.Of("rev-list", "--stdin", "--not", "--glob=refs/*", "--alternate-refs")
            .With(string.Concat(there.Select(commit => commit + "\n")));
        var unreachable = there.Count == 0 ? [] : (await hub.Repository.RunAsync(call, cancellationToken)).Lines;
        var kept = there.Except(unreachable).ToHashSet();
        return [.. heads.Where(head => !kept.Contains(head.Commit)).Select(head => (head.Id, head.Commit))];
    }
}
