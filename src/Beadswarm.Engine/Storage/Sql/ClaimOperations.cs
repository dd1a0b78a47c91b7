using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Storage.Sql;

/// <summary>Granting, renewing, adopting and ending claims.</summary>
static class ClaimOperations
{
    public static Claim? Next(SqlSession session, StoreInstant now, SwarmEpoch epoch, ClaimRequest request)
    {
        if (Select(session, now, epoch, request) is not { } grant)
        {
            return null;
        }

        var claim = grant.Claim;
        if (grant.SupersededAgent is { } loser)
        {
            session.Interrupt(now, claim.Bead, $"its lease expired and agent {request.Agent} took over");
            session.Idle(now, loser);
            session.Append(now, claim.Bead, loser, new JournalEvent.LeaseExpired(
                claim.Stage.Value, claim.Key.Token.Value - 1, grant.SupersededExpiresAt, claim.InfrastructureFailures));
        }

        if (!grant.Started)
        {
            session.Tell(now, new BeadChange.Start(claim.Bead, SwarmAssignee.Of(grant.Actor, request.Agent)));
        }

        session.Post("AgentWorks", ("agent", request.Agent), ("now", now));
        session.Append(now, claim.Bead, request.Agent, new JournalEvent.BeadClaimed(
            claim.Stage.Value, claim.Attempt, claim.Key.Token.Value, claim.ExpiresAt,
            request.External is null ? null : true));
        if (request.External is { } asked)
        {
            Note(session, now, asked.Request, "claim", claim.Key, claim.Stage.Value, claim.Attempt, null);
        }

        return claim with { External = request.External is not null };
    }

    public static Claim? Adopt(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, ClaimKey key, TimeSpan lease)
    {
        if (session.Hold(epoch) is null
            || session.First("AdoptClaim", row => Rows.Claim(row, key.Agent) with { External = row.GetBoolean(9) },
                ("bead", key.Bead), ("agent", key.Agent), ("token", key.Token), ("lease", lease), ("now", now))
                is not { } claim)
        {
            return null;
        }

        session.Post("AgentWorks", ("agent", key.Agent), ("now", now));
        session.Append(now, key.Bead, key.Agent, new JournalEvent.BeadAdopted(
            claim.Stage.Value, claim.Key.Token.Value, claim.ExpiresAt));
        return claim;
    }

    public static IReadOnlyList<ClaimKey> Renew(
        SqlSession session, StoreInstant now, IReadOnlyList<ClaimKey> claims, TimeSpan lease) =>
        [.. claims.Where(claim => session.Run(
            "RenewClaim", ("bead", claim.Bead), ("agent", claim.Agent), ("token", claim.Token), ("lease", lease),
            ("now", now)) == 0)];

