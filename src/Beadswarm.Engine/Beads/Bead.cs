namespace Beadswarm.Beads;

/// <summary>One issue of the tracker, with the fields the swarm reads. The line it came from is kept by <see cref="Backlog"/>.</summary>
sealed record Bead
{
    public required BeadId Id { get; init; }
    public required string Title { get; init; }
    public string Description { get; init; } = "";
    public string Design { get; init; } = "";
    public string AcceptanceCriteria { get; init; } = "";
    public string Notes { get; init; } = "";
    public string Status { get; init; } = "open";
    public int Priority { get; init; }
    public string Type { get; init; } = "task";
    public string? Assignee { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public IReadOnlyList<string> Labels { get; init; } = [];
    public IReadOnlyList<BeadDependency> Dependencies { get; init; } = [];
}

/// <summary>The bead depends on <paramref name="Target"/>; for parent-child it is the child of it.</summary>
sealed record BeadDependency(string Target, string Type, string? Metadata);
