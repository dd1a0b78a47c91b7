using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>Granting, renewing, adopting and ending claims.</summary>
static class ClaimOperations
{
    public static Claim? Next(StoreTransaction transaction, SwarmEpoch epoch, ClaimRequest request)
    {
        if (transaction.Hold(epoch) is not { Record.Status: SwarmStatus.Starting or SwarmStatus.Running } swarm
            || Choose(transaction, swarm, request) is not { } chosen)
        {
            return null;
        }

        var superseded = chosen.Work.State as BeadState.Held;
        var bead = Grant(
            transaction, superseded is null ? chosen.Work : Recovered(transaction, chosen.Work), chosen,
            new BeadState.Held(
                request.Agent, new FencingToken(chosen.Token.Value + 1), StageOf(chosen.Work.State),
                transaction.Expiry(request.Lease))
            {
                External = request.External is not null,
            },
            request.Node);
        var claim = ClaimOn(bead);
        if (superseded is not null)
        {
            transaction.Interrupt(bead.Id, $"its lease expired and agent {request.Agent} took over");
            transaction.Idle(superseded.Agent);
            transaction.Append(bead.Id, superseded.Agent, new JournalEvent.LeaseExpired(
                claim.Stage.Value, superseded.Token.Value, superseded.ExpiresAt, claim.InfrastructureFailures));
        }

        if (!bead.Work.Started)
        {
            transaction.Tell(new BeadChange.Start(bead.Id, SwarmAssignee.Of(swarm.Actor, request.Agent)));
        }

        transaction.Work(request.Agent);
        transaction.Append(bead.Id, request.Agent, new JournalEvent.BeadClaimed(
            claim.Stage.Value, claim.Attempt, claim.Key.Token.Value, claim.ExpiresAt,
            request.External is null ? null : true));
        if (request.External is { } asked)
        {
            transaction.Note(
                new DoneRequest(asked.Request, "claim", claim.Key, claim.Stage, claim.Attempt, Answer: null));
        }

        return claim;
    }

    public static Claim? Adopt(StoreTransaction transaction, SwarmEpoch epoch, ClaimKey key, TimeSpan lease)
    {
        if (transaction.Hold(epoch) is null
            || transaction.Tables.Beads.Find(key.Bead) is not { } old
            || !ClaimRules.MayAdopt(old.Work.State, key))
        {
            return null;
        }

        var work = transaction.Defects.CounterResetOnRecovery
            ? old.Work with { Attempt = 1, InfrastructureFailures = 0 }
            : old.Work;
        var bead = Grant(transaction, work, old, (BeadState.Held)old.Work.State with
        {
            Token = new FencingToken(old.Token.Value + 1),
            ExpiresAt = transaction.Expiry(lease),
        },
        old.Node);
        var claim = ClaimOn(bead);
        transaction.Work(key.Agent);
        transaction.Append(key.Bead, key.Agent, new JournalEvent.BeadAdopted(
            claim.Stage.Value, claim.Key.Token.Value, claim.ExpiresAt));
        return claim;
    }

    public static IReadOnlyList<ClaimKey> Renew(
        StoreTransaction transaction, IReadOnlyList<ClaimKey> claims, TimeSpan lease)
    {
        var lost = new List<ClaimKey>();
        foreach (var key in claims)
        {
            if (transaction.Hold(key) is not { Work.State: BeadState.Held held } bead)
            {
                lost.Add(key);
                continue;
            }

            // A renewal never shortens a lease. It is not journalled: it changes who may act by nothing.
            var expiry = transaction.Expiry(lease);
            transaction.Tables.Beads.Put(bead.With(bead.Work with
            {
                State = held with { ExpiresAt = expiry > held.ExpiresAt ? expiry : held.ExpiresAt },
            }));
        }

        return lost;
    }

