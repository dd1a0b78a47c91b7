using Beadswarm.Configuration;
using Beadswarm.Processes;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>Everything a run is started with.</summary>
sealed record SwarmSetup
{
    /// <summary>The user's checkout.</summary>
    public required string RepositoryPath { get; init; }
    public required SwarmConfig Config { get; init; }

    /// <summary>The orchestrator's own environment; agents see only what is allowed of it.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>What must not be in anything that is kept or shown: secrets of our own and of the runners.</summary>
    public IReadOnlyList<string> Secrets => Redaction.SecretsOf(
        Environment.Concat(Config.Runners.Values.SelectMany(runner => runner.Environment)));

    /// <summary>The scripted agent that ships with the program.</summary>
    public required string ScriptedAgentPath { get; init; }

    /// <summary>This program itself, which the runner acp starts as its client.</summary>
    public string ProgramPath { get; init; } = "beadswarm";
    public required TimeProvider Time { get; init; }

    /// <summary>Writes the status, given as JSON, for a person's screen of so many columns.</summary>
    public Func<ReadOnlyMemory<byte>, int, string>? StatusText { get; init; }

    /// <summary>
    /// Takes what a person has to know and the journal cannot be told, because the disk is full.
    /// </summary>
    public Action<string> Notify { get; init; } = _ => { };

    /// <summary>Continue the newest swarm, with its target, even if it was stopped.</summary>
    public bool Resume { get; init; }

    /// <summary>Drain after this time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Do not take beads that become ready only while it runs.</summary>
    public bool Once { get; init; }
}

/// <summary>Another node holds the swarm, and this one cannot work beside it. Nothing has been changed.</summary>
sealed class NodeRefusedException(NodeCard card, NodeRecord holder, NodeMismatch why) : Exception(
    $"node {holder.Name} ({holder.Host}) holds the swarm of this store, and this clone cannot join it: " + why switch
    {
        NodeMismatch.NoRemote when card.Remote is null => "it has no landing.remote to exchange branches through",
        NodeMismatch.NoRemote => "that node has no landing.remote to exchange branches through",
        NodeMismatch.Remote => $"its remote is {card.Remote}, and that node's is {holder.Remote}",
        NodeMismatch.Target => $"it lands on '{card.Target}', and that node on '{holder.Target}'",
    })
{
    public string Remedy { get; } = why switch
    {
        NodeMismatch.NoRemote => "give every clone the same remote (git remote add) and name it in landing.remote",
        NodeMismatch.Remote => "point landing.remote of both at one repository, or use another store",
        NodeMismatch.Target => "set landing.target to the same branch on both, or use another store",
    };
}

/// <summary>
/// The repository, its tracker or its configuration is not fit for a swarm. Nothing has been changed.
/// </summary>
sealed class SwarmRefusedException(string message, string remedy) : Exception(message)
{
    public string Remedy { get; } = remedy;
}
