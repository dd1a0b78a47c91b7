namespace Beadswarm.Beads;

/// <summary>
/// One issue of the tracker, with the fields the swarm reads. Everything else stays in its <see cref="Json"/>.
/// </summary>
sealed record Bead
{
    public required BeadId Id { get; init; }
    public required string Title { get; init; }
    public string Description { get; init; } = "";
    public string Design { get; init; } = "";
    public string AcceptanceCriteria { get; init; } = "";
    public string Notes { get; init; } = "";
    public string Status { get; init; } = BeadStatus.Open;
    public int Priority { get; init; }
    public string Type { get; init; } = "task";
    public string? Assignee { get; init; }

    /// <summary>The person the bead belongs to; never who works on it.</summary>
    public string? Owner { get; init; }
    public int? EstimatedMinutes { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public string? CreatedBy { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? CloseReason { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public DateTimeOffset? DeferUntil { get; init; }
    public string? ExternalRef { get; init; }
    public string? SpecId { get; init; }

    /// <summary>bd's free data, as JSON text.</summary>
    public string? Metadata { get; init; }

    /// <summary>br's free data for agents, as JSON text.</summary>
    public string? AgentContext { get; init; }

    /// <summary>A short-lived bead ("wisp"), never work of its own.</summary>
    public bool Ephemeral { get; init; }
    public bool Pinned { get; init; }
    public bool IsTemplate { get; init; }

    /// <summary>What a bead of type gate waits for (gh:run, timer, human ...).</summary>
    public string? AwaitType { get; init; }
    public string? AwaitId { get; init; }
    public string? MolType { get; init; }
    public string? WorkType { get; init; }
    public int CommentCount { get; init; }
    public IReadOnlyList<string> Labels { get; init; } = [];
    public IReadOnlyList<BeadDependency> Dependencies { get; init; } = [];

    /// <summary>The JSON object it was read from, byte for byte; empty for a bead made in memory.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>Deleted, but kept in the file so that other copies learn of it.</summary>
    public bool Deleted => Status == BeadStatus.Tombstone;

    /// <summary>Neither done nor deleted: somebody still has to do something.</summary>
    public bool Unfinished => Status is not (BeadStatus.Closed or BeadStatus.Tombstone);
}

/// <summary>The bead depends on <paramref name="Target"/>; for parent-child it is the child of it.</summary>
sealed record BeadDependency(string Target, string Type, string? Metadata);

/// <summary>The statuses that have a meaning here. A tracker may hold any other.</summary>
static class BeadStatus
{
    public const string Open = "open";
    public const string InProgress = "in_progress";
    public const string Blocked = "blocked";
    public const string Deferred = "deferred";
    public const string Hooked = "hooked";
    public const string Pinned = "pinned";
    public const string Closed = "closed";
    public const string Tombstone = "tombstone";
}
