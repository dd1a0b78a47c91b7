using System.Diagnostics;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>Beginning and ending a swarm, its agents, and what comes in from the tracker.</summary>
static class SwarmOperations
{
    public static SwarmRecord Begin(StoreTransaction transaction, SwarmBegin begin)
    {
        var newest = transaction.Newest?.Record;
        var kept = transaction.Defects.TakeOverKeepsEpoch && newest is not null && newest.Node != begin.Node;
        var epoch = new SwarmEpoch((newest?.Epoch.Value ?? 0) + (kept ? 0 : 1));
        var continued = newest is not null && begin.Continues(newest);
        // A target or limit that is not given stays as it was: going on is going on where it was.
        var record = continued
            ? newest! with
            {
                Epoch = epoch,
                Status = SwarmStatus.Starting,
                Reason = null,
                EndedAt = null,
                Continued = true,
                Node = begin.Node,
                Target = begin.Target ?? newest.Target,
                Limit = begin.Limit ?? newest.Limit,
            }
            : new SwarmRecord(
                transaction.Tables.Swarms.Next, epoch, SwarmStatus.Starting, null, begin.Node, begin.Target,
                begin.Limit, transaction.Now, null, false);
        var swarm = new StoredSwarm(
            record, begin.Order == SelectOrder.Tracker, begin.FirstStage, begin.RetryStage ?? begin.FirstStage,
            begin.Actor);
        if (continued)
        {
            transaction.Tables.Swarms.Put(record.Id, swarm);
        }
        else
        {
            transaction.Tables.Swarms.Add(swarm);
        }

        TakeOver(transaction, swarm, continued);
        ForgetRequests(transaction);
        SeatAgents(transaction, begin.Agents);
        foreach (var entry in begin.Entries(record, continued))
        {
            transaction.Append(null, null, entry);
        }

        return record;
    }

