using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>Nodes that enter, live, take over and leave.</summary>
static class NodeOperations
{
    public static NodeEntry Enter(StoreTransaction transaction, NodeCard card, SwarmBegin begin, TimeSpan lease)
    {
        var (tables, now) = (transaction.Tables, transaction.LeaseNow);
        var nodes = All(tables);
        var name = NodeRules.NameOf(card, nodes);
        var before = nodes.FirstOrDefault(node => node.Name == name);
        var others = nodes.Where(node => node.Name != name).ToArray();
        var swarm = transaction.Newest?.Record;
        var holder = NodeRules.Holder(swarm, others, now);
        if (holder is not null && NodeRules.Mismatch(card, holder) is { } why)
        {
            return new NodeEntry.Refused(holder, why);
        }

        var agents = NodeRules.Place(begin.Agents.Count, before?.Agents, Taken(tables, others, name, now));
        var grant = new NodeGrant(name, (before?.Grant.Generation ?? 0) + 1);
        tables.Nodes.Put(name, new StoredNode(new NodeRecord(
            grant, card.CloneId, card.Host, card.Pid, card.Remote, card.Target, agents, transaction.Now,
            transaction.Now, transaction.Expiry(lease), null)));
        Forget(transaction, name);
        foreach (var agent in tables.Agents.Rows.Where(agent => agent.Node == name).ToArray())
        {
            tables.Agents.Put(agent.Number, null);
        }

        var joined = new JournalEvent.NodeJoined(name, card.Host, agents.First, agents.Count, holder is null);
        if (holder is null)
        {
            var begun = Begin(transaction, begin, swarm, name, agents);
            transaction.Append(null, null, joined);
            return new NodeEntry.Holds(begun, grant, agents);
        }

        foreach (var slot in begin.At(agents).Agents)
        {
            SwarmOperations.Seat(transaction, slot);
        }

        Place(tables, name, agents);
        transaction.Append(null, null, joined);
        return new NodeEntry.Joined(swarm!, grant, agents); // there is a holder, so there is a swarm
    }

    public static NodePulse? Beat(StoreTransaction transaction, NodeGrant grant, TimeSpan lease)
    {
        var (tables, now) = (transaction.Tables, transaction.LeaseNow);
        if (Hold(tables, grant) is not { Node: { Ended: not NodeEnd.Left } mine } row)
        {
            return null;
        }

        var swarm = transaction.Newest?.Record;
        var others = All(tables).Where(node => node.Name != grant.Name).ToArray();
        if (mine.Ended == NodeEnd.Lost)
        {
            if (others.Any(node => node.Lives(now) && node.Agents.Overlaps(mine.Agents)))
            {
                return null;
            }

            transaction.Append(null, null, new JournalEvent.NodeJoined(
                mine.Name, mine.Host, mine.Agents.First, mine.Agents.Count, swarm?.Node == mine.Name));
        }

        Beat(transaction, row, lease);
        foreach (var lost in others.Where(
            node => node.Ended is null && node.ExpiresAt <= now && node.Name != swarm?.Node))
        {
            End(transaction, lost.Name, NodeEnd.Lost);
            SayLost(transaction, lost);
        }

        return new NodePulse(swarm, swarm?.Node == grant.Name || NodeRules.Holder(swarm, others, now) is not null);
    }

    public static SwarmRecord? TakeOver(
        StoreTransaction transaction, NodeGrant grant, SwarmBegin begin, TimeSpan lease)
    {
        var tables = transaction.Tables;
        var swarm = transaction.Newest?.Record;
        if (Hold(tables, grant) is not { Node: { Ended: null } mine } row || !NodeRules.MayTakeOver(swarm))
        {
            return null;
        }

        var before = All(tables).FirstOrDefault(node => node.Name == swarm!.Node && node.Name != mine.Name);
        if (before?.Lives(transaction.LeaseNow) == true)
        {
            return null;
        }

        if (before is { Ended: null })
        {
            End(transaction, before.Name, NodeEnd.Lost);
            SayLost(transaction, before);
        }

        Beat(transaction, row, lease);
        return Begin(transaction, begin with { Resume = true }, swarm, mine.Name, mine.Agents);
    }

    public static SharedSpending? ShareSpending(StoreTransaction transaction, NodeGrant grant, NodeSpending mine)
    {
        var tables = transaction.Tables;
        if (Hold(tables, grant) is not { Node.Ended: not NodeEnd.Left } row)
        {
            return null;
        }

        tables.Nodes.Put(row.Name, row with { Spending = mine });
        var elsewhere = tables.Nodes.Rows
            .Where(other => other.Name != row.Name && other.Node.Lives(transaction.LeaseNow))
            .Aggregate(default(NodeSpending), (sum, other) => new NodeSpending(
                sum.Used + other.Spending.Used, sum.Aside + other.Spending.Aside));
        return new SharedSpending(
            Sum(tables, new CostQuery { ThisSwarm = true }), Sum(tables, new CostQuery { Today = true }), elsewhere);
    }

    public static WriteOutcome Leave(StoreTransaction transaction, NodeGrant grant, string reason)
    {
        if (Hold(transaction.Tables, grant) is not { Node.Ended: not NodeEnd.Left })
        {
            return WriteOutcome.Fenced;
        }

        End(transaction, grant.Name, NodeEnd.Left);
        transaction.Append(null, null, new JournalEvent.NodeLeft(grant.Name, reason));
        return WriteOutcome.Done;
    }

