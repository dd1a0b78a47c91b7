using System.Collections.Concurrent;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Does what external agents ask for, by the same steps as the swarm's own agents: the store's transitions, the stages
/// with their workspaces, verdicts and gates, the merge queue. Only who runs the agent differs.
/// </summary>
/// <param name="own">The swarm's own agents, whose numbers and workspaces are theirs.</param>
/// <param name="serves">Every stage of the pipeline.</param>
/// <param name="secrets">What must not be in anything that is kept: what agents say may hold it.</param>
sealed class ExternalWork(
    SwarmParts parts, IReadOnlyList<AgentSlot> own, IReadOnlyList<StageName> serves, IReadOnlyList<string> secrets,
    CancellationToken drain)
{
    public const int NumberMax = 100_000;

    /// <summary>Stages whose beginning is remembered, for telling an agent's progress from the target's.</summary>
    const int StartsMax = 10_000;

    readonly ExternalRescue _rescue = new(parts);
    readonly StageEnding _ending = new(parts, serves);
    readonly ConcurrentDictionary<StageRunId, CommitId> _starts = [];

    TimeSpan Lease => parts.Config.Limits.ExternalLease;

    public async Task<string> DoAsync(ExternalCall call, CancellationToken terminate)
    {
        string Refuse(ExternalRefusal kind, string message) => ExternalAnswers.Refusal(call.Verb, kind, message);
        if (own.Any(slot => slot.Number == call.Agent) || call.Agent.Value > NumberMax)
        {
            return Refuse(
                ExternalRefusal.Refused,
                $"agent {call.Agent} is not to be had: 1 to {own.Count} are the swarm's own, the last is {NumberMax}");
        }

        try
        {
            if (await parts.Store.FindRequestAsync(call.Id, terminate) is { } done)
            {
                return done.Verb != ExternalAnswers.NameOf(call.Verb) || done.Claim.Agent != call.Agent
                    ? Refuse(ExternalRefusal.Refused, $"request {call.Id} was another one: {done.Verb}")
                    : done.Answer ?? await ClaimedAsync(call, done, terminate);
            }

            return call.Verb == ExternalVerb.Claim
                ? await ClaimAsync(call, terminate)
                : await WithClaimAsync(call, terminate);
        }
        catch (Exception error) when (error is GitException or IOException or UnauthorizedAccessException
            or TrackerException or StoreException or Processes.CommandException)
        {
            return Refuse(ExternalRefusal.Unavailable, PipelineRules.OneLine(error.Message));
        }
    }

    async Task<string> ClaimAsync(ExternalCall call, CancellationToken terminate)
    {
        string Refuse(ExternalRefusal kind, string message) => ExternalAnswers.Refusal(call.Verb, kind, message);
        if (drain.IsCancellationRequested)
        {
            return Refuse(ExternalRefusal.Stopping, "the swarm takes no new work");
        }

        if (await HeldByAsync(call.Agent, terminate) is { } held)
        {
            return Refuse(
                ExternalRefusal.Refused,
                $"agent {call.Agent} holds {held}: end its stage, release it, or let its lease end");
        }

        var askedAt = parts.Time.GetTimestamp();
        var request = new ClaimRequest(call.Agent, parts.Node, serves, Lease)
        {
            External = new ExternalAsk(call.Id, call.Bead),
        };
        if (await parts.Store.ClaimNextAsync(parts.Epoch, request, terminate) is not { } claim)
        {
            return Refuse(
                ExternalRefusal.NothingReady,
                call.Bead is { } bead ? $"{bead} is not to be had now" : "no bead is to be had now");
        }

        parts.Bell.Ring();
        return await UnderAsync(call, claim, askedAt, work => BeginAsync(call, claim, null, work), terminate);
    }

    /// <summary>Of a claim that was granted before: what it says follows from the claim.</summary>
    async Task<string> ClaimedAsync(ExternalCall call, DoneRequest done, CancellationToken terminate)
    {
        var held = await HeldAsync(call with { Bead = done.Claim.Bead, Token = done.Claim.Token }, terminate);
        if (held is not var (claim, open, askedAt))
        {
            return ExternalAnswers.Refusal(
                call.Verb, ExternalRefusal.Fenced, $"the claim on {done.Claim.Bead} that this request got has ended");
        }

        if (claim.Stage == done.Stage && claim.Attempt == done.Attempt)
        {
            return await UnderAsync(call, claim, askedAt, work => BeginAsync(call, claim, open, work), terminate);
        }

        var runs = await parts.Store.ReadHistoryAsync(
            claim.Bead, call.Agent, StageDocuments.HistoryMax, terminate);
        var run = runs.Last(run => run.Stage == done.Stage && run.Attempt == done.Attempt);
        return ExternalAnswers.Handed(
            call.Verb, claim.Key, (done.Stage, done.Attempt, claim.AttemptsAllowed),
            new StageStart(
                run.Stage, run.Attempt, run.Workspace, run.Branch, run.SessionFolder, claim.BaseCommit ?? ""), Lease);
    }

    async Task<string> WithClaimAsync(ExternalCall call, CancellationToken terminate)
    {
        if (await HeldAsync(call, terminate) is not var (claim, open, askedAt))
        {
            return ExternalAnswers.Refusal(
                call.Verb, ExternalRefusal.Fenced,
                $"agent {call.Agent} does not hold {call.Bead} with token {call.Token}: work on it no further");
        }

        return call.Verb switch
        {
            ExternalVerb.Heartbeat => ExternalAnswers.Renewed(claim.Key, Lease),
            ExternalVerb.StageStart => await UnderAsync(
                call, claim, askedAt, work => BeginAsync(call, claim, open, work), terminate),
            ExternalVerb.StagePass or ExternalVerb.StageFail => await UnderAsync(
                call, claim, askedAt, work => EndAsync(call, claim, open, work), terminate),
            ExternalVerb.Release => await UnderAsync(
                call, claim, askedAt, work => ReleaseAsync(call, claim, open, work), terminate),
            ExternalVerb.Claim => throw new System.Diagnostics.UnreachableException("a claim is not under a claim"),
        };
    }

    /// <summary>What the agent holds; null when it is free for another bead.</summary>
    async Task<BeadId?> HeldByAsync(AgentNumber agent, CancellationToken cancellationToken)
    {
        var status = await parts.Store.ReadStatusAsync(cancellationToken);
        if (status.Agents.FirstOrDefault(one => one.Agent == agent)?.Bead is not { } bead
            || (await parts.Store.ReadBeadAsync(bead, cancellationToken))?.State is not BeadState.Held held
            || held.Agent != agent)
        {
            return null;
        }

        // The store's clock has the last word; this one only spares a living agent the look into its workspace.
        var lapsed = new ExpiredClaim(new ClaimKey(bead, agent, held.Token), held.Stage, held.ExpiresAt);
        return held.ExpiresAt <= parts.Time.GetUtcNow() && await _rescue.GiveBackAsync(lapsed, cancellationToken)
            ? null
            : bead;
    }

    /// <summary>The claim of the call, renewed by the store's clock; null when it is not the agent's.</summary>
    async Task<(Claim Claim, OpenStage? Open, long AskedAt)?> HeldAsync(
        ExternalCall call, CancellationToken cancellationToken)
    {
        if (call is not { Bead: { } bead, Token: { } token })
        {
            return null;
        }

        var key = new ClaimKey(bead, call.Agent, token);
        var askedAt = parts.Time.GetTimestamp();
        if ((await parts.Store.RenewAsync([key], Lease, cancellationToken)).Count > 0
            || await parts.Store.ReadBeadAsync(bead, cancellationToken) is not { State: BeadState.Held held } work
            || held.Token != token || !held.External)
        {
            return null;
        }

        var stage = PipelineRules.Resume(parts.Config.Pipeline, held.Stage);
        var claim = new Claim(
            key, stage, work.Attempt, work.AttemptsAllowed, work.InfrastructureFailures, held.ExpiresAt,
            work.HeadCommit, work.BaseCommit)
        {
            External = true,
        };
        var open = await parts.Store.ReadOpenStagesAsync(cancellationToken);
        return (claim, open.FirstOrDefault(one => one.Claim.Key == key), askedAt);
    }

    /// <summary>While it is worked on here the lease is kept, and given up as of any agent.</summary>
    async Task<string> UnderAsync(
        ExternalCall call, Claim claim, long askedAt, Func<CancellationToken, Task<string>> act,
        CancellationToken terminate)
    {
        var held = parts.Claims.Add(claim, askedAt, Lease);
        using var work = CancellationTokenSource.CreateLinkedTokenSource(terminate, held.Lost);
        try
        {
            return await act(work.Token);
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested && !terminate.IsCancellationRequested)
        {
            return ExternalAnswers.Refusal(
                call.Verb, ExternalRefusal.Fenced, $"the claim on {claim.Bead} was lost meanwhile");
        }
        finally
        {
            parts.Claims.Remove(held);
            parts.Bell.Ring();
        }
    }

    /// <summary>Runs what commands there are to run, and hands out the next stage that needs an agent.</summary>
    async Task<string> BeginAsync(ExternalCall call, Claim claim, OpenStage? open, CancellationToken work)
    {
        var stages = StagesOf(call.Agent);
        while (parts.Config.Pipeline[claim.Stage].Kind == StageKind.Command)
        {
            var at = (claim.Stage, claim.Attempt);
            if (await stages.RunAsync(claim, NoTurn(call.Agent), work) is not { } report
                || await FinishAsync(claim, report, work) is not { } ended)
            {
                return Lost(call);
            }

            if (ended.Transition is not BeadTransition.Keep next)
            {
                return ExternalAnswers.Ended(call.Verb, claim.Key, at, ended);
            }

            claim = TransitionRules.Onward(claim, next, report);
            open = null;
        }

        switch (await stages.HandOutAsync(claim, open, work))
        {
            case HandedStage.Ready ready:
                Remember(ready);
                return ExternalAnswers.Handed(
                    call.Verb, claim.Key, (claim.Stage, claim.Attempt, claim.AttemptsAllowed), ready.Start, Lease);
            case HandedStage.Over over:
                return await FinishAsync(claim, over.Report, work) is { } ended
                    ? ExternalAnswers.Refusal(call.Verb, ExternalRefusal.Unavailable, ended.Finish.Summary)
                    : Lost(call);
            default:
                return Lost(call);
        }
    }

    async Task<string> EndAsync(ExternalCall call, Claim claim, OpenStage? open, CancellationToken work)
    {
        if (open is null)
        {
            return ExternalAnswers.Refusal(
                call.Verb, ExternalRefusal.Refused, $"stage {claim.Stage} of {claim.Bead} has not been started");
        }

        var passed = call.Verb == ExternalVerb.StagePass;
        AgentVerdict verdict;
        switch (AgentResultFile.Read(new AgentFiles(open.Start.SessionFolder)))
        {
            case AgentResult.Broken broken:
                return ExternalAnswers.Refusal(call.Verb, ExternalRefusal.Refused, broken.Problem);
            case AgentResult.Said said when said.Verdict.Passed != passed:
                return ExternalAnswers.Refusal(
                    call.Verb, ExternalRefusal.Refused, "the result file says otherwise: correct it, or remove it");
            case AgentResult.Said said:
                verdict = said.Verdict with { Summary = Words(call) ?? said.Verdict.Summary };
                break;
            default:
                verdict = new AgentVerdict(passed, Words(call), []);
                break;
        }

        var from = _starts.TryGetValue(open.Run, out var start) ? start : (CommitId?)null;
        var report = await StagesOf(call.Agent).JudgeAsync(
            claim, open, from, AgentEndText.Map(new AgentEnd.Finished(verdict, null), Redacted), work);
        var at = (claim.Stage, claim.Attempt);
        string Answer(EndedStage ended) => ExternalAnswers.Ended(call.Verb, claim.Key, at, ended);
        var ended = await FinishAsync(
            claim, report, work,
            ended => new RequestAnswer(call.Id, ExternalAnswers.NameOf(call.Verb), Answer(ended)));
        if (ended is null)
        {
            return Lost(call);
        }

        _starts.TryRemove(open.Run, out _);
        return Answer(ended);
    }

    async Task<string> ReleaseAsync(ExternalCall call, Claim claim, OpenStage? open, CancellationToken work)
    {
        var to = new BeadTransition.Free(claim.Stage, claim.Attempt, claim.InfrastructureFailures, null);
        var reason = Words(call) is { } why ? PipelineRules.OneLine(why) : "its agent gave it back";
        var text = ExternalAnswers.Released(claim.Key, to);
        var answer = new RequestAnswer(call.Id, ExternalAnswers.NameOf(call.Verb), text);
        WriteOutcome outcome;
        if (open is null)
        {
            outcome = await parts.Store.ReleaseAsync(claim.Key, to, reason, answer, work);
        }
        else
        {
            var head = await _rescue.SaveAsync(claim.Key, claim.Stage, work);
            var finish = new StageFinish(
                open.Run, StageStatus.Interrupted, reason, null, head?.Commit, head?.Tree, [])
            {
                Answer = answer,
            };
            outcome = await parts.Store.FinishStageAsync(claim.Key, finish, to, work);
        }

        return outcome == WriteOutcome.Done ? text : Lost(call);
    }

    /// <summary>
    /// Writes down how it ended; null when the claim was lost. What a stopping swarm has cut off is not written down:
    /// the agent asks again.
    /// </summary>
    Task<EndedStage?> FinishAsync(
        Claim claim, StageReport report, CancellationToken work, Func<EndedStage, RequestAnswer>? answer = null)
    {
        if (report.End is StageEnd.Interrupted)
        {
            work.ThrowIfCancellationRequested();
        }

        return _ending.FinishAsync(claim, report, answer, drain);
    }

    void Remember(HandedStage.Ready ready)
    {
        if (_starts.Count >= StartsMax)
        {
            _starts.Clear();
        }

        if (ready.From is { } from)
        {
            _starts[ready.Run] = from;
        }
    }

    /// <summary>Whoever works from outside asks its vendor itself.</summary>
    static RunnerTurn NoTurn(AgentNumber agent) => new(agent, RunnerSpec.External.Name, account: null, startedIn: 0);

    StageRunner StagesOf(AgentNumber agent) => new(parts, new AgentSlot(agent, "external", RunnerSpec.External.Name));

    string? Words(ExternalCall call) => string.IsNullOrWhiteSpace(call.Summary) ? null : Redacted(call.Summary);

    string Redacted(string text) => Processes.Redaction.Apply(text, secrets);

    static string Lost(ExternalCall call) => ExternalAnswers.Refusal(
        call.Verb, ExternalRefusal.Fenced, $"the claim on {call.Bead} was lost meanwhile");
}
