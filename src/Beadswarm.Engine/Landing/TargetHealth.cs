using Beadswarm.Journal;

namespace Beadswarm.Landing;

/// <summary>What the gates of the whole last said about the target.</summary>
/// <param name="Tip">The commit that was tested.</param>
/// <param name="Red">Null: they passed.</param>
sealed record TargetHealth(string Tip, DateTimeOffset At, RedTarget? Red)
{
    const int CommitDigits = 12;

    /// <param name="judged">The newest entry of its kind, if there is one.</param>
    public static TargetHealth? Of(IReadOnlyList<JournalEntry> judged) =>
        judged is [{ Event: JournalEvent.TargetJudged last, At: var at }, ..] ? Of(last, at) : null;

    public static TargetHealth Of(JournalEvent.TargetJudged judged, DateTimeOffset at) => new(
        judged.Tip, at,
        judged.Gate is { } gate
            ? new RedTarget(
                gate, judged.Reason ?? "", judged.Green, judged.Culprit, judged.Subject, judged.Bead, judged.Unknown)
            : null);

    /// <summary>In one sentence, for whoever wants to know.</summary>
    public string Say()
    {
        if (Red is not { } red)
        {
            return $"the target is green at {Short(Tip)}";
        }

        var what = $"the target is RED at {Short(Tip)}: gate {red.Gate} fails ({red.Reason})";
        return red.Culprit is { } culprit
            ? $"{what} since {Short(culprit)} \"{red.Subject}\", "
                + (red.Bead is { } bead
                    ? $"which landed {bead}, taken up again for it"
                    : "which the swarm did not land: its author, or whoever can, has to mend or revert it")
            : $"{what}; since when is not known: {red.Unknown}";
    }

    static string Short(string commit) => commit.Length > CommitDigits ? commit[..CommitDigits] : commit;
}

/// <summary>How the target is red.</summary>
/// <param name="Green">The last tip on which all gates of the whole passed.</param>
/// <param name="Culprit">The first commit after it on which the gate fails.</param>
/// <param name="Bead">What the culprit landed, when it was the swarm's.</param>
/// <param name="Unknown">Why there is no culprit.</param>
sealed record RedTarget(
    string Gate, string Reason, string? Green, string? Culprit, string? Subject, string? Bead, string? Unknown);
