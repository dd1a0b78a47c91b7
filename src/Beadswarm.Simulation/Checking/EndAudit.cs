using Beadswarm.Auditing;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Storage;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Checking;

/// <summary>
/// Audits what a run has left by the rules that <c>beadswarm audit</c> has for what is really there: what they find
/// here is an error of the engine, or of the rules.
/// </summary>
sealed class EndAudit(SimulatedWorld world)
{
    /// <summary>How a lander marks the lock of the checkout that follows.</summary>
    const string LockMark = "beadswarm ";

    public void Check()
    {
        var report = AuditRules.Examine(Look());
        var found = report.Findings.FirstOrDefault(finding =>
            finding.Finding.Severity == AuditSeverity.Violation && !IsSomebodyElses(finding));
        if (found is not null)
        {
            throw new ViolationException(
                Invariant.Audited, $"{found.Rule.Name}: {found.Finding.What} ({found.Finding.Found})");
        }
    }

    /// <summary>
    /// Whoever audits is told that a person took a landing back, and that is nobody's mistake; and that the tracker of
    /// one clone has not heard what another one's was told.
    /// </summary>
    bool IsSomebodyElses(RuledFinding finding) => finding switch
    {
        { Rule.Name: "landing.content", Finding.Bead: { } bead } => world.Witness.WasTakenBack(bead),
        { Rule.Name: "tracker.agrees" } => world.HasNodes,
        _ => false,
    };

    AuditInput Look()
    {
        // Nobody looks on, so that every answer is there at once.
        var reading = AuditReading.ReadAsync(new InMemoryStore(world.Database), CancellationToken.None);
        var store = reading.Result ?? throw new InvalidOperationException("no swarm was ever begun");
        return new AuditInput
        {
            Alive = false,
            Store = store,
            Target = Target(store),
            Tracker = new AuditedTracker(
                world.Plan.Config.Tracker.Actor, world.Holder.Backlog.Read().Beads.ToDictionary(bead => bead.Id)),
            Surroundings = new AuditedSurroundings
            {
                Processes =
                [
                    .. world.Clones.SelectMany(clone => clone.Machine.Running).Select(process => new TaggedTrace(
                        process.Identity.Pid, process.Tag, process.Command)),
                ],
                Locks = world.Holder.Git.Checkout?.Lock?.StartsWith(LockMark, StringComparison.Ordinal) == true
                    ? ["index.lock"] : [],
                Unkept = [.. Unkept(store)],
            },
        };
    }

    AuditedTarget? Target(AuditedStore store)
    {
        if (world.Tip is not { } tip)
        {
            return null;
        }

        var named = NamedCommits.Of(store.Journal);
        var contained = named.All
            .Where(id => Find(id) is { } commit && HistoryRules.IsAncestor(commit, tip)).ToHashSet();
        var commits = Commits(tip, named, contained);
        var heads = store.Landings.ToDictionary(row => row.Id.Value, row => row.HeadCommit);
        var landings = store.Journal.Select(entry => entry.Event).OfType<Journal.JournalEvent.LandingIntended>()
            .GroupBy(intended => intended.Candidate)
            .ToDictionary(group => group.Key, group => heads.GetValueOrDefault(group.Last().Landing));
        return new AuditedTarget
        {
            Branch = world.Target.Value,
            Tip = tip.Id.Value,
            Commits = [.. commits.Select(commit => Describe(commit, landings))],
            Contained = contained,
            Files = commits.SelectMany(commit => commit.Changes).Select(change => change.Path).Distinct()
                .Select(path => (Path: path, Content: tip.Tree.Find(path)))
                .Where(file => file.Content is not null)
                .ToDictionary(file => file.Path, file => file.Content!.Id),
        };
    }

    /// <summary>The first line since the swarm began, and what it had before somebody merged it aside.</summary>
    SimulatedCommit[] Commits(SimulatedCommit tip, NamedCommits named, HashSet<string> contained)
    {
        var since = named.Bases.Where(contained.Contains).Select(Find).FirstOrDefault();
        var aside = named.Moves.Where(contained.Contains).Select(Find).OfType<SimulatedCommit>();
        return
        [
            .. aside.Prepend(tip).SelectMany(from => HistoryRules.FirstParents(from, since)).Distinct()
                .OrderBy(commit => commit.Generation).ThenBy(commit => commit.Id.Value, StringComparer.Ordinal),
        ];
    }

    TargetCommit Describe(SimulatedCommit commit, Dictionary<string, string?> landings)
    {
        var head = commit.Parents.Length > 1 ? commit.Parents[1]
            : landings.GetValueOrDefault(commit.Id.Value) is { } id ? Find(id) : null;
        return new TargetCommit(
            commit.Id.Value, commit.FirstParent?.Id.Value, commit.Tree.Id.Value,
            commit.Trailer(LandingMessage.BeadTrailer) is { } bead ? [bead] : [],
            [.. commit.Changes.Select(change => new TargetChange(change.Path, change.From?.Id, change.To?.Id))])
        {
            Deviations = head is not null && commit.FirstParent is { } first && landings.ContainsKey(commit.Id.Value)
                ? Deviations(commit, first, head) : [],
        };
    }

    static string[] Deviations(SimulatedCommit commit, SimulatedCommit first, SimulatedCommit head) =>
    [
        .. FileTree.Differences(MergeRules.Merge(first, head).Marked(), commit.Tree).Select(change => change.Path)
            .Where(path => !ProtectedFolders.Contain(path)),
    ];

    IEnumerable<(Beads.BeadId Bead, string Commit)> Unkept(AuditedStore store)
    {
        var reached = world.Clones.SelectMany(clone => clone.Git.Reached(except: null)).ToArray();
        return
            from work in store.Beads
            where work.State is not (BeadState.Completed or BeadState.Withdrawn)
            let head = work.HeadCommit is { } id ? Find(id) : null
            where head is not null && !reached.Any(one => HistoryRules.IsAncestor(head, one))
            select (work.Id, head.Id.Value);
    }

    SimulatedCommit? Find(string id) => CommitId.TryParse(id, out var commit) ? world.Commits.Find(commit) : null;
}
