using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Runs one stage of one bead: workspace, agent, rescue of what it left, gates. It decides nothing about what comes
/// next;
/// whatever happens, it comes back with evidence, because an exception here would be a failure nobody counts.
/// </summary>
sealed class StageRunner(SwarmParts parts, AgentSlot slot)
{
    readonly StageBriefing _briefing = new(parts, slot);
    readonly StageJudge _judge = new(parts, slot);

    /// <summary>Runs the claim's stage. Null when the claim turned out to be lost.</summary>
    public async Task<StageReport?> RunAsync(Claim claim, RunnerTurn turn, CancellationToken work)
    {
        if (await BeginAsync(claim, work) is not var (run, start))
        {
            return null;
        }

        return LostTooOften(claim, run)
            ?? await WitnessAsync(
                run, () => ExecuteAsync(claim, parts.Config.Pipeline[claim.Stage], run, start, turn, work),
                report => report, work);
    }

    /// <summary>
    /// Makes the claim's stage ready for an agent that the swarm does not start: when it returns, the workspace is on
    /// the bead's branch and the session holds all that the agent is told. One that is open and ready already is left
    /// as it is, since its agent may be at work. Null when the claim turned out to be lost.
    /// </summary>
    public async Task<HandedStage?> HandOutAsync(Claim claim, OpenStage? open, CancellationToken work)
    {
        if ((open is null ? await BeginAsync(claim, work) : (open.Run, open.Start)) is not var (run, start))
        {
            return null;
        }

        if (LostTooOften(claim, run) is { } lost)
        {
            return new HandedStage.Over(lost);
        }

        var branch = WorkspaceBranch.Of(slot.Number, claim.Bead);
        if (open is not null && File.Exists(new AgentFiles(start.SessionFolder).Prompt)
            && (await parts.Workspaces.FindAsync(slot.Number, work))?.Branch == branch)
        {
            return new HandedStage.Ready(run, start, null);
        }

        return await WitnessAsync<HandedStage>(run, async () =>
        {
            if (AdmissionRules.RoomShort(parts.Workspaces.Admit()) is { } room)
            {
                return new HandedStage.Over(StageReport.Without(run, new StageEnd.NoRoom(room)));
            }

            var (workspace, from) = await MakeReadyAsync(claim, start, work);
            var stage = parts.Config.Pipeline[claim.Stage];
            switch (await _briefing.WriteAsync(claim, stage, start, workspace, slot.Runner, work))
            {
                case StageBriefing.Outcome.Unready unready:
                    return new HandedStage.Over(StageReport.Without(run, new StageEnd.Unavailable(unready.Reason)));
                case StageBriefing.Outcome.Held held:
                    return new HandedStage.Over(StageReport.Without(run, new StageEnd.RateLimited(held.Until)));
                case StageBriefing.Outcome.Ready ready:
                    await AgentBriefing.WriteAsync(ready.Launch, [], work);
                    break;
            }

            return new HandedStage.Ready(run, start, from);
        }, report => new HandedStage.Over(report), work);
    }

    /// <summary>Judges a stage that an agent which the swarm did not start says it has ended.</summary>
    /// <param name="from">Where the workspace stood when the stage was handed out; null when that is not known.</param>
    public Task<StageReport> JudgeAsync(
        Claim claim, OpenStage open, CommitId? from, AgentEnd end, CancellationToken work) =>
        WitnessAsync(open.Run, async () =>
        {
            var workspace = await parts.Workspaces.FindAsync(slot.Number, work);
            return workspace?.Branch != WorkspaceBranch.Of(slot.Number, claim.Bead)
                ? StageReport.Without(open.Run, new StageEnd.Lost("its workspace is not there any more"))
                : await _judge.JudgeAsync(
                    claim, parts.Config.Pipeline[claim.Stage], open.Run, workspace, open.Start, from,
                    new AgentOutcome(end, LeakReport.Nothing), work);
        }, report => report, work);

