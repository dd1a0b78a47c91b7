using Beadswarm.Configuration;
using Beadswarm.Processes;

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

/// <summary>
/// The repository, its tracker or its configuration is not fit for a swarm. Nothing has been changed.
/// </summary>
sealed class SwarmRefusedException(string message, string remedy) : Exception(message)
{
    public string Remedy { get; } = remedy;
}