    public static IReadOnlyList<NodeRecord> All(InMemoryDatabase tables) =>
        [.. tables.Nodes.Rows.Select(row => row.Node).OrderBy(node => node.Agents.First)]; // and by name

    public static IEnumerable<ClaimKey> ClaimsElsewhere(InMemoryDatabase tables, string node) =>
        from bead in tables.Beads.Rows
        where bead.Work.State is BeadState.Held && bead.Node != node
        let held = (BeadState.Held)bead.Work.State
        select new ClaimKey(bead.Id, held.Agent, held.Token);

    static Amount Sum(InMemoryDatabase tables, CostQuery query) =>
        CostRules.Counted(CostOperations.Read(tables, query with { By = CostBy.Model }));

    /// <summary>The fence of everything that a node does as such.</summary>
    static StoredNode? Hold(InMemoryDatabase tables, NodeGrant grant) =>
        tables.Nodes.Find(grant.Name) is { } row && row.Node.Grant == grant ? row : null;

    static void Beat(StoreTransaction transaction, StoredNode row, TimeSpan lease)
    {
        var expiry = transaction.Expiry(lease);
        transaction.Tables.Nodes.Put(row.Name, row with
        {
            Node = row.Node with
            {
                HeardAt = transaction.Now,
                ExpiresAt = expiry > row.Node.ExpiresAt ? expiry : row.Node.ExpiresAt,
                Ended = null,
            },
        });
    }

    static void End(StoreTransaction transaction, string name, NodeEnd ended)
    {
        var row = transaction.Tables.Nodes.Find(name)!; // whoever ends was there
        transaction.Tables.Nodes.Put(name, row with { Node = row.Node with { Ended = ended } });
    }

    static void Forget(StoreTransaction transaction, string but)
    {
        var nodes = transaction.Tables.Nodes;
        foreach (var old in nodes.Rows.Where(row => row.Node.Ended is not null && row.Name != but
            && row.Node.ExpiresAt < transaction.Now - NodeRules.KeptFor).ToArray())
        {
            nodes.Put(old.Name, null);
        }
    }

    /// <summary>Numbers of living nodes, and those under which any other node still holds a bead.</summary>
    static AgentBlock[] Taken(
        InMemoryDatabase tables, IEnumerable<NodeRecord> others, string name, DateTimeOffset now) =>
    [
        .. others.Where(node => node.Lives(now) && node.Agents.Count > 0).Select(node => node.Agents),
        .. tables.Beads.Rows.Where(bead => bead.Node != name)
            .Select(bead => bead.Work.State).OfType<BeadState.Held>().Where(held => !held.External)
            .Select(held => held.Agent.Value).Distinct().Order().Select(number => new AgentBlock(number, 1)),
    ];

    static void Place(InMemoryDatabase tables, string name, AgentBlock agents)
    {
        foreach (var agent in tables.Agents.Rows.Where(agent => agents.Contains(agent.Number)).ToArray())
        {
            tables.Agents.Put(agent.Number, agent with { Node = name });
        }
    }

    static SwarmRecord Begin(
        StoreTransaction transaction, SwarmBegin begin, SwarmRecord? before, string name, AgentBlock agents)
    {
        var record = SwarmOperations.Begin(transaction, begin.At(agents) with { Node = name });
        Place(transaction.Tables, name, agents);
        if (before is not null && before.Id == record.Id && before.Node != name)
        {
            Retell(transaction);
        }

        return record;
    }

    /// <summary>
    /// The tracker that is told from now on is another clone's: it may not know yet what has become of this swarm's
    /// beads.
    /// </summary>
    static void Retell(StoreTransaction transaction)
    {
        var tables = transaction.Tables;
        var untold = tables.Untold.Select(id => tables.Outbox.Find(id)!.Change.Bead).ToHashSet();
        foreach (var bead in tables.Beads.Rows.Where(bead => bead.Work.Begun && !untold.Contains(bead.Id)).ToArray())
        {
            switch (bead.Work.State)
            {
                case BeadState.Completed completed:
                    transaction.Tell(new BeadChange.Close(bead.Id, $"landed as {completed.Commit}"));
                    break;
                case BeadState.Left left:
                    transaction.Tell(new BeadChange.Block(bead.Id, $"finished on branch {left.Branch}"));
                    break;
                case BeadState.Blocked blocked:
                    transaction.Tell(new BeadChange.Block(bead.Id, blocked.Reason));
                    break;
                default:
                    break; // a case that is not at its end
            }
        }
    }

    /// <summary>Its claims end by their leases; what its agents were about to do is nobody's any more.</summary>
    static void SayLost(StoreTransaction transaction, NodeRecord lost)
    {
        transaction.Append(null, null, new JournalEvent.NodeLost(lost.Name, lost.ExpiresAt));
        var tables = transaction.Tables;
        var half = tables.Unsettled.Select(id => tables.Effects.Find(id)!).Where(open => EffectRules.IsOfAgent(open)
            && open.Effect.Agent is { } agent && lost.Agents.Contains(agent)).ToArray();
        foreach (var open in half)
        {
            tables.Effects.Put(open.Id.Value, null);
            transaction.Append(open.Effect.Bead, open.Effect.Agent, EffectRules.Done(
                open, $"node {lost.Name} was lost in the middle of it"));
        }
    }
}