    /// <summary>
    /// Goes on with a stage that an earlier orchestrator began: its agent may be living or have ended since.
    /// </summary>
    public Task<StageReport> ResumeAsync(
        AdoptedStage adopted, Claim claim, RunnerTurn turn, CancellationToken work) =>
        WitnessAsync(adopted.Open.Run, async () =>
        {
            var open = adopted.Open;
            var stage = parts.Config.Pipeline[claim.Stage];

            // The claim may be lost by now, and still its agent has to be found: only who has it can end it.
            var session = open.Process is { } process
                ? await parts.Agents.TryAdoptAsync(process, CancellationToken.None) : null;
            if (adopted.Ending is { } ending)
            {
                await FinishEndingAsync(session, ending);
            }

            var end = session is not null
                ? await OrEndAsync(session, () => AdoptAsync(open, session, claim, turn, work))
                : await UnseenAsync(stage, adopted, claim);

            // It may have been started without having been recorded; nothing of it may live beside its successor.
            await SayLeaksAsync(
                claim, open.Run, await parts.Agents.ClearAsync(parts.TagOf(open), CancellationToken.None));
            var branch = WorkspaceBranch.Of(slot.Number, claim.Bead);
            using var patience = new CancellationTokenSource(StageJudge.RescueTime, parts.Time);
            var workspace = await parts.Workspaces.FindAsync(slot.Number, patience.Token);
            if (workspace?.Branch != branch)
            {
                return StageReport.Without(
                    open.Run, new StageEnd.Lost("its workspace is not there any more"));
            }

            return await _judge.JudgeAsync(claim, stage, open.Run, workspace, open.Start, from: null, end, work);
        }, report => report, work);

    async Task<(StageRunId Run, StageStart Start)?> BeginAsync(Claim claim, CancellationToken work)
    {
        // Asked before anything is begun: what keeps every bead from being begun must not be held against this one.
        var backlog = await parts.Backlog.RefreshAsync(work);
        if (!parts.Standing.Holds && backlog.Graph.Find(claim.Bead) is null)
        {
            throw new TrackerException(
                $"neither this clone's tracker nor the target's has {claim.Bead}, which the swarm works: bring it "
                + "there (tracker.commit, or a commit of yours)");
        }

        var basedOn = claim.BaseCommit ?? (await parts.LandsOn.TipAsync(work)).Value;
        var session = SessionOf(claim);
        var start = new StageStart(
            claim.Stage, claim.Attempt, parts.Workspaces.PathOf(slot.Number),
            WorkspaceBranch.Of(slot.Number, claim.Bead).Value, session, basedOn);
        return await parts.Store.StartStageAsync(claim.Key, start, work) is { } run ? (run, start) : null;
    }

    /// <summary>
    /// A bead that takes its agent down with it leaves nobody to judge it: its lost leases are counted by the store.
    /// </summary>
    StageReport? LostTooOften(Claim claim, StageRunId run) =>
        claim.InfrastructureFailures > parts.Config.Limits.InfrastructureRetriesMax
            ? StageReport.Without(run, new StageEnd.Lost("its agents were lost again and again"))
            : null;

    static async Task<T> WitnessAsync<T>(
        StageRunId run, Func<Task<T>> execute, Func<StageReport, T> otherwise, CancellationToken work)
    {
        try
        {
            return await execute();
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            return otherwise(StageReport.Without(run, new StageEnd.Interrupted()));
        }
        catch (Exception error) when (error is GitException or IOException or UnauthorizedAccessException
            or TrackerException or Processes.ProcessStartException or Processes.CommandException)
        {
            return otherwise(StageReport.Without(run, new StageEnd.Unavailable(error.Message)));
        }
    }

    async Task<StageReport> ExecuteAsync(
        Claim claim, StageSpec stage, StageRunId run, StageStart start, RunnerTurn turn, CancellationToken work)
    {
        // The agent was admitted before it claimed; the disk may have filled since, or in an earlier stage. Waiting for
        // room costs the bead nothing.
        if (AdmissionRules.RoomShort(parts.Workspaces.Admit()) is { } room)
        {
            return StageReport.Without(run, new StageEnd.NoRoom(room));
        }

        if (stage.Kind == StageKind.Command)
        {
            var (place, tip) = await MakeReadyAsync(claim, start, work);
            return await _judge.JudgeAsync(
                claim, stage, run, place, start, tip,
                new AgentOutcome(new AgentEnd.Finished(null, null), LeakReport.Nothing), work);
        }

        switch (await parts.Budget.ReserveAsync(claim, turn.Runner, work))
        {
            case BudgetAnswer.Refused refused:
                return StageReport.Without(run, new StageEnd.OverBudget(refused.Why.Scope, refused.Why.Reason));
            case BudgetAnswer.Granted granted:
                try
                {
                    return await ExecuteAsync(claim, stage, run, start, turn, granted.Spending, work);
                }
                finally
                {
                    parts.Budget.Release(granted.Spending);
                }

            case var unknown:
                throw new System.Diagnostics.UnreachableException($"{unknown}");
        }
    }