    public static WriteOutcome Release(
        SqlSession session, StoreInstant now, ClaimKey key, BeadTransition.Free to, string reason,
        RequestAnswer? answer)
    {
        if (session.Hold(now, key) is not { } held)
        {
            return WriteOutcome.Fenced;
        }

        if (answer is not null)
        {
            Note(session, now, answer.Id, answer.Verb, key, to.Stage.Value, to.Attempt, answer.Text);
        }

        Free(session, now, key.Bead, to);
        session.Interrupt(now, key.Bead, reason);
        session.Idle(now, key.Agent);
        session.Append(now, key.Bead, key.Agent, new JournalEvent.BeadReleased(
            to.Stage.Value, reason, StoreTime.Truncate(to.NotBefore), to.Attempt, to.InfrastructureFailures));
        if (held.Swarm is SwarmStatus.Stopping or SwarmStatus.Stopped or SwarmStatus.Completed)
        {
            session.Tell(now, new BeadChange.Reopen(key.Bead, null));
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome ForceRelease(SqlSession session, StoreInstant now, BeadId bead, string reason)
    {
        var held = session.First("SelectHeld", row => new
        {
            Agent = row.Agent(0),
            To = new BeadTransition.Free(
                new StageName(row.GetString(2)), row.GetInt32(3), row.GetInt32(4), row.MaybeAt(5)),
        }, ("bead", bead));
        if (held is null)
        {
            return WriteOutcome.Fenced;
        }

        Free(session, now, bead, held.To);
        session.Interrupt(now, bead, reason);
        session.Idle(now, held.Agent);
        session.Append(now, bead, held.Agent, new JournalEvent.BeadReleased(
            held.To.Stage.Value, reason, held.To.NotBefore, held.To.Attempt, held.To.InfrastructureFailures));
        session.Tell(now, new BeadChange.Reopen(bead, null));
        return WriteOutcome.Done;
    }

    public static IReadOnlyList<ExpiredClaim> ReapExpired(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, IReadOnlyList<AgentNumber> except)
    {
        if (session.Hold(epoch) is null)
        {
            return [];
        }

        var expired = session.All("SelectExpired", row => new
        {
            Claim = new ExpiredClaim(
                new ClaimKey(row.Bead(0), row.Agent(1), new FencingToken(row.GetInt64(2))),
                new StageName(row.GetString(3)), row.At(6))
            {
                External = row.GetBoolean(7),
            },
            To = new BeadTransition.Free(new StageName(row.GetString(3)), row.GetInt32(4), row.GetInt32(5) + 1, null),
        }, ("except", StoredLists.Write(except.Select(agent => agent.Value))), ("now", now));
        foreach (var found in expired.Where(found => !found.Claim.External))
        {
            Expire(session, now, found.Claim, found.To, null);
        }

        return [.. expired.Select(found => found.Claim)];
    }

    public static WriteOutcome ReapExternal(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, ClaimKey key, SavedHead? head)
    {
        if (session.Hold(epoch) is null)
        {
            return WriteOutcome.Fenced;
        }

        var lapsed = session.First("HoldExpired", row => new
        {
            Claim = new ExpiredClaim(key, new StageName(row.GetString(0)), row.At(3)) { External = true },
            To = new BeadTransition.Free(new StageName(row.GetString(0)), row.GetInt32(1), row.GetInt32(2) + 1, null),
        }, ("bead", key.Bead), ("agent", key.Agent), ("token", key.Token), ("now", now));
        if (lapsed is null)
        {
            return WriteOutcome.Fenced;
        }

        if (head is not null)
        {
            session.Post("SetHead", ("bead", key.Bead), ("head_commit", head.Commit), ("head_tree", head.Tree));
        }

        Expire(session, now, lapsed.Claim, lapsed.To, head);
        return WriteOutcome.Done;
    }

    /// <summary>Keeps what a request came to; it fails where that has been kept before.</summary>
    public static void Note(
        SqlSession session, StoreInstant now, RequestId id, string verb, ClaimKey key, string stage, int attempt,
        string? answer) =>
        session.Post("InsertRequest", ("id", id.Value), ("verb", verb), ("bead", key.Bead), ("agent", key.Agent),
            ("token", key.Token), ("stage", stage), ("attempt", attempt), ("answer", answer), ("now", now));

    public static WriteOutcome Retry(
        SqlSession session, StoreInstant now, BeadId id, BeadTransition.Free to, int furtherAttempts)
    {
        if (session.First("SelectBead", Rows.BeadWork, ("bead", id)) is not { State: BeadState.Blocked } bead)
        {
            return WriteOutcome.Fenced;
        }

        // Ready, because the tracker's view of a blocked bead does not say; the next intake after it is told does.
        Revive(session, now, id, to, ClaimRules.Allowance(bead.AttemptsAllowed, to.Attempt, furtherAttempts),
            ready: true, afresh: false, by: "person");
        session.Tell(now, new BeadChange.Reopen(id, null));
        return WriteOutcome.Done;
    }

    /// <summary>An ended bead waits again.</summary>
    public static void Revive(
        SqlSession session, StoreInstant now, BeadId bead, BeadTransition.Free to, int allowed, bool ready,
        bool afresh, string by)
    {
        session.Post("ReviveBead", ("bead", bead), ("stage", to.Stage.Value), ("attempt", to.Attempt),
            ("allowed", allowed), ("failures", to.InfrastructureFailures), ("not_before", to.NotBefore),
            ("ready", ready), ("afresh", afresh), ("now", now));
        session.Append(now, bead, null, new JournalEvent.BeadRevived(
            allowed, by, to.Stage.Value, to.Attempt, ready, StoreTime.Truncate(to.NotBefore),
            to.InfrastructureFailures));
    }

    /// <summary>Whatever held the bead does no longer; it waits at a stage.</summary>
    public static void Free(SqlSession session, StoreInstant now, BeadId bead, BeadTransition.Free to) =>
        session.Post("FreeBead", ("bead", bead), ("stage", to.Stage.Value), ("attempt", to.Attempt),
            ("failures", to.InfrastructureFailures), ("not_before", to.NotBefore), ("now", now));

    /// <summary>Attempts or retries are used up: a person must look, and the tracker says so.</summary>
    public static void Block(SqlSession session, StoreInstant now, BeadId bead, AgentNumber? agent, string reason)
    {
        session.Post("EndBead", ("bead", bead), ("state", "blocked"), ("detail", reason), ("now", now));
        session.Append(now, bead, agent, new JournalEvent.BeadBlocked(reason));
        session.Tell(now, new BeadChange.Block(bead, reason));
    }

    static void Expire(
        SqlSession session, StoreInstant now, ExpiredClaim expired, BeadTransition.Free to, SavedHead? head)
    {
        var key = expired.Claim;
        Free(session, now, key.Bead, to);
        session.Interrupt(now, key.Bead, "its lease expired");
        session.Idle(now, key.Agent);
        session.Append(now, key.Bead, key.Agent, new JournalEvent.LeaseExpired(
            expired.Stage.Value, key.Token.Value, expired.ExpiredAt, to.InfrastructureFailures, head?.Commit));
    }

    static Grant? Select(SqlSession session, StoreInstant now, SwarmEpoch epoch, ClaimRequest request)
    {
        var stages = StoredLists.Write(request.Stages.Select(stage => stage.Value));
        return session.ClaimReaches
            .Select(reach => session.First(
                "ClaimNext", row => Grant.Read(row, request.Agent),
                ("epoch", epoch.Value), ("agent", request.Agent), ("node", request.Node), ("stages", stages),
                ("lease", request.Lease), ("now", now), ("reach", reach), ("external", request.External is not null),
                ("only", request.External?.Only?.Value)))
            .FirstOrDefault(grant => grant is not null);
    }

    /// <summary>What ClaimNext returned.</summary>
    sealed record Grant(
        Claim Claim, bool Started, AgentNumber? SupersededAgent, DateTimeOffset SupersededExpiresAt, string Actor)
    {
        public static Grant Read(System.Data.Common.DbDataReader row, AgentNumber agent) => new(
            Rows.Claim(row, agent), row.GetBoolean(9), row.MaybeAgent(10), row.MaybeAt(11) ?? default,
            row.GetString(12));
    }
}
