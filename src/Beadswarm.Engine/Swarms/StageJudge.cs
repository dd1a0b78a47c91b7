using System.Text;
using Beadswarm.Agents;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Saves what a stage's agent has left and puts it to the gates. It decides nothing about what comes next: it returns
/// evidence.
/// </summary>
sealed class StageJudge(SwarmParts parts, AgentSlot slot)
{
    /// <summary>Time for saving an agent's work after it was told to stop.</summary>
    public static readonly TimeSpan RescueTime = TimeSpan.FromMinutes(2);

    /// <summary>Beyond the folders in which candidates are tested.</summary>
    const int ExternalFolders = 1_000_000;

    readonly WorkRescue _work = new(parts);
    readonly FirstTests _tests = new(parts);

    /// <summary>
    /// At this point no process of the stage lives: its work is saved, looked at, and put to the gates.
    /// </summary>
    /// <param name="from">Where the workspace stood when the agent began; null when that is not known any more.</param>
    public async Task<StageReport> JudgeAsync(
        Claim claim, StageSpec stage, StageRunId run, Workspace workspace, StageStart start, CommitId? from,
        AgentOutcome outcome, CancellationToken work)
    {
        using var patience = new CancellationTokenSource(RescueTime, parts.Time);
        if (await parts.Standing.IsReplacedAsync(parts.Store, patience.Token))
        {
            // This process has slept, and another orchestrator's agents may be at work in the folder: it is theirs.
            return StageReport.Without(run, new StageEnd.Interrupted());
        }

        var (head, tree) = await _work.SaveAsync(
            workspace, slot.Number, claim.Bead, $"{stage.Name}, attempt {claim.Attempt}", patience.Token);
        var documents = StageDocuments.Collect(parts.Agents, stage, start.SessionFolder);

        StageReport Report(StageEnd of, FailedCheck? check) => new(
            run, PipelineRules.WithoutRoom(stage, of, DiskFull()), start.BaseCommit, head, tree, check, documents);

        try
        {
            return Fallback(outcome) is { } other
                ? Report(new StageEnd.Continued($"runner {outcome.Runner} takes no work, {other} does"), null)
                : AgentEndRules.IsUnfinished(outcome.End)
                ? await UnfinishedAsync(claim, outcome, (start.BaseCommit, head), Report, work)
                : await EvidenceAsync(
                    claim, stage, workspace, (start, from), outcome.End, (head, tree), Report, work);
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            // The work is saved and known: whoever takes the bead next goes on from here.
            return Report(new StageEnd.Interrupted(), null);
        }
    }

    /// <summary>The runner that takes over from one that was refused; null: none was, or none does.</summary>
    string? Fallback(AgentOutcome outcome) =>
        outcome is { Runner: { } refused, End: AgentEnd.RateLimited or AgentEnd.Overloaded }
            ? parts.Turns.Instead(slot.Runner, refused, parts.Time.GetUtcNow())
            : null;

    /// <summary>It goes on with a handoff, as often as an attempt may; then it is a failed one.</summary>
    async Task<StageReport> UnfinishedAsync(
        Claim claim, AgentOutcome outcome, (string Base, string Head) commits,
        Func<StageEnd, FailedCheck?, StageReport> report, CancellationToken work)
    {
        var name = StageDocuments.HandoffName(claim.Stage, claim.Attempt);
        var artifacts = await parts.Store.ReadArtifactsAsync(claim.Bead, work);
        var continuations = artifacts.Count(artifact => artifact.Name == name);
        var max = parts.Config.Limits.ContinuationsMax;
        var reason = ((StageEnd.GaveUp)AgentEndRules.Trouble(outcome.End)!).Detail;
        var end = PipelineRules.Unfinished(reason, continuations, max);
        if (end is not StageEnd.Continued)
        {
            return report(end, new FailedCheck(null, null, null, outcome.LastWords ?? ""));
        }

        var changes = await parts.LandsOn.ChangesAsync(
            CommitId.Parse(commits.Base), CommitId.Parse(commits.Head), work);
        var handoff = new Handoff(continuations + 1, max, reason, commits.Base, commits.Head)
        {
            Changes =
            [
                .. changes.Select(change =>
                    (change.Added ? "added" : change.Deleted ? "deleted" : "changed", change.Path)),
            ],
            LastWords = outcome.LastWords,
        };
        var document = new NewArtifact(ArtifactKind.Handoff, name, Encoding.UTF8.GetBytes(handoff.ToMarkdown()));
        var left = report(end, null);
        return left with { Artifacts = [.. left.Artifacts, document] };
    }

