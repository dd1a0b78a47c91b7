namespace Beadswarm.Landing.Forges;

/// <summary>What is to be done about a pull request.</summary>
abstract record PullRequestAction
{
    PullRequestAction() { }

    /// <summary>Nothing now: it waits for this.</summary>
    public sealed record Waits(string For) : PullRequestAction;

    /// <summary>Everything that the forge asks for is there: it takes its turn.</summary>
    public sealed record Merge : PullRequestAction;

    /// <summary>Its branch does not show what was proposed: push it again, unless somebody else was there.</summary>
    public sealed record Push : PullRequestAction;

    /// <summary>The target's newest commit must be taken up first.</summary>
    public sealed record TakeUp : PullRequestAction;

    /// <summary>The forge cannot merge it: look which files are in the way.</summary>
    public sealed record Conflict : PullRequestAction;

    public sealed record ReturnRed(IReadOnlyList<ForgeCheck> Failed) : PullRequestAction;

    public sealed record ReturnReviewed(IReadOnlyList<ForgeReview> Reviews) : PullRequestAction;

    /// <summary>It has been merged: the content is to be observed.</summary>
    public sealed record Observe(string Commit) : PullRequestAction;

    /// <summary>Somebody closed it unmerged: a person decides.</summary>
    public sealed record Block(string Reason) : PullRequestAction;

    /// <summary>It has waited for too long: it is left to a person.</summary>
    public sealed record Leave(string For) : PullRequestAction;
}

/// <summary>What a swarm asks of pull requests beside the forge's own rules.</summary>
/// <param name="ChecksAppear">A pull request without any check waits so long for one to appear.</param>
/// <param name="WaitMax">After this it is left to a person.</param>
sealed record PullRequestTerms(bool ReviewRequired, TimeSpan ChecksAppear, TimeSpan WaitMax);

/// <summary>Decides what a pull request's state means.</summary>
static class PullRequestRules
{
    const int NamesShownMax = 5;

    /// <param name="proposed">The commit that we proposed.</param>
    /// <param name="age">Time since the bead was queued to land.</param>
    /// <param name="shown">Time since the forge was last given a head.</param>
    public static PullRequestAction Decide(
        PullRequestView view, string proposed, PullRequestTerms terms, TimeSpan age, TimeSpan shown)
    {
        var action = Decide(view, proposed, terms, shown);
        return action is PullRequestAction.Waits wait && age > terms.WaitMax
            ? new PullRequestAction.Leave(wait.For)
            : action;
    }

    static PullRequestAction Decide(PullRequestView view, string proposed, PullRequestTerms terms, TimeSpan shown) =>
        view.State switch
        {
            PullRequestState.Merged merged => new PullRequestAction.Observe(merged.Commit),
            PullRequestState.Closed closed => new PullRequestAction.Block(
                $"pull request #{view.Number} was closed without being merged"
                + (closed.By is { } who ? $" by {who}" : "")),
            PullRequestState.Open when view.Head != proposed => new PullRequestAction.Push(),
            _ => OfOpen(view, terms, shown),
        };

    static PullRequestAction OfOpen(PullRequestView view, PullRequestTerms terms, TimeSpan shown)
    {
        var against = view.Reviews.Where(review => !review.Approves).ToArray();
        var now = against.Where(review => review.Commit == view.Head).ToArray();
        if (now.Length > 0)
        {
            return new PullRequestAction.ReturnReviewed(now);
        }

        var failed = Of(view, CheckState.Failed);
        return failed.Count > 0 ? new PullRequestAction.ReturnRed(failed)
            : view.Mergeable == Mergeability.Conflicting ? new PullRequestAction.Conflict()
            : WaitsFor(view, terms, shown, against) is { } reason ? new PullRequestAction.Waits(reason)
            : view.Policy == BranchPolicy.Behind ? new PullRequestAction.TakeUp()
            : view.Policy == BranchPolicy.Blocks
                ? new PullRequestAction.Waits("the rules of the target branch do not allow it yet")
            : view.Mergeable == Mergeability.Unknown || view.Policy == BranchPolicy.Unknown
                ? new PullRequestAction.Waits("the forge works out whether it can be merged")
            : new PullRequestAction.Merge();
    }

    static string? WaitsFor(
        PullRequestView view, PullRequestTerms terms, TimeSpan shown, IReadOnlyList<ForgeReview> against)
    {
        var (pending, undecided) = (Of(view, CheckState.Pending), Of(view, CheckState.Undecided));
        return view.Draft ? "a person takes it out of draft"
            : pending.Count > 0 ? $"checks: {Names(pending.Select(check => check.Name))}"
            : undecided.Count > 0 ? $"checks without a verdict: {Names(undecided.Select(check => check.Name))}"
            : view.Checks.Count == 0 && shown < terms.ChecksAppear ? "checks to appear"
            : against.Count > 0 ? $"another look by {Names(against.Select(review => review.Author))}"
            : view.Decision == ReviewDecision.ChangesRequested ? "another look by its reviewers"
            : view.Decision == ReviewDecision.Required || (terms.ReviewRequired && !Approved(view)) ? "a review"
            : null;
    }

    static bool Approved(PullRequestView view) =>
        view.Decision == ReviewDecision.Approved
        || view.Reviews.Any(review => review.Approves && review.Commit == view.Head);

    static List<ForgeCheck> Of(PullRequestView view, CheckState state) =>
        [.. view.Checks.Where(check => check.State == state)];

    static string Names(IEnumerable<string> names)
    {
        var all = names.ToArray();
        return string.Join(", ", all.Take(NamesShownMax))
            + (all.Length > NamesShownMax ? $" and {all.Length - NamesShownMax} more" : "");
    }
}
