using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>A folder or file of the swarm's that nobody may need any more.</summary>
/// <param name="Bead">Whose it is; null where it belongs to no bead.</param>
/// <param name="At">When it was last written to.</param>
sealed record Leftover(string Path, BeadId? Bead, DateTimeOffset At, long Bytes);

/// <summary>What cleaning does about one thing, and why.</summary>
abstract record CleaningStep
{
    CleaningStep() { }

    /// <summary>Records of work that is done: nothing but reading them is lost.</summary>
    public sealed record Remove(Leftover What, string Why) : CleaningStep;

    /// <summary>A workspace, branch or lock; its removal is proven safe first.</summary>
    public sealed record PutAway(Orphan Orphan) : CleaningStep;

    public sealed record Keep(string What, string Why) : CleaningStep;
}

/// <summary>Decides what is provably not needed. Commits that have not landed are always needed.</summary>
static class CleaningRules
{
    /// <param name="states">Beads that the store knows.</param>
    /// <param name="age">Records younger than this stay, whoever they belong to.</param>
    public static IReadOnlyList<CleaningStep> Plan(
        IReadOnlyList<Leftover> leftovers, IReadOnlyList<Orphan> orphans,
        IReadOnlyDictionary<BeadId, BeadState> states, DateTimeOffset now, TimeSpan age) =>
    [
        .. leftovers.Select(leftover => Decide(leftover, states, now, age)),
        .. orphans.Select(Decide),
    ];

    static CleaningStep Decide(
        Leftover leftover, IReadOnlyDictionary<BeadId, BeadState> states, DateTimeOffset now, TimeSpan age)
    {
        if (leftover.Bead is { } bead && states.TryGetValue(bead, out var state) && Need(state) is { } need)
        {
            return new CleaningStep.Keep(leftover.Path, $"{bead} {need}");
        }

        return now - leftover.At < age
            ? new CleaningStep.Keep(leftover.Path, $"it is younger than {age.TotalDays:0.##} days")
            : new CleaningStep.Remove(
                leftover, leftover.Bead is { } done ? $"{done} is finished" : "it belongs to no bead");
    }

    /// <summary>Why what belongs to a bead is still needed; null when it is not.</summary>
    public static string? Need(BeadState state) => state switch
    {
        BeadState.Pending => "is not finished",
        BeadState.Held => "is being worked on",
        BeadState.Landing => "is landing",
        BeadState.Left => "waits on its branch for a person",
        BeadState.Blocked => "is blocked, and its dossier refers to this",
        BeadState.Completed => null,
        BeadState.Withdrawn => null,
    };

    static CleaningStep Decide(Orphan orphan) => orphan switch
    {
        Orphan.Branch { CommitsOnlyHere: > 0 } => new CleaningStep.Keep(orphan.Describe(), "commits are never removed"),
        _ => new CleaningStep.PutAway(orphan),
    };
}
