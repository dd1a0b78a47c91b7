using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Simulation.Storage;

/// <summary>Stages, and the evidence they leave: artifacts, gate results, baselines.</summary>
static class StageOperations
{
    public static StageRunId? Start(StoreTransaction transaction, ClaimKey key, StageStart start)
    {
        if (transaction.Hold(key) is not { } bead)
        {
            return null;
        }

        // One stage of a bead is open at a time: an earlier one was given up by whoever begins the next.
        transaction.Interrupt(key.Bead, "given up: another stage began");
        var id = transaction.Tables.Runs.Next;
        transaction.Tables.Runs.Add(new StoredRun(
            new StageRun(
                id, key.Agent, key.Bead, start.Stage, start.Attempt, StageStatus.Started, null, null, null, null,
                start.SessionFolder, start.Workspace, start.Branch, transaction.Now, null),
            start.BaseCommit, null));
        transaction.Tables.Beads.Put(new StoredBead(
            bead.Work with { BaseCommit = start.BaseCommit }, bead.Token, start.Branch, bead.Ranked)
        {
            Node = bead.Node,
        });
        transaction.Work(key.Agent);
        transaction.Append(key.Bead, key.Agent, new JournalEvent.StageStarted(
            id.Value, start.Stage.Value, start.Attempt, start.Branch, start.BaseCommit));
        return id;
    }

