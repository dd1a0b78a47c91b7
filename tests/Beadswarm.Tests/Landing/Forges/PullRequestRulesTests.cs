using Beadswarm.Landing.Forges;

namespace Beadswarm.Tests.Landing.Forges;

/// <summary>What a pull request's state means, as a truth table.</summary>
public sealed class PullRequestRulesTests
{
    const string Proposed = "head", Other = "other";

    static readonly PullRequestTerms Terms = new(
        ReviewRequired: false, ChecksAppear: TimeSpan.FromSeconds(30), WaitMax: TimeSpan.FromDays(7));

    static readonly PullRequestView Fine = new()
    {
        Number = 7,
        Url = "https://forge.example/owner/project/pull/7",
        State = new PullRequestState.Open(),
        Head = Proposed,
        Mergeable = Mergeability.Clean,
        Policy = BranchPolicy.Allows,
        Checks = [Check("build", CheckState.Passed)],
    };

    [Fact]
    public void What_the_forge_allows_is_merged() => Decides("Merge", Fine);

    [Theory]
    [InlineData(CheckState.Pending, "Wait: checks: test")]
    [InlineData(CheckState.Undecided, "Wait: checks without a verdict: test")]
    [InlineData(CheckState.Failed, "ReturnRed: test")]
    [InlineData(CheckState.Passed, "Merge")]
    internal void Every_check_counts(CheckState state, string action) =>
        Decides(action, Fine with { Checks = [Check("build", CheckState.Passed), Check("test", state)] });

    [Fact]
    public void A_failed_check_returns_the_bead_although_others_are_under_way() => Decides(
        "ReturnRed: lint",
        Fine with { Checks = [Check("test", CheckState.Pending), Check("lint", CheckState.Failed)] });

    [Theory]
    [InlineData(0, "Wait: checks to appear")]
    [InlineData(29, "Wait: checks to appear")]
    [InlineData(30, "Merge")]
    public void Without_any_check_it_is_waited_for_one_for_a_while(int seconds, string action) =>
        Decides(action, Fine with { Checks = [] }, shown: TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(BranchPolicy.Allows, Mergeability.Clean, "Merge")]
    [InlineData(BranchPolicy.Allows, Mergeability.Unknown, "Wait: the forge works out whether it can be merged")]
    [InlineData(BranchPolicy.Unknown, Mergeability.Clean, "Wait: the forge works out whether it can be merged")]
    [InlineData(BranchPolicy.Blocks, Mergeability.Clean, "Wait: the rules of the target branch do not allow it yet")]
    [InlineData(BranchPolicy.Behind, Mergeability.Clean, "TakeUp")]
    [InlineData(BranchPolicy.Blocks, Mergeability.Conflicting, "Conflict")]
    [InlineData(BranchPolicy.Unknown, Mergeability.Conflicting, "Conflict")]
    internal void The_forges_own_rules_decide(BranchPolicy policy, Mergeability mergeable, string action) =>
        Decides(action, Fine with { Policy = policy, Mergeable = mergeable });

    [Theory]
    [InlineData(ReviewDecision.None, false, "Merge")]
    [InlineData(ReviewDecision.None, true, "Wait: a review")]
    [InlineData(ReviewDecision.Required, false, "Wait: a review")]
    [InlineData(ReviewDecision.Approved, true, "Merge")]
    [InlineData(ReviewDecision.ChangesRequested, false, "Wait: another look by its reviewers")]
    internal void The_review_policy_is_waited_for(ReviewDecision decision, bool required, string action) =>
        Decides(action, Fine with { Decision = decision }, Terms with { ReviewRequired = required });

    [Theory]
    [InlineData(true, Proposed, "Merge")]
    [InlineData(true, Other, "Wait: a review")]
    [InlineData(false, Proposed, "ReturnReviewed: ann")]
    [InlineData(false, Other, "Wait: another look by ann")]
    public void A_review_is_of_the_commit_that_was_reviewed(bool approves, string commit, string action) =>
        Decides(
            action, Fine with { Reviews = [new ForgeReview("ann", approves, commit, "")] },
            Terms with { ReviewRequired = true });

    [Fact]
    public void A_draft_waits_for_a_person() => Decides(
        "Wait: a person takes it out of draft", Fine with { Draft = true, Policy = BranchPolicy.Blocks });

    [Fact]
    public void A_head_that_was_not_proposed_is_not_merged_whatever_else_is_fine() =>
        Decides("Push", Fine with { Head = Other });

    [Fact]
    public void What_was_merged_is_observed_whatever_else_the_forge_says()
    {
        var merged = Fine with { State = new PullRequestState.Merged("m"), Head = Other, Checks = [] };
        Decides("Observe: m", merged);
        Decides("Observe: m", merged with { Checks = [Check("test", CheckState.Failed)] }, age: TimeSpan.FromDays(9));
    }

    [Theory]
    [InlineData("ann", "Block: pull request #7 was closed without being merged by ann")]
    [InlineData(null, "Block: pull request #7 was closed without being merged")]
    public void What_was_closed_is_a_persons_decision(string? by, string action) =>
        Decides(action, Fine with { State = new PullRequestState.Closed(by), Head = Other });

    [Fact]
    public void What_waits_for_too_long_is_left_to_a_person_and_what_need_not_wait_is_merged()
    {
        var draft = Fine with { Draft = true };
        Decides("Wait: a person takes it out of draft", draft, age: Terms.WaitMax);
        Decides("Leave: a person takes it out of draft", draft, age: Terms.WaitMax + TimeSpan.FromSeconds(1));
        Decides("Merge", Fine, age: Terms.WaitMax + TimeSpan.FromSeconds(1));
    }

    static ForgeCheck Check(string name, CheckState state) => new(name, state, "", null);

    static void Decides(
        string action, PullRequestView view, PullRequestTerms? terms = null, TimeSpan? age = null,
        TimeSpan? shown = null) =>
        Assert.Equal(action, Say(PullRequestRules.Decide(
            view, Proposed, terms ?? Terms, age ?? TimeSpan.Zero, shown ?? TimeSpan.FromHours(1))));

    static string Say(PullRequestAction action) => action switch
    {
        PullRequestAction.Waits wait => $"Wait: {wait.For}",
        PullRequestAction.Merge => "Merge",
        PullRequestAction.Push => "Push",
        PullRequestAction.TakeUp => "TakeUp",
        PullRequestAction.Conflict => "Conflict",
        PullRequestAction.ReturnRed red => $"ReturnRed: {string.Join(", ", red.Failed.Select(check => check.Name))}",
        PullRequestAction.ReturnReviewed reviewed =>
            $"ReturnReviewed: {string.Join(", ", reviewed.Reviews.Select(review => review.Author))}",
        PullRequestAction.Observe observe => $"Observe: {observe.Commit}",
        PullRequestAction.Block block => $"Block: {block.Reason}",
        PullRequestAction.Leave leave => $"Leave: {leave.For}",
    };
}
