using System.Data.Common;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Storage.Sql;
using Beadswarm.Swarms;

namespace Beadswarm.Storage.Postgres;

/// <summary>Nodes that enter, live, take over and leave.</summary>
static class NodeOperations
{
    public static NodeEntry Enter(
        SqlSession session, StoreInstant now, NodeCard card, SwarmBegin begin, TimeSpan lease)
    {
        var nodes = All(session);
        var name = NodeRules.NameOf(card, nodes);
        var others = nodes.Where(node => node.Name != name).ToArray();
        var swarm = session.First("SelectSwarm", Rows.Swarm);
        var holder = NodeRules.Holder(swarm, others, now);
        if (holder is not null && NodeRules.Mismatch(card, holder) is { } why)
        {
            return new NodeEntry.Refused(holder, why);
        }

        var agents = NodeRules.Place(
            begin.Agents.Count, nodes.FirstOrDefault(node => node.Name == name)?.Agents,
            Taken(session, others, name, now));
        var generation = session.First(
            "UpsertNode", row => row.GetInt64(0), ("name", name), ("clone", card.CloneId), ("host", card.Host),
            ("pid", card.Pid), ("boot_id", card.BootId), ("remote", card.Remote), ("target", card.Target),
            ("first", agents.First), ("agents", agents.Count), ("now", now), ("lease", lease));
        var grant = new NodeGrant(name, generation);
        session.Post("ForgetNodes", ("before", now.Before(NodeRules.KeptFor)), ("name", name));
        session.Post("RemoveNodeAgents", ("name", name));
        var joined = new JournalEvent.NodeJoined(name, card.Host, agents.First, agents.Count, holder is null);
        if (holder is null)
        {
            var begun = Begin(session, now, begin, swarm, new Place(name, agents));
            session.Append(now, null, null, joined);
            return new NodeEntry.Holds(begun, grant, agents);
        }

        foreach (var slot in begin.At(agents).Agents)
        {
            session.Post(
                "UpsertAgent", ("agent", slot.Number), ("role", slot.Role), ("runner", slot.Runner), ("now", now));
        }

        session.Post("PlaceAgents", ("name", name), ("first", agents.First), ("agents", agents.Count));
        session.Append(now, null, null, joined);
        return new NodeEntry.Joined(swarm!, grant, agents); // there is a holder, so there is a swarm
    }

    public static NodePulse? Beat(SqlSession session, StoreInstant now, NodeGrant grant, TimeSpan lease)
    {
        if (Hold(session, grant) is not { Ended: not NodeEnd.Left } mine)
        {
            return null;
        }

        var swarm = session.First("SelectSwarm", Rows.Swarm);
        var others = All(session).Where(node => node.Name != grant.Name).ToArray();
        if (mine.Ended == NodeEnd.Lost)
        {
            if (others.Any(node => node.Lives(now) && node.Agents.Overlaps(mine.Agents)))
            {
                return null;
            }

            session.Append(now, null, null, new JournalEvent.NodeJoined(
                mine.Name, mine.Host, mine.Agents.First, mine.Agents.Count, swarm?.Node == mine.Name));
        }

        session.Post("BeatNode", ("name", grant.Name), ("now", now), ("lease", lease));
        foreach (var lost in session.All("LoseNodes", Rows.Node, ("name", grant.Name), ("now", now)))
        {
            SayLost(session, now, lost);
        }

        return new NodePulse(swarm, swarm?.Node == grant.Name || NodeRules.Holder(swarm, others, now) is not null);
    }

    public static SwarmRecord? TakeOver(
        SqlSession session, StoreInstant now, NodeGrant grant, SwarmBegin begin, TimeSpan lease)
    {
        var swarm = session.First("SelectSwarm", Rows.Swarm);
        if (Hold(session, grant) is not { Ended: null } mine || !NodeRules.MayTakeOver(swarm))
        {
            return null;
        }

        var before = All(session).FirstOrDefault(node => node.Name == swarm!.Node && node.Name != mine.Name);
        if (before?.Lives(now) == true)
        {
            return null;
        }

        if (before is { Ended: null })
        {
            session.Post("EndNode", ("name", before.Name), ("ended", "lost"), ("now", now));
            SayLost(session, now, before);
        }

        session.Post("BeatNode", ("name", grant.Name), ("now", now), ("lease", lease));
        return Begin(session, now, begin with { Resume = true }, swarm, new Place(mine.Name, mine.Agents));
    }

