using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Shows a bead's work on the forge: its branch is pushed, its pull request made or found by that branch. The process
/// may die between any two of these.
/// </summary>
sealed class PullRequestMaking(LanderParts parts, ForgeParts forge, LandingReturns returns)
{
    const string FirstWait = "its checks";

    /// <param name="tip">The target, upon which the bead's work has passed.</param>
    public async Task<LandingStep> ProposeAsync(LandingEntry entry, CommitId tip, CancellationToken stop)
    {
        var work = CommitId.Parse(entry.HeadCommit);
        var head = await TouchesProtectedAsync(entry, stop) ? await TakeUpAsync(entry, work, tip, stop) : work;
        var branch = PullRequestBranches.Of(entry.Bead);
        if (await PushAsync(entry, branch, head, stop) is { } inTheWay)
        {
            return inTheWay;
        }

        PullRequestView made;
        try
        {
            var effect = Effect(EffectKind.PullRequest, entry, branch, head);
            made = await parts.Effects.DoAsync(
                effect, () => FindOrMakeAsync(entry, branch, head, stop), made => $"#{made.Number}", stop);
        }
        catch (ForgeException error) when (error.Trouble is ForgeTrouble.Refused refused)
        {
            await returns.BlockAsync(entry, $"the forge takes no pull request for it: {refused.Reason}", stop);
            return new LandingStep.Moved();
        }

        await RecordAsync(entry, new PullRequest(made.Number, made.Url, branch.Value, head.Value, FirstWait), stop);
        return new LandingStep.Moved();
    }

    /// <summary>The forge wants the target's newest commit in the branch before it merges.</summary>
    /// <returns>Null when it has been shown; otherwise what is in the way.</returns>
    public async Task<LandingStep?> TakeUpAsync(LandingEntry entry, PullRequest pull, CancellationToken stop)
    {
        var tip = await parts.Target.TipAsync(stop);
        var head = await TakeUpAsync(entry, CommitId.Parse(pull.Head), tip, stop);

        // Recorded first: a head that is on the remote and in no record would be somebody else's.
        await RecordAsync(entry, pull with { Head = head.Value, Waits = FirstWait }, stop);
        return await PushAsync(entry, new BranchName(pull.Branch), head, stop);
    }

    /// <summary>The remote's branch does not show what is recorded.</summary>
    /// <returns>Null when it does now; otherwise what it waits for.</returns>
    public async Task<string?> ShowAsync(LandingEntry entry, PullRequest pull, CancellationToken stop) =>
        await forge.Branches.PushAsync(
            new BranchName(pull.Branch), CommitId.Parse(pull.Head), await OursAsync(entry, stop), stop) switch
        {
            BranchPush.Shown => null,
            BranchPush.Foreign foreign =>
                $"a person: somebody pushed {foreign.There} to its branch, and {pull.Head} was tested",
            BranchPush.Refused refused => $"the remote, which refuses its branch: {refused.Reason}",
            BranchPush.Unknown unknown => $"the remote, which does not show its branch: {unknown.Reason}",
        };

    /// <summary>Keeps what is known of the pull request, where that has changed.</summary>
    public async Task<bool> RecordAsync(LandingEntry entry, PullRequest pull, CancellationToken stop)
    {
        if (entry.PullRequest == pull)
        {
            return false;
        }

        await SwarmFencedException.ThrowIfFencedAsync(
            parts.Store.ProposeLandingAsync(parts.Epoch, entry.Id, pull, stop));
        return true;
    }

    async Task<LandingStep?> PushAsync(
        LandingEntry entry, BranchName branch, CommitId head, CancellationToken stop)
    {
        var ours = await OursAsync(entry, stop);
        var pushed = await parts.Effects.DoAsync(
            Effect(EffectKind.PullRequestBranch, entry, branch, head),
            () => forge.Branches.PushAsync(branch, head, ours, stop), EffectWords.Of, stop);
        switch (pushed)
        {
            case BranchPush.Shown:
                return null;
            case BranchPush.Foreign foreign:
                await returns.BlockAsync(
                    entry, $"branch {branch} of the remote is at {foreign.There}, which is not the swarm's: take over "
                        + "what is there and remove the branch, then retry the bead", stop);
                return new LandingStep.Moved();
            case BranchPush.Refused refused:
                return new LandingStep.Held($"the remote refuses branch {branch}: {refused.Reason}");
            case BranchPush.Unknown unknown:
                return new LandingStep.Held($"the push of {branch} gave no answer: {unknown.Reason}");
            default:
                throw new System.Diagnostics.UnreachableException($"{pushed}");
        }
    }