    async Task<StageReport> ExecuteAsync(
        Claim claim, StageSpec stage, StageRunId run, StageStart start, RunnerTurn turn, Spending spending,
        CancellationToken work)
    {
        var (workspace, from) = await MakeReadyAsync(claim, start, work);
        var briefing = await _briefing.WriteAsync(claim, stage, start, workspace, turn.Runner, work);
        if (briefing is not StageBriefing.Outcome.Ready ready)
        {
            return StageReport.Without(run, briefing is StageBriefing.Outcome.Held held
                ? new StageEnd.RateLimited(held.Until)
                : new StageEnd.Unavailable(((StageBriefing.Outcome.Unready)briefing).Reason));
        }

        var launch = ready.Launch with { Tag = parts.TagOf(claim) };
        var starting = await parts.Effects.IntendAsync(Effect(EffectKind.Process, launch.Tag, claim), work);
        var session = await parts.Agents.StartAsync(launch, work);
        var end = await AttendAsync(claim, run, session, launch.Tag, starting, new Attended(spending, turn), work);
        return await _judge.JudgeAsync(claim, stage, run, workspace, start, from, end, work);
    }

    async Task<(Workspace Workspace, CommitId From)> MakeReadyAsync(
        Claim claim, StageStart start, CancellationToken work)
    {
        var from = await StartingPointAsync(claim, start, work);
        var workspace = await parts.Effects.DoAsync(
            Effect(EffectKind.Workspace, start.Branch, claim) with { To = from.Value },
            () => parts.Workspaces.AcquireAsync(new WorkspaceRequest(slot.Number, claim.Bead, from), work),
            _ => "ready", work);
        return (workspace, from);
    }

    Task<AgentOutcome> AttendAsync(
        Claim claim, StageRunId run, IAgentSession session, string tag, EffectId starting, Attended agent,
        CancellationToken work) =>
        OrEndAsync(session, async () =>
        {
            await parts.Effects.SettleAsync(
                starting, session.Process is { } started ? $"process {started.Identity.Pid}" : "not started");
            if (session.Process is { } process
                && await parts.Store.RecordProcessAsync(claim.Key, run, process, CancellationToken.None)
                    == WriteOutcome.Fenced)
            {
                await session.TerminateAsync("the claim was lost", CancellationToken.None);
            }

            parts.Bell.Ring();
            return await EndAsync(run, session, claim, tag, agent, work);
        });

    /// <summary>
    /// Whatever goes wrong, a store that does not answer among it: the agent must not live on in a workspace that the
    /// slot uses again.
    /// </summary>
    static async Task<AgentOutcome> OrEndAsync(IAgentSession session, Func<Task<AgentOutcome>> attend)
    {
        try
        {
            return await attend();
        }
        catch
        {
            await session.TerminateAsync("its orchestrator failed", CancellationToken.None);
            throw;
        }
    }

    /// <summary>
    /// The bead's own head, or the target's tip for a new bead. A new attempt starts from the target as it is now, so
    /// that
    /// what it is judged on is what it will be merged into; where the two conflict, the agent is told to merge.
    /// </summary>
    async Task<CommitId> StartingPointAsync(Claim claim, StageStart start, CancellationToken work)
    {
        if (claim.HeadCommit is null)
        {
            return CommitId.Parse(start.BaseCommit);
        }

        var head = CommitId.Parse(claim.HeadCommit);
        if (parts.Exchange is { } exchange && !await exchange.BringAsync(claim.Bead, head, work))
        {
            throw new GitException(
                ["fetch", claim.Bead.Value], 128,
                $"the work on {claim.Bead} is at {head}, which is neither here nor on the remote",
                parts.Paths.Repository, isTransient: true);
        }

        if (claim.Attempt == 1 || claim.Stage != parts.Config.Pipeline.RetryFrom)
        {
            return head;
        }

        var tip = await parts.LandsOn.TipAsync(work);
        var message = new LandingMessage($"Merge the target into {claim.Bead}", "", []);
        var merge = await parts.LandsOn.MergeAsync(
            new MergeRequest(tip, head, message, parts.Time.GetUtcNow()), work);
        return merge is MergeOutcome.Clean clean ? clean.Candidate : head;
    }

    async Task<AgentOutcome> AdoptAsync(
        OpenStage open, IAgentSession session, Claim claim, RunnerTurn turn, CancellationToken work)
    {
        var spending = await parts.Budget.AdoptAsync(claim, turn.Runner, CancellationToken.None);
        try
        {
            return await EndAsync(
                open.Run, session, claim, parts.TagOf(open), new Attended(spending, turn), work);
        }
        finally
        {
            parts.Budget.Release(spending);
        }
    }

    async Task<AgentOutcome> EndAsync(
        StageRunId run, IAgentSession session, Claim claim, string tag, Attended agent, CancellationToken work)
    {
        var outcome = await WatchAsync(session, claim, tag, agent, work);
        await SayLeaksAsync(claim, run, outcome.Leaks);
        if (outcome.Runner is { } runner)
        {
            parts.Turns.Ended(agent.Turn, outcome.End, parts.Time.GetUtcNow(), parts.Random.NextDouble());
            await SayUsageAsync(claim, run, runner, outcome.Usage, agent.Spending);
            await parts.Turns.TellAsync(parts.Store, CancellationToken.None);
        }

        return outcome;
    }

