using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;

namespace Beadswarm.Storage.Sql;

/// <summary>Stages, and the evidence they leave: artifacts, gate results, baselines.</summary>
static class StageOperations
{
    public static StageRunId? Start(SqlSession session, StoreInstant now, ClaimKey key, StageStart start)
    {
        if (session.Hold(now, key) is null)
        {
            return null;
        }

        // One stage of a bead is open at a time: an earlier one was given up by whoever begins the next.
        session.Interrupt(now, key.Bead, "given up: another stage began");
        var run = new StageRunId(session.First("InsertRun", row => row.GetInt64(0),
            ("bead", key.Bead), ("agent", key.Agent), ("token", key.Token), ("stage", start.Stage.Value),
            ("attempt", start.Attempt), ("workspace", start.Workspace), ("branch", start.Branch),
            ("session_folder", start.SessionFolder), ("base_commit", start.BaseCommit), ("now", now)));
        session.Post("SetBranch", ("bead", key.Bead), ("base_commit", start.BaseCommit), ("branch", start.Branch));
        session.Post("AgentWorks", ("agent", key.Agent), ("now", now));
        session.Append(now, key.Bead, key.Agent, new JournalEvent.StageStarted(
            run.Value, start.Stage.Value, start.Attempt, start.Branch, start.BaseCommit));
        return run;
    }

    public static WriteOutcome RecordProcess(
        SqlSession session, StoreInstant now, ClaimKey key, StageRunId run, AgentProcess process)
    {
        if (session.Hold(now, key) is null
            || session.Run("RecordProcess", ("run", run.Value), ("bead", key.Bead), ("pid", process.Identity.Pid),
                ("start_ticks", process.Identity.StartTicks), ("boot_id", process.Identity.BootId),
                ("folder", process.SessionFolder), ("tag", process.Tag)) == 0)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, key.Bead, key.Agent, new JournalEvent.ProcessStarted(run.Value, process.Identity.Pid));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Finish(
        SqlSession session, StoreInstant now, ClaimKey key, StageFinish finish, BeadTransition transition)
    {
        if (session.Hold(now, key) is null)
        {
            return WriteOutcome.Fenced;
        }

        // A run that is not open any more has been finished before: saying so twice changes nothing.
        var run = session.First("FinishRun", row => new
        {
            Stage = row.GetString(0),
            Attempt = row.GetInt32(1),
            StartedAt = row.At(2),
        }, ("run", finish.Run.Value), ("bead", key.Bead), ("status", StoredNames.Of(finish.Status)),
            ("summary", finish.Summary), ("feedback", finish.Feedback), ("head_commit", finish.HeadCommit),
            ("head_tree", finish.HeadTree), ("now", now));
        if (run is null)
        {
            return WriteOutcome.Fenced;
        }

        if (finish.HeadCommit is not null)
        {
            session.Post(
                "SetHead", ("bead", key.Bead), ("head_commit", finish.HeadCommit), ("head_tree", finish.HeadTree));
        }

        Keep(session, now, key.Bead, finish.Run.Value, landing: null, finish.Artifacts);
        if (finish.Answer is { } answer)
        {
            ClaimOperations.Note(session, now, answer.Id, answer.Verb, key, run.Stage, run.Attempt, answer.Text);
        }

        var (next, stage, attempt, notBefore) = StoredNames.Of(transition);
        session.Append(now, key.Bead, key.Agent, new JournalEvent.StageEnded(
            finish.Run.Value, run.Stage, run.Attempt, StoredNames.Of(finish.Status), finish.Summary, finish.HeadCommit,
            next, (long)(StoreTime.Truncate(now) - run.StartedAt).TotalMilliseconds, stage, attempt, notBefore,
            (transition as BeadTransition.Free)?.InfrastructureFailures));
        Move(session, now, key, transition);
        if (transition is not BeadTransition.Keep)
        {
            session.Idle(now, key.Agent);
        }

        return WriteOutcome.Done;
    }

    /// <summary>Keeps artifacts by what they contain: the same content is stored once.</summary>
    public static void Keep(
        SqlSession session, StoreInstant now, BeadId bead, long? run, long? landing,
        IReadOnlyList<NewArtifact> artifacts)
    {
        foreach (var artifact in artifacts)
        {
            var content = ArtifactRules.Fit(artifact.Content);
            var hash = ArtifactRules.Hash(content.Span);
            session.Post("InsertContent", ("sha256", hash), ("bytes", content));
            session.Post("InsertArtifact", ("bead", bead), ("run", run), ("landing", landing), ("kind", artifact.Kind),
                ("name", artifact.Name), ("sha256", hash), ("now", now));
        }
    }

    public static bool RecordGate(SqlSession session, StoreInstant now, BeadId? bead, GateResult result)
    {
        var before = result.Status == GateStatus.Passed
            ? session.First("FindGateResult", Rows.GateResult, ("tree", result.Tree), ("recipe", result.Recipe))
            : null;
        var flaky = GateRules.IsFlaky(before, result);
        session.Post("InsertGateResult", ("bead", bead?.Value), ("gate", result.Gate), ("recipe", result.Recipe),
            ("commit", result.Commit), ("tree", result.Tree), ("status", StoredNames.Of(result.Status)),
            ("exit_code", result.ExitCode), ("reason", result.Reason), ("log_path", result.LogPath),
            ("log_sha256", result.LogSha256), ("output_tail", result.OutputTail), ("count", result.Count),
            ("at", result.At), ("duration", result.Duration), ("flaky", flaky));
        session.Append(now, bead, null, new JournalEvent.GateRan(
            result.Gate, result.Commit, result.Tree, StoredNames.Of(result.Status), result.ExitCode, result.LogSha256,
            (long)result.Duration.TotalMilliseconds, result.Recipe));
        if (flaky)
        {
            session.Append(now, bead, null, new JournalEvent.GateFlaky(
                result.Gate, result.Commit, result.Tree, result.Recipe));
        }

        return true;
    }

    public static bool LowerBaseline(SqlSession session, StoreInstant now, string gate, int count)
    {
        var lowered = session.Run("LowerBaseline", ("gate", gate), ("count", count), ("now", now)) > 0;
        if (lowered)
        {
            session.Append(now, null, null, new JournalEvent.BaselineLowered(gate, count));
        }

        return lowered;
    }

    static void Move(SqlSession session, StoreInstant now, ClaimKey key, BeadTransition transition)
    {
        switch (transition)
        {
            case BeadTransition.Keep(var stage, var attempt):
                session.Post(
                    "KeepBead", ("bead", key.Bead), ("stage", stage.Value), ("attempt", attempt), ("now", now));
                break;
            case BeadTransition.Free free:
                ClaimOperations.Free(session, now, key.Bead, free);
                break;
            case BeadTransition.Land:
                LandingOperations.Queue(session, now, key);
                break;
            case BeadTransition.Block(var reason):
                ClaimOperations.Block(session, now, key.Bead, key.Agent, reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{transition}");
        }
    }
}
