namespace Beadswarm.Planning;

/// <summary>What a planner proposes for one bead: beads that together do what it asks for.</summary>
/// <param name="Assumptions">What the bead left open, and how the planner decided.</param>
sealed record Proposal(string Summary, IReadOnlyList<string> Assumptions, IReadOnlyList<ProposedBead> Beads);

/// <summary>One bead of a proposal.</summary>
/// <param name="Key">Its name within the proposal.</param>
sealed record ProposedBead(string Key, string Title)
{
    public string Type { get; init; } = "task";

    public int Priority { get; init; }

    /// <summary>What is to be done, and why.</summary>
    public string Description { get; init; } = "";

    /// <summary>What its interfaces promise to the other beads of the proposal.</summary>
    public string Contract { get; init; } = "";

    /// <summary>How anybody sees that it is done.</summary>
    public string Acceptance { get; init; } = "";

    public int? EstimateMinutes { get; init; }

    /// <summary>Keys of the proposal, or ids of beads that are there.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];
}

/// <summary>What a planner left, read.</summary>
abstract record ProposalReading
{
    ProposalReading() { }

    public sealed record Usable(Proposal Proposal) : ProposalReading;

    /// <summary>Each problem names its place and says what was expected.</summary>
    public sealed record Unusable(IReadOnlyList<string> Problems) : ProposalReading;
}
