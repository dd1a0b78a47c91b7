using Beadswarm.Swarms;

namespace Beadswarm.Storage;

/// <summary>Who may take part in a swarm, as what.</summary>
static class NodeRules
{
    /// <summary>The longest pause between two looks: what was announced may have been missed.</summary>
    public static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    static readonly TimeSpan CalmMin = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan CalmEach = TimeSpan.FromMilliseconds(10);

    /// <summary>A clone that has not taken part for so long is forgotten, and its name is free.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>
    /// The shortest pause of a node between two announcements of what it has written, and between two looks at what
    /// others have. Everybody hears each announcement and looks then, so the more there are, the longer each waits: a
    /// hundred announcements a second at most, by all of them together.
    /// </summary>
    /// <param name="others">How many nodes there are besides.</param>
    public static TimeSpan Calm(int others)
    {
        var pause = CalmMin + (others * CalmEach);
        return pause < LookPause ? pause : LookPause;
    }

    /// <summary>
    /// What a clone is called: its name from before, otherwise its host's, with a number where several clones are on
    /// one host.
    /// </summary>
    public static string NameOf(NodeCard card, IReadOnlyCollection<NodeRecord> known)
    {
        if (known.FirstOrDefault(node => node.CloneId == card.CloneId) is { } before)
        {
            return before.Name;
        }

        var taken = known.Select(node => node.Name).ToHashSet();
        return Enumerable.Range(1, taken.Count + 1)
            .Select(number => number == 1
                ? card.Host
                : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{card.Host}-{number}"))
            .First(name => !taken.Contains(name));
    }

    /// <summary>The node that holds the swarm and lives; null when nobody does, or the swarm is over.</summary>
    public static NodeRecord? Holder(
        SwarmRecord? swarm, IEnumerable<NodeRecord> nodes, DateTimeOffset now) =>
        swarm is { Status: SwarmStatus.Starting or SwarmStatus.Running or SwarmStatus.Stopping }
            ? nodes.FirstOrDefault(node => node.Name == swarm.Node && node.Lives(now))
            : null;

    /// <summary>Whether the swarm goes on under another holder when its holder is gone.</summary>
    public static bool MayTakeOver(SwarmRecord? swarm) =>
        swarm is { Status: SwarmStatus.Starting or SwarmStatus.Running };

    /// <summary>Why the two cannot work one swarm; null: they can.</summary>
    public static NodeMismatch? Mismatch(NodeCard card, NodeRecord holder) =>
        card.Remote is null || holder.Remote is null ? NodeMismatch.NoRemote
        : card.Remote != holder.Remote ? NodeMismatch.Remote
        : card.Target != holder.Target ? NodeMismatch.Target
        : null;

    /// <summary>
    /// The numbers of a node's agents: from 1 on where nobody else has any; otherwise those that it had, so that it
    /// finds what it left, when they are free, and else the first block that is.
    /// </summary>
    public static AgentBlock Place(int count, AgentBlock? before, IReadOnlyCollection<AgentBlock> taken)
    {
        if (taken.Count == 0)
        {
            return new AgentBlock(1, count);
        }

        if (before is { } known && IsFree(new AgentBlock(known.First, count), taken))
        {
            return new AgentBlock(known.First, count);
        }

        return taken.Select(block => block.End).Append(1).Order()
            .Select(first => new AgentBlock(first, count))
            .First(block => IsFree(block, taken));
    }

    static bool IsFree(AgentBlock block, IEnumerable<AgentBlock> taken) => !taken.Any(block.Overlaps);
}
