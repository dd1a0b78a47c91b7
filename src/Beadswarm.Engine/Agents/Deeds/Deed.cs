namespace Beadswarm.Agents.Deeds;

/// <summary>What an agent is about to do by one call of a tool, as far as it can be told before it is done.</summary>
abstract record Deed
{
    Deed() { }

    /// <summary>Changes files.</summary>
    public sealed record Writes(IReadOnlyList<string> Paths) : Deed;

    /// <summary>Has a shell run something.</summary>
    public sealed record Runs(string Script) : Deed;

    /// <summary>Moves its work to a place that its program makes.</summary>
    public sealed record Moves(string Tool) : Deed;

    /// <summary>Nothing that there are rules for.</summary>
    public sealed record Other(string Tool) : Deed;
}

/// <summary>Where an agent stands while it does something. Paths are without links.</summary>
sealed record DeedGround
{
    public required string Workspace { get; init; }

    /// <summary>The workspace's own branch; null where that is not known.</summary>
    public string? Branch { get; init; }

    /// <summary>The folder from which relative paths count.</summary>
    public required string Folder { get; init; }

    /// <summary>Where it may write beside its workspace: what it hands on, and temporary files.</summary>
    public IReadOnlyList<string> Writable { get; init; } = [];

    /// <summary>What is not to be touched although it lies in a writable folder: the user's repository.</summary>
    public IReadOnlyList<string> Protected { get; init; } = [];

    /// <summary>Variables whose values are known.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Where a path leads; of one that is not there, where its folder leads.</summary>
    public Func<string, string> RealPath { get; init; } = path => path;

    public Func<string, bool> Exists { get; init; } = _ => false;
}
