using System.Diagnostics;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Storage.Sql;

/// <summary>Beginning and ending a swarm, its agents, and what comes in from the tracker.</summary>
static class SwarmOperations
{
    public static SwarmRecord Begin(SqlSession session, StoreInstant now, SwarmBegin begin)
    {
        var newest = session.First("SelectSwarm", Rows.Swarm);
        var continued = begin.Continues(newest);
        var followTracker = begin.Order == SelectOrder.Tracker;
        var retry = begin.RetryStage ?? begin.FirstStage;
        session.Post(
            continued ? "ContinueSwarm" : "InsertSwarm",
            ("node", begin.Node), ("target", begin.Target), ("limit", begin.Limit),
            ("order", followTracker ? "tracker" : "triage"), ("first_stage", begin.FirstStage.Value),
            ("retry_stage", retry.Value), ("actor", begin.Actor), ("now", now));
        if (!continued)
        {
            session.Post("AdoptBeads");
        }

        session.Post("OrderBeads", ("follow_tracker", followTracker), ("first_stage", begin.FirstStage.Value));
        session.Post("DeleteRequests", ("before", now.Before(RequestRules.KeptFor)));
        session.Post("RemoveAgents", ("agents", StoredLists.Write(begin.Agents.Select(slot => slot.Number.Value))));
        foreach (var slot in begin.Agents)
        {
            session.Post(
                "UpsertAgent", ("agent", slot.Number), ("role", slot.Role), ("runner", slot.Runner), ("now", now));
        }

        var swarm = session.First("SelectSwarm", Rows.Swarm)
            ?? throw new UnreachableException("the swarm that was just begun is not there");
        foreach (var entry in begin.Entries(swarm, continued))
        {
            session.Append(now, null, null, entry);
        }

        return swarm;
    }

    public static WriteOutcome SetStatus(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, SwarmStatus status, string? reason)
    {
        if (session.Hold(epoch) is null)
        {
            return WriteOutcome.Fenced;
        }

        var name = StoredNames.Of(status);
        if (session.Run("SetSwarmStatus", ("status", name), ("reason", reason), ("now", now)) > 0)
        {
            session.Append(now, null, null, new JournalEvent.SwarmStatusChanged(name, reason));
        }

        // Nobody works on these any more, and a tracker that says otherwise keeps people from taking them.
        if (status is SwarmStatus.Stopped or SwarmStatus.Completed)
        {
            session.Post("RestAgents", ("now", now));
            foreach (var bead in session.All("SelectStartedPending", row => row.Bead(0)))
            {
                session.Tell(now, new BeadChange.Reopen(bead, null));
            }
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome SetAgentStatus(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, AgentNumber agent, AgentStatus status,
        string? reason)
    {
        if (session.Hold(epoch) is null)
        {
            return WriteOutcome.Fenced;
        }

        var name = StoredNames.Of(status);
        if (session.Run("SetAgentStatus", ("agent", agent), ("status", name), ("reason", reason), ("now", now)) > 0)
        {
            session.Append(now, null, agent, new JournalEvent.AgentStatusChanged(name, reason));
        }

        return WriteOutcome.Done;
    }

    public static IntakeResult UpdateBacklog(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, IReadOnlyList<BacklogEntry> entries,
        int attemptsAllowed)
    {
        if (session.Hold(epoch) is not { } terms)
        {
            return new IntakeResult(0, 0, 0, 0);
        }

        var known = session.All("SelectBeads", Rows.BeadWork).ToDictionary(bead => bead.Id);
        var untold = session.All("SelectOutboxBeads", row => row.Bead(0)).ToHashSet();
        var changes = IntakeRules.Merge(
            known, entries, untold, new IntakeTerms(terms.FirstStage, terms.RetryStage, attemptsAllowed)).ToArray();
        foreach (var change in changes)
        {
            Apply(session, now, terms, change, attemptsAllowed);
        }

        return IntakeRules.Count(changes);
    }

    static void Apply(
        SqlSession session, StoreInstant now, SwarmTerms terms, IntakeChange change, int attemptsAllowed)
    {
        switch (change)
        {
            case IntakeChange.Add(var entry):
                Write(session, "InsertBead", now, terms, entry, entry.Ready,
                    ("stage", terms.FirstStage.Value), ("allowed", attemptsAllowed));
                session.Append(now, entry.Id, null, new JournalEvent.BeadAdded(
                    entry.Title, entry.Priority, entry.Ready, terms.FirstStage.Value));
                break;
            case IntakeChange.Describe(var entry, var ready, var readyChanged):
                Write(session, "DescribeBead", now, terms, entry, ready);
                if (readyChanged)
                {
                    session.Append(now, entry.Id, null, new JournalEvent.BeadReady(ready));
                }

                break;
            case IntakeChange.Withdraw(var bead):
                session.Post("EndBead", ("bead", bead), ("state", "withdrawn"), ("detail", null), ("now", now));
                session.Append(now, bead, null, new JournalEvent.BeadWithdrawn());
                break;
            case IntakeChange.Revive(var entry, var stage, var attempt, var allowed, var ready, var afresh):
                Write(session, "DescribeBead", now, terms, entry, ready);
                ClaimOperations.Revive(
                    session, now, entry.Id, new BeadTransition.Free(stage, attempt, 0, null), allowed, ready, afresh,
                    by: "tracker");
                break;
            default:
                throw new UnreachableException($"{change}");
        }
    }

    static void Write(
        SqlSession session, string statement, StoreInstant now, SwarmTerms terms, BacklogEntry entry, bool ready,
        params ReadOnlySpan<(string Name, object? Value)> more) =>
        session.Post(
            statement,
            [
                ("bead", entry.Id), ("title", entry.Title), ("priority", entry.Priority), ("unblocks", entry.Unblocks),
                ("created_at", entry.CreatedAt), ("ordinal", entry.Ordinal),
                ("rank", terms.FollowTracker ? entry.Ordinal : 0L), ("ready", ready), ("now", now), .. more,
            ]);
}