    public static SharedSpending? ShareSpending(
        SqlSession session, StoreInstant now, NodeGrant grant, NodeSpending mine)
    {
        if (Hold(session, grant) is not { Ended: not NodeEnd.Left })
        {
            return null;
        }

        session.Post(
            "TellSpending", ("name", grant.Name), ("used_nanos", CostOperations.Nanos(mine.Used.Usd)),
            ("used_tokens", mine.Used.Tokens), ("aside_nanos", CostOperations.Nanos(mine.Aside.Usd)),
            ("aside_tokens", mine.Aside.Tokens));
        var elsewhere = session.First(
            "SelectSpending", row => new NodeSpending(Amount(row, 0), Amount(row, 2)), ("name", grant.Name),
            ("now", now));
        return new SharedSpending(
            Sum(session, new CostQuery { ThisSwarm = true }), Sum(session, new CostQuery { Today = true }), elsewhere);
    }

    public static WriteOutcome Leave(SqlSession session, StoreInstant now, NodeGrant grant, string reason)
    {
        if (Hold(session, grant) is not { Ended: not NodeEnd.Left })
        {
            return WriteOutcome.Fenced;
        }

        session.Post("EndNode", ("name", grant.Name), ("ended", "left"), ("now", now));
        session.Append(now, null, null, new JournalEvent.NodeLeft(grant.Name, reason));
        return WriteOutcome.Done;
    }

    public static List<NodeRecord> All(SqlSession session) => session.All("SelectNodes", Rows.Node);

    static Amount Sum(SqlSession session, CostQuery query) =>
        CostRules.Counted(CostOperations.Read(session, query with { By = CostBy.Model }));

    static Amount Amount(DbDataReader row, int at) =>
        new(CostOperations.Dollars(row.GetInt64(at)), row.GetInt64(at + 1));

    static NodeRecord? Hold(SqlSession session, NodeGrant grant) =>
        session.First("HoldNode", Rows.Node, ("name", grant.Name), ("generation", grant.Generation));

    /// <summary>Numbers of living nodes, and those under which any other node still holds a bead.</summary>
    static AgentBlock[] Taken(SqlSession session, IEnumerable<NodeRecord> others, string name, StoreInstant now) =>
    [
        .. others.Where(node => node.Lives(now) && node.Agents.Count > 0).Select(node => node.Agents),
        .. session.All("SelectAgentsElsewhere", row => new AgentBlock(row.GetInt32(0), 1), ("name", name)),
    ];

    static SwarmRecord Begin(
        SqlSession session, StoreInstant now, SwarmBegin begin, SwarmRecord? before, Place place)
    {
        var record = SwarmOperations.Begin(session, now, begin.At(place.Agents) with { Node = place.Name });
        session.Post(
            "PlaceAgents", ("name", place.Name), ("first", place.Agents.First), ("agents", place.Agents.Count));
        if (before is not null && before.Id == record.Id && before.Node != place.Name)
        {
            Retell(session, now, record);
        }

        return record;
    }

    static void Retell(SqlSession session, StoreInstant now, SwarmRecord swarm)
    {
        var ended = session.All(
            "RetellBeads", row => (Bead: row.Bead(0), State: row.GetString(1), Detail: row.Text(2) ?? ""),
            ("swarm", swarm.Id));
        foreach (var (bead, state, detail) in ended)
        {
            session.Tell(now, state switch
            {
                "completed" => new BeadChange.Close(bead, $"landed as {detail}"),
                "left" => new BeadChange.Block(bead, $"finished on branch {detail}"),
                _ => new BeadChange.Block(bead, detail),
            });
        }
    }

    /// <summary>Its claims end by their leases; what its agents were about to do is nobody's any more.</summary>
    static void SayLost(SqlSession session, StoreInstant now, NodeRecord lost)
    {
        session.Append(now, null, null, new JournalEvent.NodeLost(lost.Name, lost.ExpiresAt));
        var half = session.All("SelectEffects", Rows.Effect).Where(open => EffectRules.IsOfAgent(open)
            && open.Effect.Agent is { } agent && lost.Agents.Contains(agent));
        foreach (var open in half)
        {
            session.Post("DeleteEffect", ("id", open.Id.Value));
            session.Append(now, open.Effect.Bead, open.Effect.Agent, EffectRules.Done(
                open, $"node {lost.Name} was lost in the middle of it"));
        }
    }

    /// <summary>Who holds the swarm.</summary>
    sealed record Place(string Name, AgentBlock Agents);
}
