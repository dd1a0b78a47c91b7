using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Processes;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>What came of a repair.</summary>
sealed record TreatmentResult(bool Done, string What);

/// <summary>Carries out repairs. Each can be interrupted anywhere and done again.</summary>
static class Treatment
{
    /// <summary>How many names are tried for a file that is moved aside.</summary>
    const int NamesMax = 100;

    public static async Task<TreatmentResult> ApplyAsync(
        ExaminationScope scope, Repair repair, CancellationToken cancellationToken) => repair switch
        {
            Repair.Reopen reopen => await ReopenAsync(scope, reopen, cancellationToken),
            Repair.DeleteFile file => Delete(file),
            Repair.MoveAside move => Move(move),
            Repair.EndProcesses end => await EndAsync(scope, end, cancellationToken),
            Repair.PutAway put => await PutAwayAsync(scope, put, cancellationToken),
            Repair.IgnoreFolder => await IgnoreAsync(scope, cancellationToken),
        };

    static async Task<TreatmentResult> ReopenAsync(
        ExaminationScope scope, Repair.Reopen reopen, CancellationToken cancellationToken)
    {
        var tracker = new JsonlTracker(TrackerLocation.Find(scope.Repository, scope.Dialect), scope.Time);
        var missing = await tracker.ApplyAsync(
            [.. reopen.Beads.Select(bead => new BeadChange.Reopen(bead, null))], cancellationToken);
        return new(true, $"reopened {reopen.Beads.Count - missing.Count} beads");
    }

    static TreatmentResult Delete(Repair.DeleteFile file)
    {
        File.Delete(file.Path);
        return new(true, $"deleted {file.Path}");
    }

    static TreatmentResult Move(Repair.MoveAside move)
    {
        for (var number = 0; number < NamesMax; number++)
        {
            var to = number == 0 ? move.To : $"{move.To}.{number}";
            if (!Path.Exists(to))
            {
                File.Move(move.Path, to);
                return new(true, $"renamed {move.Path} to {Path.GetFileName(to)}");
            }
        }

        return new(false, $"{move.Path} stays: {move.To} and {NamesMax - 1} names like it are taken");
    }

    static async Task<TreatmentResult> EndAsync(
        ExaminationScope scope, Repair.EndProcesses end, CancellationToken cancellationToken)
    {
        var report = await ProcessSweep.KillAsync(
            () => [.. ProcessTable.All().Where(entry => !entry.Zombie && end.Processes.Any(
                process => (process.Pid, process.StartTicks) == entry.Key))],
            _ => true, scope.Time, cancellationToken);
        return report.Remaining.Count == 0
            ? new(true, $"ended {report.Ended.Count} processes")
            : new(false, $"process {report.Remaining[0].Pid} does not end: {report.Remaining[0].Command}");
    }

    static async Task<TreatmentResult> PutAwayAsync(
        ExaminationScope scope, Repair.PutAway put, CancellationToken cancellationToken)
    {
        var runner = new GitRunner(GitSettings.From(scope.Environment, scope.Time));
        var user = await UserRepository.OpenAsync(runner, scope.Repository, cancellationToken);

        // The swarm's lock is held here, so what an orchestrator's git is still in the middle of is nobody's any more.
        var tag = SwarmAssembly.CommandTag(user.Root);
        await AbandonedCommands.EndAsync(tag, scope.Time, cancellationToken);
        runner = runner.Tagged(tag);
        user = user with { Repository = user.Repository with { Runner = runner } };
        return await HubSearch.PutAwayAsync(user, runner, put.Orphan, cancellationToken) switch
        {
            OrphanRepair.Done done => new(true, done.What),
            OrphanRepair.Left left => new(false, left.Why),
        };
    }

    static async Task<TreatmentResult> IgnoreAsync(ExaminationScope scope, CancellationToken cancellationToken)
    {
        var runner = new GitRunner(GitSettings.From(scope.Environment, scope.Time));
        var user = await UserRepository.OpenAsync(runner, scope.Repository, cancellationToken);
        user.Ignore(scope.Paths.Folder);
        return new(true, "git ignores .beadswarm/ in this clone now");
    }
}
