using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>A stage of an earlier orchestrator, and the claim under which it goes on.</summary>
/// <param name="AskedAt">Monotonic time from before the claim was asked for.</param>
/// <param name="Ending">The earlier orchestrator was ending its agent: that is no crash of the agent's.</param>
sealed record AdoptedStage(OpenStage Open, Claim Claim, long AskedAt, EffectId? Ending);

/// <summary>
/// What a start does before anything else: compares what the store says with the processes that are really there.
/// Stages
/// whose agent still has a slot are handed to it; everything else that an earlier orchestrator left half done is given
/// back
/// with its attempts and retries as they were.
/// </summary>
sealed class Recovery(SwarmParts parts, IReadOnlyList<AgentSlot> slots, Elsewhere elsewhere)
{
    /// <returns>The stages to take up again, by agent.</returns>
    public async Task<IReadOnlyDictionary<AgentNumber, AdoptedStage>> RunAsync(CancellationToken cancellationToken)
    {
        var open = await parts.Store.ReadOpenStagesAsync(cancellationToken);
        var endings = (await parts.Store.ReadOpenEffectsAsync(cancellationToken))
            .Where(one => one.Effect.Kind == EffectKind.Termination).ToLookup(one => one.Effect.Subject, one => one.Id);
        var theirs = await elsewhere.ClaimsAsync(cancellationToken);
        var resumed = new Dictionary<AgentNumber, AdoptedStage>();
        foreach (var stage in open)
        {
            if (IsElsewhere(theirs, stage.Claim.Key, stage.Claim.External))
            {
                continue;
            }

            // Adopted here, before anybody could take the bead because its lease ran out while nobody was there.
            var askedAt = parts.Time.GetTimestamp();
            if (CanResume(stage, resumed) && await parts.Store.AdoptClaimAsync(
                parts.Epoch, stage.Claim.Key, parts.Config.Limits.Lease, cancellationToken) is { } claim)
            {
                resumed.Add(stage.Claim.Key.Agent, new AdoptedStage(
                    stage, claim, askedAt, endings[parts.TagOf(stage)].Select(id => (EffectId?)id).LastOrDefault()));
                await NoteAsync(
                    stage.Claim.Key, $"stage {stage.Claim.Stage} was running", "taken up again", cancellationToken);
            }
            else
            {
                await GiveUpAsync(stage, cancellationToken);
            }
        }

        await ReleaseIdleClaimsAsync(
            resumed.Values.Select(adopted => adopted.Claim.Bead).ToHashSet(), cancellationToken);
        await EndOrphansAsync(
            [
                .. resumed.Values.Select(adopted => adopted.Open),
                .. open.Where(stage => IsElsewhere(theirs, stage.Claim.Key, stage.Claim.External)),
            ],
            cancellationToken);
        return resumed;
    }

    // Another node's: it goes on with it, or its lease ends. Or the agent was not started by the swarm, and did not end
    // with it: where one of the swarm's own has its number now, the two would share a workspace, and it is given up.
    bool IsElsewhere(IReadOnlySet<ClaimKey> theirs, ClaimKey claim, bool external) =>
        theirs.Contains(claim) || (external && slots.All(slot => slot.Number != claim.Agent));

    // A slot can take up one stage; and a pipeline that was changed meanwhile may not have the stage any more.
    bool CanResume(OpenStage stage, Dictionary<AgentNumber, AdoptedStage> resumed) =>
        !stage.Claim.External
        && slots.Any(slot => slot.Number == stage.Claim.Key.Agent)
        && !resumed.ContainsKey(stage.Claim.Key.Agent)
        && parts.Config.Pipeline.Has(stage.Claim.Stage);

