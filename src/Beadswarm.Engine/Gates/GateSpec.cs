namespace Beadswarm.Gates;

/// <summary>A command whose exit code, on an exact commit, is evidence.</summary>
sealed record GateSpec
{
    public required string Name { get; init; }

    /// <summary>
    /// Run by <c>/bin/sh -c</c> in the root of a clean checkout. Written by the user, never by an agent or a bead.
    /// </summary>
    public required string Run { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Counts its matches in the output; more than the baseline fails, fewer lower it.</summary>
    public string? CountPattern { get; init; }

    /// <summary>Run after a failure, to remove what was left behind (for example test databases).</summary>
    public string? Cleanup { get; init; }

    /// <summary>Part of the quick check before an agent's commit is accepted by the workspace's hook.</summary>
    public bool BeforeCommit { get; init; }

    /// <summary>How often it is run again on the same tree when it has failed, before that counts.</summary>
    public int Reruns { get; init; }

    /// <summary>It is run and recorded like any other, and its failures hold nothing up.</summary>
    public bool Quarantined { get; init; }

    /// <summary>A verdict may be reused for the same tree and command.</summary>
    public bool Cached { get; init; } = true;
}