    public static WriteOutcome RecordProcess(
        StoreTransaction transaction, ClaimKey key, StageRunId run, AgentProcess process)
    {
        if (transaction.Hold(key) is null || OpenRun(transaction, key.Bead, run) is not { } open)
        {
            return WriteOutcome.Fenced;
        }

        transaction.Tables.Runs.Put(open with { Process = process });
        transaction.Append(key.Bead, key.Agent, new JournalEvent.ProcessStarted(run.Value, process.Identity.Pid));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Finish(
        StoreTransaction transaction, ClaimKey key, StageFinish finish, BeadTransition transition)
    {
        // A run that is not open any more has been finished before: saying so twice changes nothing.
        if (transaction.Hold(key) is null || OpenRun(transaction, key.Bead, finish.Run) is not { } open)
        {
            return WriteOutcome.Fenced;
        }

        transaction.Tables.Runs.Put(open with
        {
            Run = open.Run with
            {
                Status = finish.Status,
                Summary = finish.Summary,
                Feedback = finish.Feedback,
                HeadCommit = finish.HeadCommit,
                HeadTree = finish.HeadTree,
                CompletedAt = transaction.Now,
            },
        });
        if (finish.HeadCommit is not null)
        {
            transaction.Tables.Beads.Put(
                key.Bead, work => work with { HeadCommit = finish.HeadCommit, HeadTree = finish.HeadTree });
        }

        Keep(transaction, key.Bead, finish.Run, finish.Artifacts);
        if (finish.Answer is { } answer)
        {
            transaction.Note(new DoneRequest(
                answer.Id, answer.Verb, key, open.Run.Stage, open.Run.Attempt, answer.Text));
        }

        var (next, stage, attempt, notBefore) = StoredNames.Of(transition);
        transaction.Append(key.Bead, key.Agent, new JournalEvent.StageEnded(
            finish.Run.Value, open.Run.Stage.Value, open.Run.Attempt, StoredNames.Of(finish.Status), finish.Summary,
            finish.HeadCommit, next, (long)(transaction.Now - open.Run.StartedAt).TotalMilliseconds, stage, attempt,
            notBefore, (transition as BeadTransition.Free)?.InfrastructureFailures));
        Move(transaction, key, transition);
        if (transition is not BeadTransition.Keep)
        {
            transaction.Idle(key.Agent);
        }

        return WriteOutcome.Done;
    }

    /// <summary>Keeps artifacts by what they contain: the same content is stored once.</summary>
    public static void Keep(
        StoreTransaction transaction, BeadId bead, StageRunId? run, IReadOnlyList<NewArtifact> artifacts)
    {
        var tables = transaction.Tables;
        foreach (var artifact in artifacts)
        {
            var content = ArtifactRules.Fit(artifact.Content);
            var hash = ArtifactRules.Hash(content.Span);
            var kept = tables.Contents.Find(hash);
            if (kept is null)
            {
                kept = content.ToArray();
                tables.Contents.Put(hash, kept);
            }

            tables.Artifacts.Add(new StoredArtifact(
                tables.Artifacts.Next, bead, run, artifact.Kind, artifact.Name, hash, kept, transaction.Now));
        }
    }

    public static bool RecordGate(StoreTransaction transaction, BeadId? bead, GateResult result)
    {
        var flaky = GateRules.IsFlaky(FindGate(transaction.Tables, result.Tree, result.Recipe), result);
        transaction.Tables.Gates.Add(result with
        {
            At = StoreTime.Truncate(result.At),
            Duration = StoreTime.SpanFromMicros(StoreTime.ToMicros(result.Duration)),
        });
        transaction.Tables.Summaries.Put(result.Gate, Counted(
            transaction.Tables.Summaries.Find(result.Gate), transaction.Tables.Gates.Last!, flaky));
        transaction.Append(bead, null, new JournalEvent.GateRan(
            result.Gate, result.Commit, result.Tree, StoredNames.Of(result.Status), result.ExitCode, result.LogSha256,
            (long)result.Duration.TotalMilliseconds, result.Recipe));
        if (flaky)
        {
            transaction.Append(bead, null, new JournalEvent.GateFlaky(
                result.Gate, result.Commit, result.Tree, result.Recipe));
        }

        return true;
    }

    static GateSummary Counted(GateSummary? before, GateResult result, bool flaky)
    {
        var passed = result.Status == GateStatus.Passed;
        var (time, last) = (before?.PassedTime ?? TimeSpan.Zero, before?.LastAt ?? result.At);
        return new GateSummary(
            result.Gate, (before?.Passed ?? 0) + (passed ? 1 : 0),
            (before?.Failed ?? 0) + (result.Status == GateStatus.Failed ? 1 : 0),
            (before?.WithoutVerdict ?? 0) + (result.Status == GateStatus.NoVerdict ? 1 : 0),
            (before?.Flaky ?? 0) + (flaky ? 1 : 0), passed ? time + result.Duration : time,
            result.At > last ? result.At : last);
    }

    public static GateResult? FindGate(InMemoryDatabase tables, string tree, string recipe) =>
        tables.Verdicts.Of(tables.VerdictKey(tree, recipe)) is [.., var last] ? tables.Gates.Find(last) : null;

    public static bool LowerBaseline(StoreTransaction transaction, string gate, int count)
    {
        var lowered = transaction.Tables.Baselines.Find(gate) is not { } known || count < known.Count;
        if (lowered)
        {
            transaction.Tables.Baselines.Put(gate, new Baseline(count));
            transaction.Append(null, null, new JournalEvent.BaselineLowered(gate, count));
        }

        return lowered;
    }

    static StoredRun? OpenRun(StoreTransaction transaction, BeadId bead, StageRunId run) =>
        transaction.Tables.Runs.OpenOf(bead) is { } open && open.Run.Id == run ? open : null;

    static void Move(StoreTransaction transaction, ClaimKey key, BeadTransition transition)
    {
        switch (transition)
        {
            case BeadTransition.Keep(var stage, var attempt):
                transaction.Tables.Beads.Put(key.Bead, work => work with
                {
                    State = (BeadState.Held)work.State with { Stage = stage },
                    Attempt = attempt,
                    UpdatedAt = transaction.Now,
                });
                break;
            case BeadTransition.Free free:
                ClaimOperations.Free(transaction, key.Bead, free);
                break;
            case BeadTransition.Land:
                LandingOperations.Queue(transaction, key);
                break;
            case BeadTransition.Block(var reason):
                ClaimOperations.Block(transaction, key.Bead, key.Agent, reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{transition}");
        }
    }
}