    public static WriteOutcome SetStatus(
        StoreTransaction transaction, SwarmEpoch epoch, SwarmStatus status, string? reason)
    {
        if (transaction.Hold(epoch) is not { } swarm)
        {
            return WriteOutcome.Fenced;
        }

        var ended = status is SwarmStatus.Stopped or SwarmStatus.Completed;
        if (swarm.Record.Status != status || swarm.Record.Reason != reason)
        {
            transaction.Tables.Swarms.Put(swarm.Record.Id, swarm with
            {
                Record = swarm.Record with
                {
                    Status = status,
                    Reason = reason,
                    EndedAt = ended ? transaction.Now : null,
                },
            });
            transaction.Append(null, null, new JournalEvent.SwarmStatusChanged(StoredNames.Of(status), reason));
        }

        // Nobody works on these any more, and a tracker that says otherwise keeps people from taking them.
        if (ended)
        {
            RestAgents(transaction);
            var started = transaction.Tables.Beads.Rows
                .Where(bead => bead.Work is { Started: true, State: BeadState.Pending })
                .ToArray();
            foreach (var bead in started)
            {
                transaction.Tell(new BeadChange.Reopen(bead.Id, null));
            }
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome SetAgentStatus(
        StoreTransaction transaction, SwarmEpoch epoch, AgentNumber agent, AgentStatus status, string? reason)
    {
        if (transaction.Hold(epoch) is null)
        {
            return WriteOutcome.Fenced;
        }

        if (transaction.Tables.Agents.Find(agent) is { } known && (known.Status != status || known.Reason != reason))
        {
            transaction.Tables.Agents.Put(
                agent, known with { Status = status, Reason = reason, Since = transaction.Now });
            transaction.Append(null, agent, new JournalEvent.AgentStatusChanged(StoredNames.Of(status), reason));
        }

        return WriteOutcome.Done;
    }

    public static IntakeResult UpdateBacklog(
        StoreTransaction transaction, SwarmEpoch epoch, IReadOnlyList<BacklogEntry> entries, int attemptsAllowed)
    {
        if (transaction.Hold(epoch) is not { } swarm)
        {
            return new IntakeResult(0, 0, 0, 0);
        }

        var tables = transaction.Tables;
        var known = new Dictionary<BeadId, BeadWork>();
        foreach (var bead in tables.Beads.Rows)
        {
            known.Add(bead.Id, bead.Work); // in the order of the ids, and so read again in it
        }

        var untold = transaction.Defects.IntakeTrustsTracker
            ? []
            : tables.Untold.Select(id => tables.Outbox.Find(id)!.Change.Bead).ToHashSet();
        var changes = IntakeRules.Merge(
            known, entries, untold, new IntakeTerms(swarm.FirstStage, swarm.RetryStage, attemptsAllowed)).ToArray();
        foreach (var change in changes)
        {
            Apply(transaction, swarm, change, attemptsAllowed);
        }

        return IntakeRules.Count(changes);
    }

    // A new swarm goes on with what is held or about to land; what waits is begun anew, within its own target and
    // limit. What nobody has worked on begins at the first stage of the pipeline as it is now.
    static void TakeOver(StoreTransaction transaction, StoredSwarm swarm, bool continued)
    {
        foreach (var bead in transaction.Tables.Beads.Rows.ToArray())
        {
            var work = bead.Work;
            if (!continued && work.Begun && work.State is not (BeadState.Held or BeadState.Landing))
            {
                work = work with { Begun = false };
            }

            if (work is { LastAgent: null, State: BeadState.Pending pending } && pending.Stage != swarm.FirstStage)
            {
                work = work with { State = pending with { Stage = swarm.FirstStage } };
            }

            if (work != bead.Work || bead.Ranked != swarm.FollowTracker)
            {
                transaction.Tables.Beads.Put(new StoredBead(work, bead.Token, bead.Branch, swarm.FollowTracker)
                {
                    Node = bead.Node,
                });
            }
        }
    }

    static void ForgetRequests(StoreTransaction transaction)
    {
        var requests = transaction.Tables.Requests;
        foreach (var old in requests.Rows.Where(row => row.At < transaction.Now - RequestRules.KeptFor).ToArray())
        {
            requests.Put(old.Request.Id.Value, null);
        }
    }

    // Those of other nodes that live stay.
    static void SeatAgents(StoreTransaction transaction, IReadOnlyList<AgentSlot> slots)
    {
        var agents = transaction.Tables.Agents;
        foreach (var known in agents.Rows.ToArray())
        {
            if (!slots.Any(slot => slot.Number == known.Number)
                && (known.Node is null || transaction.Tables.Nodes.Find(known.Node)?.Node is not { Ended: null }))
            {
                agents.Put(known.Number, null);
            }
        }

        foreach (var slot in slots)
        {
            Seat(transaction, slot);
        }
    }

    /// <summary>There is an agent of this number, whatever it was before.</summary>
    public static void Seat(StoreTransaction transaction, AgentSlot slot)
    {
        var agents = transaction.Tables.Agents;
        var known = agents.Find(slot.Number);
        // Whoever still holds a bead from before works; a new one holds nothing yet, whatever the beads say.
        var working = known is not null && transaction.Tables.Beads.Holds(slot.Number);
        agents.Put(slot.Number, new StoredAgent(
            slot.Number, slot.Role, slot.Runner, working ? AgentStatus.Working : AgentStatus.Idle, null,
            transaction.Now)
        {
            Node = known?.Node,
        });
    }

    static void RestAgents(StoreTransaction transaction)
    {
        foreach (var agent in transaction.Tables.Agents.Rows.Where(row => row.Status == AgentStatus.Waiting).ToArray())
        {
            transaction.Tables.Agents.Put(
                agent.Number, agent with { Status = AgentStatus.Idle, Reason = null, Since = transaction.Now });
        }
    }

    static void Apply(StoreTransaction transaction, StoredSwarm swarm, IntakeChange change, int attemptsAllowed)
    {
        var beads = transaction.Tables.Beads;
        switch (change)
        {
            case IntakeChange.Add(var entry):
                var work = new BeadWork(
                    entry.Id, entry.Title, entry.Priority, entry.Unblocks, StoreTime.Truncate(entry.CreatedAt),
                    entry.Ordinal, entry.Ready, new BeadState.Pending(swarm.FirstStage, null), 1, attemptsAllowed, 0,
                    false, null, null, null, null, transaction.Now);
                beads.Put(new StoredBead(work, new FencingToken(0), null, swarm.FollowTracker));
                transaction.Append(entry.Id, null, new JournalEvent.BeadAdded(
                    entry.Title, entry.Priority, entry.Ready, swarm.FirstStage.Value));
                break;
            case IntakeChange.Describe(var entry, var ready, var readyChanged):
                Describe(transaction, entry, ready);
                if (readyChanged)
                {
                    transaction.Append(entry.Id, null, new JournalEvent.BeadReady(ready));
                }

                break;
            case IntakeChange.Withdraw(var bead):
                ClaimOperations.End(transaction, bead, new BeadState.Withdrawn());
                transaction.Append(bead, null, new JournalEvent.BeadWithdrawn());
                break;
            case IntakeChange.Revive(var entry, var stage, var attempt, var allowed, var ready, var afresh):
                Describe(transaction, entry, ready);
                ClaimOperations.Revive(
                    transaction, entry.Id, new BeadTransition.Free(stage, attempt, 0, null), allowed, ready, afresh,
                    by: "tracker");
                break;
            default:
                throw new UnreachableException($"{change}");
        }
    }

    static void Describe(StoreTransaction transaction, BacklogEntry entry, bool ready) =>
        transaction.Tables.Beads.Put(entry.Id, work => work with
        {
            Title = entry.Title,
            Priority = entry.Priority,
            Unblocks = entry.Unblocks,
            CreatedAt = StoreTime.Truncate(entry.CreatedAt),
            Ordinal = entry.Ordinal,
            Ready = ready,
            UpdatedAt = transaction.Now,
        });
}
