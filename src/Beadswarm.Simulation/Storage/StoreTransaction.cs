using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>
/// One transaction: the instant at which it happens, its fences, and what nearly every operation writes beside its own
/// change: the journal, the outbox, the agent's row.
/// </summary>
sealed class StoreTransaction(
    InMemoryDatabase tables, DateTimeOffset now, DateTimeOffset leaseNow, List<LateEntry> late)
{
    public InMemoryDatabase Tables => tables;

    public StoreDefects Defects => tables.Defects;

    public DateTimeOffset Now => now;

    /// <summary>By which leases are judged and granted.</summary>
    public DateTimeOffset LeaseNow => leaseNow;

    public StoredSwarm? Newest => tables.Swarms.Last;

    /// <summary>The fence of the orchestrator's writes: null when the epoch is stale.</summary>
    public StoredSwarm? Hold(SwarmEpoch epoch) =>
        Newest is { } swarm && (swarm.Record.Epoch == epoch || Defects.NoEpochCheck) ? swarm : null;

    /// <summary>The fence of writes on behalf of a claim: null when it is lost.</summary>
    public StoredBead? Hold(ClaimKey key) =>
        tables.Beads.Find(key.Bead) is { } bead
        && (ClaimRules.MayWrite(bead.Work.State, key, leaseNow)
            || (Defects.NoFencing && bead.Work.State is BeadState.Held))
            ? bead
            : null;

    public void Append(BeadId? bead, AgentNumber? agent, JournalEvent entry)
    {
        if (Defects.ExpiryNotJournalled && entry is JournalEvent.LeaseExpired)
        {
            return;
        }

        if (Defects.JournalOutsideTransaction)
        {
            late.Add(new LateEntry(now, bead, agent, entry));
        }
        else
        {
            Append(new LateEntry(now, bead, agent, entry));
        }
    }

    public void Append(LateEntry entry) => tables.Journal.Add(new JournalEntry(
        tables.Journal.Next, entry.At, Newest?.Record.Id ?? 0, entry.Bead, entry.Agent, entry.Event));

    public void Tell(BeadChange change)
    {
        tables.Outbox.Add(new OutboxEntry(tables.Outbox.Next, change));
        tables.Beads.Put(change.Bead, bead => bead with { Started = change is BeadChange.Start });
    }

    /// <summary>Keeps what a request came to; it fails where that has been kept before.</summary>
    public void Note(DoneRequest request)
    {
        if (tables.Requests.Find(request.Id.Value) is not null)
        {
            throw new StoreException($"request {request.Id} has been done before", transient: false);
        }

        tables.Requests.Put(request.Id.Value, new StoredRequest(request, now));
    }

    public void Work(AgentNumber agent)
    {
        // An agent that was not started by the swarm introduces itself by its first claim.
        var known = tables.Agents.Find(agent)
            ?? new StoredAgent(agent, "external", "external", AgentStatus.Working, null, now);
        tables.Agents.Put(agent, known with { Status = AgentStatus.Working, Reason = null, Since = now });
    }

    /// <summary>The agent has no claim any more, unless it has another.</summary>
    public void Idle(AgentNumber agent)
    {
        if (tables.Agents.Find(agent) is { Status: AgentStatus.Working } known && !tables.Beads.Holds(agent))
        {
            tables.Agents.Put(agent, known with { Status = AgentStatus.Idle, Reason = null, Since = now });
        }
    }

    /// <summary>A claim has ended while its stage was open.</summary>
    public void Interrupt(BeadId bead, string why)
    {
        if (tables.Runs.OpenOf(bead) is { } open)
        {
            var run = open.Run with { Status = StageStatus.Interrupted, Summary = why, CompletedAt = now };
            tables.Runs.Put(open with { Run = run });
        }
    }

    /// <summary>When a lease that is granted now ends.</summary>
    public DateTimeOffset Expiry(TimeSpan lease) => leaseNow + StoreTime.SpanFromMicros(StoreTime.ToMicros(lease));
}