    async Task GiveUpAsync(OpenStage stage, CancellationToken cancellationToken)
    {
        var leaks = await parts.Agents.ClearAsync(parts.TagOf(stage), cancellationToken);
        await NoteAsync(stage.Claim.Key, parts.TagOf(stage), leaks, cancellationToken);
        if (await parts.Store.AdoptClaimAsync(
            parts.Epoch, stage.Claim.Key, parts.Config.Limits.Lease, cancellationToken) is not { } claim)
        {
            return;
        }

        var head = await new WorkRescue(parts).FindAndSaveAsync(
            claim.Key.Agent, claim.Bead, $"{claim.Stage}, interrupted", cancellationToken);
        var finish = new StageFinish(
            stage.Run, StageStatus.Interrupted, "the orchestrator ended and this agent has no slot any more", null,
            head?.Commit, head?.Tree, []);

        // Fenced when all of this took longer than the lease: then the claim is found idle and given back below.
        if (await parts.Store.FinishStageAsync(claim.Key, finish, Free(claim), cancellationToken) == WriteOutcome.Done)
        {
            await NoteAsync(
                claim.Key, $"stage {claim.Stage} was running without a slot", "given back", cancellationToken);
        }
    }

    /// <summary>
    /// Claims between two stages, or not begun: nothing of them runs, so nobody needs to wait for their lease.
    /// </summary>
    public async Task ReleaseIdleClaimsAsync(HashSet<BeadId> resumed, CancellationToken cancellationToken)
    {
        var beads = await parts.Store.ReadBeadsAsync(cancellationToken);
        var theirs = await elsewhere.ClaimsAsync(cancellationToken);
        foreach (var work in beads)
        {
            if (work.State is not BeadState.Held held || resumed.Contains(work.Id)
                || IsElsewhere(theirs, new ClaimKey(work.Id, held.Agent, held.Token), held.External))
            {
                continue;
            }

            var old = new ClaimKey(work.Id, held.Agent, held.Token);
            if (await parts.Store.AdoptClaimAsync(
                parts.Epoch, old, parts.Config.Limits.Lease, cancellationToken) is { } claim)
            {
                if (await parts.Store.ReleaseAsync(
                    claim.Key, Free(claim), "the orchestrator had ended", null, cancellationToken) == WriteOutcome.Done)
                {
                    await NoteAsync(claim.Key, "claimed, but nothing was running", "given back", cancellationToken);
                }
            }
        }
    }

    async Task EndOrphansAsync(IReadOnlyCollection<OpenStage> living, CancellationToken cancellationToken)
    {
        var kept = living.Select(
            open => new KeptChild(parts.TagOf(open), [open.Start.Workspace, open.Start.SessionFolder]));
        var report = await parts.Agents.ClearOrphansAsync(
            LeftProcesses.Search(parts.Paths, kept), cancellationToken);
        foreach (var swept in report.Swept)
        {
            await NoteAsync(null, swept.Origin, swept.Report, cancellationToken);
        }

        foreach (var spared in report.Spared)
        {
            await parts.Store.AppendAsync(
                null, null,
                new JournalEvent.RecoveryFound(
                    $"{spared.Command} ({spared.Pid}) stands in a folder of the swarm",
                    $"left alone: {spared.Reason}"),
                cancellationToken);
        }
    }

    async Task NoteAsync(ClaimKey? key, string origin, LeakReport report, CancellationToken cancellationToken)
    {
        if (!report.Clean)
        {
            await parts.Store.AppendAsync(
                key?.Bead, key?.Agent,
                new JournalEvent.RecoveryFound(
                    $"processes of {origin}: {report.Names}",
                    $"ended {report.Ended.Count}, left {report.Remaining.Count}"),
                cancellationToken);
        }
    }

    BeadTransition.Free Free(Claim claim) => new(
        PipelineRules.Resume(parts.Config.Pipeline, claim.Stage), claim.Attempt, claim.InfrastructureFailures, null);

    Task NoteAsync(ClaimKey key, string finding, string action, CancellationToken cancellationToken) =>
        parts.Store.AppendAsync(
            key.Bead, key.Agent, new JournalEvent.RecoveryFound(finding, action), cancellationToken);
}