    /// <summary>
    /// Of a stage that was taken up again and whose agent is gone without a trace of how: what it has printed may still
    /// tell what it has used.
    /// </summary>
    async Task<AgentOutcome> UnseenAsync(StageSpec stage, AdoptedStage adopted, Claim claim)
    {
        if (stage.Kind == StageKind.Agent && adopted.Open.Process is { } process
            && parts.Agents.Recall(process.SessionFolder) is { } left)
        {
            var spending = await parts.Budget.AdoptAsync(claim, left.Runner, CancellationToken.None);
            await SayUsageAsync(claim, adopted.Open.Run, left.Runner, left.Usage, spending);
        }

        return new AgentOutcome(EndUnseen(stage, adopted), LeakReport.Nothing);
    }

    /// <summary>
    /// Whatever becomes of the claim: what was used is used. Also of an agent that tells nothing of it, so that nobody
    /// takes what is unknown for nothing.
    /// </summary>
    async Task SayUsageAsync(Claim claim, StageRunId run, string runner, UsageReport usage, Spending spending)
    {
        var model = usage.Model ?? parts.Config.Runners.GetValueOrDefault(runner)?.Model;
        var cost = CostRules.Of(usage, model, parts.Config.Prices);
        var used = new JournalEvent.AgentUsed(
            run.Value, claim.Stage.Value, claim.Attempt, runner, model, usage.Calls, usage.Tokens.Input,
            usage.Tokens.Output, usage.Tokens.CacheRead, usage.Tokens.CacheWrite, usage.ContextMax,
            cost.Usd, usage.Conversation?.Id, cost is Cost.Priced ? true : null);
        await parts.Budget.SettleAsync(
            spending, runner, usage, cost,
            () => parts.Store.RecordUsageAsync(claim.Bead, slot.Number, used, CancellationToken.None));
    }

    /// <summary>Of a stage that was taken up again and whose agent has left nothing to go by.</summary>
    static AgentEnd EndUnseen(StageSpec stage, AdoptedStage adopted) =>
        stage.Kind == StageKind.Command ? new AgentEnd.Finished(null, null)
        : adopted.Ending is not null ? new AgentEnd.Killed("the swarm stopped")
        : new AgentEnd.Lost();

    async Task<AgentOutcome> WatchAsync(
        IAgentSession session, Claim claim, string tag, Attended agent, CancellationToken work)
    {
        AgentEnd.BudgetExceeded? Look(UsageReport usage)
        {
            if (!usage.Tokens.IsZero)
            {
                parts.Turns.GotThrough(agent.Turn, parts.Time.GetUtcNow());
            }

            return parts.Budget.Look(agent.Spending, usage);
        }

        try
        {
            return await session.WaitAsync(Look, work);
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            // Told first: who finds it ended by a signal after our own death must not blame the agent.
            var ending = await parts.Effects.IntendAsync(
                Effect(EffectKind.Termination, tag, claim), CancellationToken.None);
            await FinishEndingAsync(session, ending);
            return await session.WaitAsync(CancellationToken.None);
        }
    }

    /// <summary>Whatever becomes of the claim: that something was left behind is a fact about the agent.</summary>
    async Task SayLeaksAsync(Claim claim, StageRunId run, LeakReport leaks)
    {
        if (!leaks.Clean)
        {
            await parts.Store.AppendAsync(
                claim.Bead, slot.Number,
                new JournalEvent.ProcessesLeaked(
                    run.Value, claim.Stage.Value, leaks.Ended.Count, leaks.Remaining.Count, leaks.Names),
                CancellationToken.None);
        }
    }

    async Task FinishEndingAsync(IAgentSession? session, EffectId ending)
    {
        if (session is not null)
        {
            await session.TerminateAsync("the swarm stops", CancellationToken.None);
        }

        await parts.Effects.SettleAsync(ending, session is null ? "it left no trace" : "ended");
    }

    NewEffect Effect(EffectKind kind, string subject, Claim claim) =>
        new(kind, subject) { Bead = claim.Bead, Agent = slot.Number };

    string SessionOf(Claim claim) => Path.Combine(
        parts.Paths.Sessions, WorkspaceBranch.Encode(claim.Bead.Value),
        $"{claim.Key.Token}-{claim.Stage}-{claim.Attempt}");

    /// <summary>An agent at work: what it uses, and its turn on the account.</summary>
    readonly record struct Attended(Spending Spending, RunnerTurn Turn);
}
