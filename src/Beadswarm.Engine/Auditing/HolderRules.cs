using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Auditing;

/// <summary>Who held which bead, and who wrote in its name.</summary>
static class HolderRules
{
    const string Remedy =
        "two agents may have worked on the bead at once: see 'beadswarm history --bead' and its commits, and report it";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("claim.tokens", "I1", "the tokens of a bead only grow and are never used again", Remedy, AuditNeeds.Nothing,
            Tokens),
        new("claim.holders", "I1 I15 I18", "a bead is granted only when nobody holds it, or when the lease has ended",
            Remedy, AuditNeeds.Nothing, Holders),
        new("claim.adoption", "I1 I15",
            "only a new start takes a claim over, for the same agent; and again only when its lease has ended", Remedy,
            AuditNeeds.Nothing, Adoptions),
        new("claim.fence", "I2", "only the holder of a bead writes on its behalf", Remedy, AuditNeeds.Nothing, Fences),
        new("claim.ready", "I13", "only a ready bead is granted, and not before its snooze has ended", Remedy,
            AuditNeeds.Nothing, Readiness),
        new("claim.agents", "I17", "only agents that the swarm has, or external ones, are granted beads", Remedy,
            AuditNeeds.Nothing, Agents),
    ];

    static IEnumerable<AuditFinding> Tokens(AuditView view)
    {
        var last = new Dictionary<BeadId, long>();
        foreach (var (entry, bead, token, _) in view.Steps.SelectMany(Grants))
        {
            if (token <= last.GetValueOrDefault(bead))
            {
                yield return new AuditFinding(
                    bead, $"entry {entry.Sequence} grants {bead} with token {token}",
                    $"the one before was {last[bead]}");
            }

            last[bead] = Math.Max(token, last.GetValueOrDefault(bead));
        }
    }

    static IEnumerable<(JournalEntry Entry, BeadId Bead, long Token, DateTimeOffset Until)> Grants(JournalStep step) =>
        (step.Entry.Bead, step.Entry.Event) switch
        {
            ({ } bead, JournalEvent.BeadClaimed claimed) => [(step.Entry, bead, claimed.Token, claimed.ExpiresAt)],
            ({ } bead, JournalEvent.BeadAdopted adopted) => [(step.Entry, bead, adopted.Token, adopted.ExpiresAt)],
            _ => [], // nothing else grants
        };

    static IEnumerable<AuditFinding> Holders(AuditView view)
    {
        foreach (var step in view.Steps)
        {
            var (entry, held) = (step.Entry, step.Before?.State as BeadState.Held);
            if (entry.Event is JournalEvent.BeadClaimed && held is not null)
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} grants {entry.Bead} to agent {entry.Agent} while it is held",
                    $"by agent {held.Agent} with token {held.Token}");
            }

            if (entry.Event is JournalEvent.LeaseExpired expired && entry.At < expired.ExpiredAt)
            {
                yield return new AuditFinding(
                    entry.Bead,
                    $"entry {entry.Sequence} takes {entry.Bead} from agent {entry.Agent} before its lease ends",
                    $"at {entry.At:O}, though it lasts until {expired.ExpiredAt:O}");
            }
        }
    }

    static IEnumerable<AuditFinding> Adoptions(AuditView view)
    {
        var started = 0L;
        var granted = new Dictionary<BeadId, (long Entry, DateTimeOffset Until)>();
        foreach (var step in view.Steps)
        {
            var entry = step.Entry;
            started = entry.Event is JournalEvent.SwarmStarted or JournalEvent.NodeJoined ? entry.Sequence : started;
            if (entry is { Event: JournalEvent.BeadAdopted, Bead: { } bead })
            {
                if (step.Before?.State is not BeadState.Held held || held.Agent != entry.Agent)
                {
                    yield return new AuditFinding(
                        bead,
                        $"entry {entry.Sequence} takes {bead} over for agent {entry.Agent}, which does not hold it",
                        $"it is {step.Before?.State}");
                }
                else if (granted.GetValueOrDefault(bead) is var last && last.Entry > started && entry.At < last.Until)
                {
                    yield return new AuditFinding(
                        bead, $"entry {entry.Sequence} takes {bead} over within one start",
                        $"it was granted in entry {last.Entry} until {last.Until:O}, and the start is entry {started}");
                }
            }

            foreach (var grant in Grants(step))
            {
                granted[grant.Bead] = (entry.Sequence, grant.Until);
            }
        }
    }

    static IEnumerable<AuditFinding> Fences(AuditView view)
    {
        var open = new Dictionary<long, BeadId>();
        foreach (var step in view.Steps)
        {
            var (entry, held) = (step.Entry, step.Before?.State as BeadState.Held);
            if (!IsOnBehalfOfAClaim(entry.Event) || entry.Bead is not { } bead)
            {
                continue;
            }

            if (held is null || held.Agent != entry.Agent)
            {
                yield return new AuditFinding(
                    bead, $"entry {entry.Sequence} is agent {entry.Agent}'s about {bead}, which it does not hold",
                    step.Before is null ? "nobody knows the bead" : $"it is {step.Before.State}");
            }
            else if (RunOf(entry.Event) is { } run && !open.Contains(new(run, bead)))
            {
                yield return new AuditFinding(
                    bead, $"entry {entry.Sequence} is about execution {run} of a stage of {bead}, which is not open");
            }

            Follow(open, entry.Event, bead);
        }
    }

    /// <summary>Of the entries that carry the bead and the agent of a claim.</summary>
    static bool IsOnBehalfOfAClaim(JournalEvent happened) => happened is JournalEvent.StageStarted
        or JournalEvent.ProcessStarted or JournalEvent.StageEnded or JournalEvent.BeadReleased
        or JournalEvent.LeaseExpired or JournalEvent.LandingQueued;

    static long? RunOf(JournalEvent happened) => happened switch
    {
        JournalEvent.ProcessStarted started => started.Run,
        JournalEvent.StageEnded ended => ended.Run,
        _ => null, // the others concern the claim, not an execution that has begun
    };

    static void Follow(Dictionary<long, BeadId> open, JournalEvent happened, BeadId bead)
    {
        if (happened is JournalEvent.StageStarted started)
        {
            open[started.Run] = bead;
        }
        else if (happened is JournalEvent.StageEnded ended)
        {
            open.Remove(ended.Run);
        }
        else if (happened is JournalEvent.BeadReleased or JournalEvent.LeaseExpired)
        {
            // Whoever loses a claim loses the stage with it.
            foreach (var lost in open.Where(run => run.Value == bead).Select(run => run.Key).ToArray())
            {
                open.Remove(lost);
            }
        }
    }

    static IEnumerable<AuditFinding> Readiness(AuditView view)
    {
        foreach (var (entry, _, step) in view.Of<JournalEvent.BeadClaimed>())
        {
            if (step.Before is { Ready: false })
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} grants {entry.Bead}, which is not ready");
            }

            if (step.Before?.State is BeadState.Pending { NotBefore: { } until } && entry.At < until)
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} grants {entry.Bead} before its snooze has ended",
                    $"at {entry.At:O}, though it was to wait until {until:O}");
            }
        }
    }

    static IEnumerable<AuditFinding> Agents(AuditView view)
    {
        var agents = int.MaxValue;
        var nodes = new HashSet<AgentBlock>();
        foreach (var entry in view.Store.Journal)
        {
            agents = entry.Event is JournalEvent.SwarmStarted started ? started.Agents : agents;
            if (entry.Event is JournalEvent.NodeJoined joined)
            {
                nodes.Add(new AgentBlock(joined.FirstAgent, joined.Agents));
            }

            if (entry is { Event: JournalEvent.BeadClaimed { External: not true }, Agent: { } agent }
                && agent.Value > agents && !nodes.Any(block => block.Contains(agent)))
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} grants {entry.Bead} to agent {agent}",
                    $"the swarm has {agents} agents");
            }
        }
    }
}