    /// <summary>Not when only the swarm's own quota is used up: that keeps nobody from writing.</summary>
    string? DiskFull() =>
        parts.Workspaces.Admit() is AdmissionOutcome.DiskFull full ? AdmissionRules.RoomShort(full) : null;

    async Task<StageReport> EvidenceAsync(
        Claim claim, StageSpec stage, Workspace workspace, (StageStart Start, CommitId? From) began, AgentEnd end,
        (string Commit, string Tree) head, Func<StageEnd, FailedCheck?, StageReport> report, CancellationToken work)
    {
        if (AgentEndRules.Trouble(end) is { } trouble)
        {
            return report(trouble, new FailedCheck(null, null, null, AgentEndRules.OutputTail(end)));
        }

        var verdict = ((AgentEnd.Finished)end).Verdict;
        if (stage.Kind == StageKind.Agent && !PipelineRules.GatesMatter(stage, verdict))
        {
            return report(new StageEnd.Finished(verdict), new FailedCheck(null, null, verdict, ""));
        }

        var (before, failedTrees) = await EarlierTreesAsync(claim, began.Start.BaseCommit, began.From, work);
        if (PipelineRules.ProgressMissing(stage, before, head.Tree, failedTrees) is { } missing)
        {
            return report(missing, null);
        }

        var tests = await _tests.CheckAsync(
            claim, stage, (began.Start.BaseCommit, head.Commit), head.Tree != before, work);
        if (tests.Gone is { } gone)
        {
            return report(gone, null);
        }

        Task<string> FolderAsync(CancellationToken cancellation) =>
            GateFolderAsync(claim, workspace, head.Commit, cancellation);

        var outcome = await parts.Gates.CheckAsync(
            stage.Gates, head.Commit, head.Tree, claim.Bead, FolderAsync, work);
        if (outcome is GatesOutcome.Passed && head.Tree != before)
        {
            foreach (var gate in stage.RedGates.Where(gate => !parts.Config.Gates[gate].Quarantined))
            {
                var red = await parts.Gates.CheckAsync([gate], head.Commit, head.Tree, claim.Bead, FolderAsync, work);
                if (FirstTestRules.Unproven(gate, red) is { } unproven)
                {
                    return report(unproven, new FailedCheck(gate, 0, verdict, ""));
                }
            }
        }

        var ended = outcome switch
        {
            GatesOutcome.Passed => report(
                new StageEnd.Finished(stage.Kind == StageKind.Command ? new AgentVerdict(true, null, []) : verdict),
                null),
            GatesOutcome.Failed failed => report(
                new StageEnd.GateFailed(failed.Result.Gate, failed.Result.Reason),
                new FailedCheck(failed.Result.Gate, failed.Result.ExitCode, verdict, failed.Result.OutputTail)),
            GatesOutcome.NoVerdict without => report(
                new StageEnd.Unavailable($"gate {without.Result.Gate} gave no verdict: {without.Result.Reason}"), null),
        };
        return ended with { Artifacts = [.. ended.Artifacts, .. tests.Documents] };
    }

    /// <summary>
    /// An agent that we did not start may go on writing into its workspace: then its gates run in a folder of ours.
    /// </summary>
    Task<string> GateFolderAsync(
        Claim claim, Workspace workspace, string commit, CancellationToken cancellationToken) =>
        claim.External
            ? parts.LandsOn.CheckoutAsync(
                CommitId.Parse(commit), ExternalFolders + slot.Number.Value, cancellationToken)
            : Task.FromResult(workspace.Path);

    /// <summary>The tree this stage was first given in this attempt, and the trees of attempts that failed.</summary>
    async Task<(string Before, IReadOnlyCollection<string> Failed)> EarlierTreesAsync(
        Claim claim, string basedOn, CommitId? from, CancellationToken work)
    {
        var history = await parts.Store.ReadHistoryAsync(claim.Bead, null, StageDocuments.HistoryMax, work);
        var failed = history
            .Where(run => run.Status == StageStatus.Failed && run.HeadTree is not null && run.Attempt < claim.Attempt)
            .Select(run => run.HeadTree!).ToHashSet();
        var runs = history.Where(run => run.Stage == claim.Stage && run.Attempt == claim.Attempt).ToArray();

        // What a merge with the target brings in is nobody's progress; a repetition builds on what the first one left.
        if (from is { } start && runs.Length == 1)
        {
            return ((await parts.LandsOn.TreeAsync(start, work)).Value, failed);
        }

        var earlier = history.TakeWhile(run => run.Id != runs.FirstOrDefault()?.Id)
            .LastOrDefault(run => run.HeadTree is not null);
        return (earlier?.HeadTree ?? (await parts.LandsOn.TreeAsync(CommitId.Parse(basedOn), work)).Value, failed);
    }
}