    async Task<HashSet<CommitId>> OursAsync(LandingEntry entry, CancellationToken stop)
    {
        var landings = await parts.Store.ReadLandingsAsync(entry.Bead, stop);
        return
        [
            .. landings.SelectMany(landing => new[] { landing.HeadCommit, landing.PullRequest?.Head })
                .OfType<string>().Select(CommitId.Parse),
        ];
    }

    async Task<PullRequestView> FindOrMakeAsync(
        LandingEntry entry, BranchName branch, CommitId head, CancellationToken stop)
    {
        var (landing, config) = (parts.Config.Landing, parts.Config.Landing.PullRequest);
        if (await forge.Api.FindAsync(branch.Value, landing.Target, stop) is { } there)
        {
            await AnswerAsync(entry, there.Number, head, stop);
            return there;
        }

        var bead = (await parts.Backlog.ReadAsync(stop)).Graph.Find(entry.Bead);
        var passed = await PassedAsync(entry, stop);
        var made = await forge.Api.CreateAsync(
            new NewPullRequest(
                PullRequestText.Title(entry), PullRequestText.Body(entry, bead, passed), branch.Value, landing.Target,
                config.Draft),
            stop);
        await LabelAsync(made.Number, [.. config.Labels.Concat(bead?.Labels ?? []).Distinct()], stop);
        return made;
    }

    /// <summary>It has shown an earlier attempt: its text is of that one, and somebody waits for an answer.</summary>
    async Task AnswerAsync(LandingEntry entry, int number, CommitId head, CancellationToken stop)
    {
        var landings = await parts.Store.ReadLandingsAsync(entry.Bead, stop);
        if (landings.Any(landing => landing.Id != entry.Id && landing.PullRequest?.Number == number))
        {
            var answer = PullRequestText.Answer(entry, head.Value, await PassedAsync(entry, stop));
            await ForPeopleAsync(() => forge.Api.SayOnceAsync(number, head.Value, answer, entry.QueuedAt, stop));
        }
    }

    async Task<IReadOnlyList<PassedStage>> PassedAsync(LandingEntry entry, CancellationToken stop)
    {
        var runs = await parts.Store.ReadHistoryAsync(entry.Bead, null, Pipelines.Dossier.RunsMax, stop);
        return
        [
            .. runs.Where(run => run.Attempt == entry.Attempt && run.Status == Pipelines.StageStatus.Passed)
                .Select(run => new PassedStage(run.Stage.Value, run.Summary)),
        ];
    }

    async Task LabelAsync(int number, IReadOnlyList<string> labels, CancellationToken stop)
    {
        if (labels.Count > 0)
        {
            await ForPeopleAsync(() => forge.Api.LabelAsync(number, labels, stop));
        }
    }

    /// <summary>
    /// Who may open pull requests need not have the right to label and to comment on them, and nothing depends upon it.
    /// </summary>
    static async Task ForPeopleAsync(Func<Task> telling)
    {
        try
        {
            await telling();
        }
        catch (ForgeException error) when (error.Trouble is ForgeTrouble.Refused or ForgeTrouble.Unauthorized)
        {
            // Nothing is told.
        }
    }

    /// <summary>
    /// What an agent did to the tracker's files does not land; the forge would land it, so its branch must not have it.
    /// </summary>
    async Task<bool> TouchesProtectedAsync(LandingEntry entry, CancellationToken stop)
    {
        var changes = await parts.Target.ChangesAsync(
            CommitId.Parse(entry.BaseCommit), CommitId.Parse(entry.HeadCommit), stop);
        return changes.Any(change => ProtectedFolders.Contain(change.Path));
    }

    /// <summary>The same tip and head give the same commit. Where there is nothing to take up, the head stays.
    /// </summary>
    async Task<CommitId> TakeUpAsync(LandingEntry entry, CommitId head, CommitId tip, CancellationToken stop)
    {
        var message = new LandingMessage($"Take up {parts.Config.Landing.Target}", "", []);
        var outcome = await parts.Target.MergeAsync(
            new MergeRequest(tip, head, message, entry.QueuedAt, MergeStyle.TakeUp), stop);
        return outcome is MergeOutcome.Clean clean ? clean.Candidate : head;
    }

    static NewEffect Effect(EffectKind kind, LandingEntry entry, BranchName branch, CommitId head) =>
        new(kind, branch.Value) { Bead = entry.Bead, Agent = entry.Agent, To = head.Value };
}
