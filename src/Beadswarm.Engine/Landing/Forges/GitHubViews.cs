using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Beadswarm.Landing.Forges;

/// <summary>The question for the state of many pull requests at once, and what its answer means.</summary>
static partial class GitHubViews
{
    /// <summary>So many are asked for in one question.</summary>
    public const int NumbersMax = 40;

    const int ChecksMax = 100;
    const int ReviewsMax = 50;
    const int DetailCharactersMax = 4000;

    /// <summary>Where a check says what it found.</summary>
    static readonly string[] Texts = ["title", "summary", "text"];

    /// <summary>The GraphQL query; each pull request is named by its number.</summary>
    public static string Query(IReadOnlyList<int> numbers)
    {
        var query = new StringBuilder(
            "query($owner: String!, $name: String!) {\n  repository(owner: $owner, name: $name) {\n");
        foreach (var number in numbers)
        {
            query.Append(
                CultureInfo.InvariantCulture, $"    p{number}: pullRequest(number: {number}) {{ ...pullRequest }}\n");
        }

        return query.Append(
            CultureInfo.InvariantCulture,
            $$"""
              }
            }
            fragment pullRequest on PullRequest {
              number url state isDraft headRefOid mergeable mergeStateStatus reviewDecision
              mergeCommit { oid }
              commits(last: 1) { nodes { commit { oid statusCheckRollup { contexts(first: {{ChecksMax}}) { nodes {
                __typename
                ... on CheckRun { name status conclusion detailsUrl title summary text }
                ... on StatusContext { context state description targetUrl }
              } } } } } }
              latestOpinionatedReviews(first: {{ReviewsMax}}) {
                nodes { state body author { login } commit { oid } }
              }
              timelineItems(last: 1, itemTypes: [CLOSED_EVENT]) { nodes { ... on ClosedEvent { actor { login } } } }
            }

            """).ToString();
    }

    /// <summary>Those that are there, by number.</summary>
    public static IReadOnlyDictionary<int, PullRequestView> Read(JsonElement? body)
    {
        var repository = body.Member("data").Member("repository");
        return repository is not { ValueKind: JsonValueKind.Object } found
            ? new Dictionary<int, PullRequestView>()
            : found.EnumerateObject().Select(member => Of(member.Value)).OfType<PullRequestView>()
                .DistinctBy(view => view.Number).ToDictionary(view => view.Number);
    }

    /// <summary>As the REST interface shows one: enough to know it again by.</summary>
    public static PullRequestView? OfRest(JsonElement? element) =>
        element.Number("number") is { } number && element.Text("html_url") is { } url
        && element.Member("head").Text("sha") is { } head
            ? new PullRequestView
            {
                Number = number,
                Url = url,
                Head = head,
                State = element.Text("state") == "closed"
                    ? new PullRequestState.Closed(null)
                    : new PullRequestState.Open(),
            }
            : null;

    static PullRequestView? Of(JsonElement? element)
    {
        if (element.Number("number") is not { } number || element.Text("url") is not { } url
            || element.Text("headRefOid") is not { } head || StateOf(element) is not { } state)
        {
            return null;
        }

        var status = element.Text("mergeStateStatus");
        return new PullRequestView
        {
            Number = number,
            Url = url,
            State = state,
            Head = head,
            Draft = element.Is("isDraft"),
            Mergeable = element.Text("mergeable") switch
            {
                "MERGEABLE" => Mergeability.Clean,
                "CONFLICTING" => Mergeability.Conflicting,
                _ => status == "DIRTY" ? Mergeability.Conflicting : Mergeability.Unknown,
            },
            Policy = status switch
            {
                "CLEAN" or "HAS_HOOKS" or "UNSTABLE" => BranchPolicy.Allows,
                "BEHIND" => BranchPolicy.Behind,
                "BLOCKED" or "DRAFT" or "DIRTY" => BranchPolicy.Blocks,
                _ => BranchPolicy.Unknown,
            },
            Decision = element.Text("reviewDecision") switch
            {
                "REVIEW_REQUIRED" => ReviewDecision.Required,
                "APPROVED" => ReviewDecision.Approved,
                "CHANGES_REQUESTED" => ReviewDecision.ChangesRequested,
                _ => ReviewDecision.None,
            },
            Checks = [.. ChecksOf(element, head)],
            Reviews =
            [
                .. element.Member("latestOpinionatedReviews").List("nodes").Select(ReviewOf).OfType<ForgeReview>(),
            ],
        };
    }

    static PullRequestState? StateOf(JsonElement? element) => element.Text("state") switch
    {
        "OPEN" => new PullRequestState.Open(),
        "MERGED" when element.Member("mergeCommit").Text("oid") is { } commit => new PullRequestState.Merged(commit),
        "CLOSED" => new PullRequestState.Closed(element.Member("timelineItems").List("nodes")
            .Select(node => node.Member("actor").Text("login")).FirstOrDefault(login => login is not null)),
        _ => null,
    };

    /// <summary>Of the head alone; of several runs of one name the last one counts.</summary>
    static IEnumerable<ForgeCheck> ChecksOf(JsonElement? element, string head)
    {
        var contexts = element.Member("commits").List("nodes").Select(node => node.Member("commit"))
            .Where(commit => commit.Text("oid") == head)
            .SelectMany(commit => commit.Member("statusCheckRollup").Member("contexts").List("nodes"));
        return contexts.Select(CheckOf).OfType<ForgeCheck>().GroupBy(check => check.Name).Select(runs => runs.Last());
    }

    static ForgeCheck? CheckOf(JsonElement node) => node.Text("__typename") switch
    {
        "CheckRun" when node.Text("name") is { } run => new ForgeCheck(
            run,
            node.Text("status") != "COMPLETED" ? CheckState.Pending : node.Text("conclusion") switch
            {
                "SUCCESS" or "NEUTRAL" or "SKIPPED" => CheckState.Passed,
                "FAILURE" or "TIMED_OUT" => CheckState.Failed,
                _ => CheckState.Undecided, // cancelled, stale, could not start, wants a person
            },
            Cut(string.Join('\n', Texts.Select(name => node.Text(name)).OfType<string>())),
            node.Text("detailsUrl"))
        {
            Job = JobOf(node.Text("detailsUrl")),
        },
        "StatusContext" when node.Text("context") is { } name => new ForgeCheck(
            name,
            node.Text("state") switch
            {
                "SUCCESS" => CheckState.Passed,
                "FAILURE" or "ERROR" => CheckState.Failed,
                _ => CheckState.Pending,
            },
            Cut(node.Text("description") ?? ""),
            node.Text("targetUrl")),
        _ => null,
    };

    /// <summary>Only the address tells it: as a number of GraphQL it would be too large.</summary>
    static long? JobOf(string? url) =>
        url is not null && JobUrl().Match(url) is { Success: true } match
            ? long.Parse(match.Groups["job"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : null;

    [GeneratedRegex("/actions/runs/[0-9]{1,18}/job/(?<job>[0-9]{1,18})([?#/]|$)")]
    private static partial Regex JobUrl();

    static ForgeReview? ReviewOf(JsonElement node) =>
        node.Text("state") is ("APPROVED" or "CHANGES_REQUESTED") and var state
            ? new ForgeReview(
                node.Member("author").Text("login") ?? "somebody", state == "APPROVED",
                node.Member("commit").Text("oid"), Cut(node.Text("body") ?? ""))
            : null;

    static string Cut(string text) => text.Length <= DetailCharactersMax ? text : text[..DetailCharactersMax];
}