    public static WriteOutcome Release(
        StoreTransaction transaction, ClaimKey key, BeadTransition.Free to, string reason, RequestAnswer? answer)
    {
        if (transaction.Hold(key) is null)
        {
            return WriteOutcome.Fenced;
        }

        if (answer is not null)
        {
            transaction.Note(new DoneRequest(answer.Id, answer.Verb, key, to.Stage, to.Attempt, answer.Text));
        }

        Free(transaction, key.Bead, to);
        transaction.Interrupt(key.Bead, reason);
        transaction.Idle(key.Agent);
        transaction.Append(key.Bead, key.Agent, new JournalEvent.BeadReleased(
            to.Stage.Value, reason, StoreTime.Truncate(to.NotBefore), to.Attempt, to.InfrastructureFailures));
        if (transaction.Newest?.Record.Status is SwarmStatus.Stopping or SwarmStatus.Stopped or SwarmStatus.Completed)
        {
            transaction.Tell(new BeadChange.Reopen(key.Bead, null));
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome ForceRelease(StoreTransaction transaction, BeadId bead, string reason)
    {
        if (transaction.Tables.Beads.Find(bead)?.Work is not { State: BeadState.Held held } work)
        {
            return WriteOutcome.Fenced;
        }

        var until = IsElsewhere(transaction, bead) ? held.ExpiresAt : (DateTimeOffset?)null;
        Free(transaction, bead, new BeadTransition.Free(held.Stage, work.Attempt, work.InfrastructureFailures, until));
        transaction.Interrupt(bead, reason);
        transaction.Idle(held.Agent);
        transaction.Append(bead, held.Agent, new JournalEvent.BeadReleased(
            held.Stage.Value, reason, until, work.Attempt, work.InfrastructureFailures));
        transaction.Tell(new BeadChange.Reopen(bead, null));
        return WriteOutcome.Done;
    }

    /// <summary>A node that does not hold the swarm, and has not ended, acts on the claim until it hears.</summary>
    static bool IsElsewhere(StoreTransaction transaction, BeadId bead) =>
        transaction.Tables.Beads.Find(bead)?.Node is { } name && name != transaction.Newest?.Record.Node
        && transaction.Tables.Nodes.Find(name) is { Node.Ended: null };

    public static IReadOnlyList<ExpiredClaim> ReapExpired(
        StoreTransaction transaction, SwarmEpoch epoch, IReadOnlyList<AgentNumber> except)
    {
        if (transaction.Hold(epoch) is null)
        {
            return [];
        }

        var expired = transaction.Tables.Beads.Expired(transaction.LeaseNow)
            .Where(found => !except.Contains(found.Held.Agent))
            .ToArray();
        foreach (var (bead, held) in expired.Where(found => !found.Held.External))
        {
            Expire(transaction, bead, held, null);
        }

        return
        [
            .. expired.Select(found => new ExpiredClaim(
                new ClaimKey(found.Bead.Id, found.Held.Agent, found.Held.Token), found.Held.Stage,
                found.Held.ExpiresAt)
            {
                External = found.Held.External,
            }),
        ];
    }

    public static WriteOutcome ReapExternal(
        StoreTransaction transaction, SwarmEpoch epoch, ClaimKey key, SavedHead? head)
    {
        if (transaction.Hold(epoch) is null
            || transaction.Tables.Beads.Find(key.Bead) is not { Work.State: BeadState.Held { External: true } held }
            || !ClaimRules.MayAdopt(held, key) || held.ExpiresAt > transaction.LeaseNow)
        {
            return WriteOutcome.Fenced;
        }

        if (head is not null)
        {
            transaction.Tables.Beads.Put(
                key.Bead, work => work with { HeadCommit = head.Commit, HeadTree = head.Tree });
        }

        Expire(transaction, transaction.Tables.Beads.Get(key.Bead), held, head);
        return WriteOutcome.Done;
    }

    public static WriteOutcome Retry(
        StoreTransaction transaction, BeadId id, BeadTransition.Free to, int furtherAttempts)
    {
        if (transaction.Tables.Beads.Find(id)?.Work is not { State: BeadState.Blocked } bead)
        {
            return WriteOutcome.Fenced;
        }

        // Ready, because the tracker's view of a blocked bead does not say; the next intake after it is told does.
        Revive(transaction, id, to, ClaimRules.Allowance(bead.AttemptsAllowed, to.Attempt, furtherAttempts),
            ready: true, afresh: false, by: "person");
        transaction.Tell(new BeadChange.Reopen(id, null));
        return WriteOutcome.Done;
    }

    /// <summary>An ended bead waits again.</summary>
    public static void Revive(
        StoreTransaction transaction, BeadId bead, BeadTransition.Free to, int allowed, bool ready, bool afresh,
        string by)
    {
        transaction.Tables.Beads.Put(bead, work => work with
        {
            State = new BeadState.Pending(to.Stage, StoreTime.Truncate(to.NotBefore)),
            Attempt = to.Attempt,
            AttemptsAllowed = allowed,
            InfrastructureFailures = to.InfrastructureFailures,
            Ready = ready,
            BaseCommit = afresh ? null : work.BaseCommit,
            HeadCommit = afresh ? null : work.HeadCommit,
            HeadTree = afresh ? null : work.HeadTree,
            UpdatedAt = transaction.Now,
        });
        transaction.Append(bead, null, new JournalEvent.BeadRevived(
            allowed, by, to.Stage.Value, to.Attempt, ready, StoreTime.Truncate(to.NotBefore),
            to.InfrastructureFailures));
    }

    /// <summary>Whatever held the bead does no longer; it waits at a stage.</summary>
    public static void Free(StoreTransaction transaction, BeadId id, BeadTransition.Free to)
    {
        var bead = transaction.Tables.Beads.Get(id);
        var reused = transaction.Defects.TokenReusedAfterRelease && bead.Work.State is BeadState.Held;
        transaction.Tables.Beads.Put(bead.With(
            bead.Work with
            {
                State = new BeadState.Pending(to.Stage, StoreTime.Truncate(to.NotBefore)),
                Attempt = to.Attempt,
                InfrastructureFailures = to.InfrastructureFailures,
                UpdatedAt = transaction.Now,
            },
            reused ? new FencingToken(bead.Token.Value - 1) : bead.Token));
    }

    /// <summary>The swarm's work on a bead has come to an end, for now or for good.</summary>
    public static void End(StoreTransaction transaction, BeadId bead, BeadState state) =>
        transaction.Tables.Beads.Put(bead, work => work with { State = state, UpdatedAt = transaction.Now });

    /// <summary>Attempts or retries are used up: a person must look, and the tracker says so.</summary>
    public static void Block(StoreTransaction transaction, BeadId bead, AgentNumber? agent, string reason)
    {
        End(transaction, bead, new BeadState.Blocked(reason));
        transaction.Append(bead, agent, new JournalEvent.BeadBlocked(reason));
        transaction.Tell(new BeadChange.Block(bead, reason));
    }

    /// <summary>The claim that a held bead is under.</summary>
    public static Claim ClaimOn(StoredBead bead)
    {
        var (work, held) = (bead.Work, (BeadState.Held)bead.Work.State);
        return new Claim(
            new ClaimKey(bead.Id, held.Agent, held.Token), held.Stage, work.Attempt, work.AttemptsAllowed,
            work.InfrastructureFailures, held.ExpiresAt, work.HeadCommit, work.BaseCommit)
        {
            External = held.External,
        };
    }

    static void Expire(StoreTransaction transaction, StoredBead bead, BeadState.Held held, SavedHead? head)
    {
        var work = Recovered(transaction, bead.Work);
        Free(transaction, bead.Id, new BeadTransition.Free(
            held.Stage, work.Attempt, work.InfrastructureFailures, null));
        transaction.Interrupt(bead.Id, "its lease expired");
        transaction.Idle(held.Agent);
        transaction.Append(bead.Id, held.Agent, new JournalEvent.LeaseExpired(
            held.Stage.Value, held.Token.Value, held.ExpiresAt, work.InfrastructureFailures, head?.Commit));
    }

    static StoredBead? Choose(StoreTransaction transaction, StoredSwarm swarm, ClaimRequest request)
    {
        var (beads, defects) = (transaction.Tables.Beads, transaction.Defects);
        var mayBegin = defects.BoundsIgnored
            || ClaimRules.MayBegin(beads.Tally.Begun, beads.Tally.Promising, swarm.Bounds);
        var next = beads.Next(
            request.Stages, mayBegin, transaction.Now,
            defects.ClaimIgnoresHolder ? DateTimeOffset.MaxValue : transaction.LeaseNow, request.External?.Only);
        return next is null && defects.ReadinessIgnored
            ? beads.Rows.FirstOrDefault(bead => bead.Work.State is BeadState.Pending { NotBefore: null } pending
                && request.Stages.Contains(pending.Stage) && (bead.Work.Begun || mayBegin))
            : next;
    }

    static StoredBead Grant(
        StoreTransaction transaction, BeadWork work, StoredBead old, BeadState.Held held, string? node)
    {
        var bead = new StoredBead(
            work with { State = held, Begun = true, LastAgent = held.Agent, UpdatedAt = transaction.Now },
            held.Token, old.Branch, old.Ranked)
        {
            Node = node,
        };
        transaction.Tables.Beads.Put(bead);
        return bead;
    }

    // A lease that ran out is an infrastructure failure: a bead that kills its agent is not retried without end.
    static BeadWork Recovered(StoreTransaction transaction, BeadWork work) =>
        transaction.Defects.CounterResetOnRecovery
            ? work with { Attempt = 1, InfrastructureFailures = 0 }
            : work with { InfrastructureFailures = work.InfrastructureFailures + 1 };

    static Pipelines.StageName StageOf(BeadState state) => state switch
    {
        BeadState.Pending pending => pending.Stage,
        BeadState.Held held => held.Stage,
        _ => throw new System.Diagnostics.UnreachableException($"{state} is not to be had"),
    };
}
