using Beadswarm.Workspaces;

namespace Beadswarm.Auditing;

/// <summary>That nothing is left over, and nothing that is needed is gone.</summary>
static class SurroundingRules
{
    const AuditNeeds AtRest = AuditNeeds.Rest | AuditNeeds.Surroundings;

    const string Doctor = "'beadswarm doctor --fix' puts it away";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("left.processes", "I17 I19", "every process of the swarm is gone, unless its stage is still open",
            "'beadswarm doctor --fix' ends them", AtRest, Processes),
        new("left.locks", "I15 I19", "no lock is left without its holder", Doctor, AtRest, Locks),
        new("left.workspaces", "I17", "every workspace belongs to an agent, every branch to a bead", Doctor, AtRest,
            Workspaces),
        new("work.kept", "I3", "the work of every bead that is not finished is held by a ref",
            "look for the commit in the hub ('git --git-dir .beadswarm/hub.git fsck --lost-found') before anything "
            + "removes it",
            AtRest, Kept),
    ];

    static IEnumerable<AuditFinding> Processes(AuditView view)
    {
        var open = view.Store.Open.Select(stage => stage.Process?.Tag).ToHashSet();
        return
            from process in view.Input.Surroundings?.Processes ?? []
            where !open.Contains(process.Tag)
            group process by process.Tag into left
            select new AuditFinding(
                null, $"{left.Count()} processes of {left.Key} are still there",
                string.Join("; ", left.Take(ShownMax).Select(process => $"{process.Pid} {process.Command}")),
                Severity: Severity(view));
    }

    const int ShownMax = 5;

    static IEnumerable<AuditFinding> Locks(AuditView view) =>
        (view.Input.Surroundings?.Locks ?? []).Select(path => new AuditFinding(
            null, $"{path} was left by somebody who is gone", Severity: Severity(view)));

    static IEnumerable<AuditFinding> Workspaces(AuditView view) =>
        (view.Input.Surroundings?.Orphans ?? []).Select(orphan => orphan switch
        {
            // Work that is nowhere else is never removed by itself, and a landed branch may outlive its landing.
            Orphan.Branch => new AuditFinding(
                null, orphan.Describe(), null, "'beadswarm clean' removes it unless its commits are nowhere else",
                AuditSeverity.Note),
            Orphan.Folder or Orphan.Entry or Orphan.StaleLock =>
                new AuditFinding(null, orphan.Describe(), Severity: Severity(view)),
            _ => throw new System.Diagnostics.UnreachableException($"{orphan}"),
        });

    static IEnumerable<AuditFinding> Kept(AuditView view) =>
        (view.Input.Surroundings?.Unkept ?? []).Select(lost => new AuditFinding(
            lost.Bead, $"no ref holds {lost.Commit}, the work of {lost.Bead}"));

    /// <summary>What a dead orchestrator left is for the next start to settle.</summary>
    static AuditSeverity Severity(AuditView view) =>
        view.Moment == AuditMoment.Interrupted ? AuditSeverity.Note : AuditSeverity.Violation;
}
