using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>What became of an effect, in a few words for the journal.</summary>
static class EffectWords
{
    public static string Of(RemovalOutcome outcome) => outcome switch
    {
        RemovalOutcome.Removed => "removed",
        RemovalOutcome.Refused refused => $"kept: {refused.Commits.Count} commits are nowhere else",
    };

    public static string Of(FollowOutcome outcome) => outcome switch
    {
        FollowOutcome.Followed => "followed",
        FollowOutcome.Skipped skipped => $"not followed: {skipped.Reason}",
    };

    public static string Of(BranchPush outcome) => outcome switch
    {
        BranchPush.Shown => "shown",
        BranchPush.Foreign foreign => $"not moved: somebody else moved it to {foreign.There}",
        BranchPush.Refused refused => $"not moved: {refused.Reason}",
        BranchPush.Unknown unknown => $"not known: {unknown.Reason}",
    };

    public static string Of(AdvanceOutcome outcome) => outcome switch
    {
        AdvanceOutcome.Moved => "moved",
        AdvanceOutcome.LostRace lost => $"not moved: somebody else moved it to {lost.Actual}",
        AdvanceOutcome.Refused refused => $"not moved: {refused.Reason}",
        AdvanceOutcome.Held held => $"not moved: {held.Reason}",
        AdvanceOutcome.Unknown unknown => $"not known: {unknown.Reason}",
        AdvanceOutcome.Fenced => "not moved: another lander has taken over",
    };
}
