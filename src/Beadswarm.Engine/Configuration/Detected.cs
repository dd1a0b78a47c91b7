using Beadswarm.Beads;
using Beadswarm.Gates;

namespace Beadswarm.Configuration;

/// <summary>A gate that the files of the repository suggest, and which file does.</summary>
sealed record DetectedGate(GateSpec Gate, string Reason);

/// <summary>An agent CLI that was looked for on PATH and found.</summary>
sealed record FoundRunner(string Name, string Kind, string Program);

/// <summary>What was found out about a repository and its machine, so that no file is needed at all.</summary>
sealed record Detected
{
    public TrackerDialect? Dialect { get; init; }
    public string TargetBranch { get; init; } = "main";
    public string? Remote { get; init; }
    public IReadOnlyList<DetectedGate> Gates { get; init; } = [];
    public IReadOnlyList<FoundRunner> Runners { get; init; } = [];
    public int Processors { get; init; } = 1;

    /// <summary>Memory that the swarm may use at most; null when it is not known.</summary>
    public double? MemoryGb { get; init; }
}

/// <summary>A value given on the command line: <paramref name="Flag"/> is what the user typed.</summary>
sealed record ConfigFlag(string Path, string Value, string Flag);

/// <summary>
/// Everything the configuration is made from, strongest first: flags, environment, file, what was detected.
/// </summary>
sealed record ConfigSources
{
    public const string DefaultFile = ".beadswarm/swarm.yaml";

    public IReadOnlyList<ConfigFlag> Flags { get; init; } = [];

    /// <summary>All variables; only those that start with <c>BEADSWARM_</c> are looked at.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>How messages name the file.</summary>
    public string FileName { get; init; } = DefaultFile;

    /// <summary>The text of the file; null where there is none.</summary>
    public string? FileText { get; init; }

    public required Detected Detected { get; init; }
}

/// <summary>One value in effect and where it came from, as <c>config show</c> lists it.</summary>
sealed record ConfigValue(string Path, string Value, string Origin);

/// <summary>
/// What came of reading the configuration. The values are those that could be read, also when it is refused.
/// </summary>
abstract record ConfigResult
{
    ConfigResult() { }

    public required IReadOnlyList<ConfigValue> Values { get; init; }

    /// <summary>Complete and checked.</summary>
    /// <param name="RunProblems">
    /// What keeps agents from being started although the rest is usable, for example that no supported agent was found:
    /// a run is refused with these, other commands go on. Empty: every pool's runner is in <c>Config.Runners</c>.
    /// </param>
    public sealed record Loaded(SwarmConfig Config, IReadOnlyList<ConfigError> RunProblems) : ConfigResult;

    /// <summary>Everything that is wrong, in the order of the sources.</summary>
    public sealed record Refused(IReadOnlyList<ConfigError> Errors) : ConfigResult;
}
