using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Beadswarm.Tests.Support.Forges;

/// <summary>A check of a head, in GitHub's words: a status without a conclusion is under way.</summary>
sealed record StandInCheck(
    string Name, string Status = "COMPLETED", string? Conclusion = "SUCCESS", string Summary = "")
{
    /// <summary>What its job printed; null: it is a check of somebody else, or its log is gone.</summary>
    public string? Log { get; init; }

    /// <summary>Of the job: larger than a number of GraphQL.</summary>
    public long Job { get; init; } = 31_415_926_535;
}

/// <summary>A review, in GitHub's words.</summary>
sealed record StandInReview(string Author, string State, string Commit, string Body = "");

/// <summary>A pull request as the stand-in keeps it.</summary>
sealed class StandInPullRequest
{
    public required int Number { get; init; }
    public required string Title { get; set; }
    public required string Body { get; init; }
    public required string HeadRef { get; init; }
    public required string BaseRef { get; init; }
    public bool Draft { get; set; }
    public string State { get; set; } = "OPEN";
    public string? MergeCommit { get; set; }

    /// <summary>The head it had when it ended.</summary>
    public string? LastHead { get; set; }
    public string? ClosedBy { get; set; }
    public List<string> Labels { get; } = [];
    public List<string> Comments { get; } = [];
    public List<StandInReview> Reviews { get; } = [];
}

/// <summary>
/// The part of GitHub's API that a swarm uses, as its documentation describes it, over a real bare repository: merges
/// are made by git. What a person or a CI would do is set by the test.
/// </summary>
sealed partial class StandInForge : IAsyncDisposable
{
    public const string Token = "ghp_standin";
    public const string Owner = "owner", Name = "project";

    const string Root = "/api/v3/repos/owner/project";
    const string Logs = "/storage/logs/";

    readonly Lock _lock = new();
    readonly HttpsListener _listener;
    readonly List<string> _requests = [];
    readonly List<StandInPullRequest> _pulls = [];

    /// <param name="repository">Bare; pushes of the swarm go there by git.</param>
    public StandInForge(string repository)
    {
        Git = new StandInGit(repository);
        _listener = new HttpsListener(AnswerAsync);
    }

    public StandInGit Git { get; }

    public string Host => _listener.Host;

    public string Address => $"{Host}/{Owner}/{Name}";

    /// <summary>What a client needs to reach it: gh, and nothing else.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["SSL_CERT_FILE"] = _listener.CertificatePath,
        ["GH_ENTERPRISE_TOKEN"] = Token,
    };

    /// <summary>The checks of a pull request's head.</summary>
    public Func<StandInPullRequest, string, IEnumerable<StandInCheck>> Checks { get; set; } = (_, _) => [];

    /// <summary>Null: none is required. The forge's review policy for the branch.</summary>
    public Func<StandInPullRequest, string?> ReviewDecision { get; set; } = _ => null;

    /// <summary>The branch must be up to date before it is merged.</summary>
    public bool Strict { get; set; }

    /// <summary>Before a request is looked at: an answer that ends it, or null.</summary>
    public Func<HttpRequest, HttpReply?> Before { get; set; } = _ => null;

    /// <summary>After it was done and before the answer goes out: false keeps the answer back for ever.</summary>
    public Func<HttpRequest, Task<bool>> After { get; set; } = _ => Task.FromResult(true);

    public IReadOnlyList<StandInPullRequest> Pulls
    {
        get
        {
            lock (_lock)
            {
                return [.. _pulls];
            }
        }
    }

    /// <summary>What was asked, as <c>METHOD path</c>.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public static HttpReply Message(int status, string message, params (string, string)[] headers) =>
        new(status, new JsonObject { ["message"] = message }.ToJsonString(), headers);

    /// <summary>What a person does in the browser.</summary>
    public void Close(StandInPullRequest pull, string by)
    {
        lock (_lock)
        {
            End(pull, "CLOSED");
            pull.ClosedBy = by;
        }
    }

    /// <summary>What a person does in the browser; the message is theirs.</summary>
    public string Merge(StandInPullRequest pull, string message = "Merged by hand", bool squash = false)
    {
        lock (_lock)
        {
            var (onto, head) = (Git.Must("rev-parse", $"refs/heads/{pull.BaseRef}"), HeadOf(pull));
            var tree = Git.MergedTree(onto, head) ?? throw new InvalidOperationException("conflict");
            End(pull, "MERGED");
            return pull.MergeCommit = Git.Commit(pull.BaseRef, tree, squash ? [onto] : [onto, head], message);
        }
    }

    public string HeadOf(StandInPullRequest pull) => pull.LastHead ?? Git.Branch(pull.HeadRef) ?? "";

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    async Task<HttpReply?> AnswerAsync(HttpRequest request)
    {
        HttpReply reply;
        lock (_lock)
        {
            _requests.Add($"{request.Method} {request.Path}");
            reply = Before(request)
                ?? (request.Path.StartsWith(Logs, StringComparison.Ordinal) ? LogOf(request)
                    : request.Headers.GetValueOrDefault("Authorization") == $"token {Token}" ? Answer(request)
                    : Message(401, "Bad credentials"));
        }

        return await After(request) ? reply : null;
    }

    HttpReply LogOf(HttpRequest request)
    {
        var job = request.Path[Logs.Length..].Split('?')[0];
        return _pulls.SelectMany(pull => Checks(pull, HeadOf(pull)))
            .FirstOrDefault(check => check.Job.ToString(CultureInfo.InvariantCulture) == job)?.Log is { } log
                ? new HttpReply(200, log, [("Content-Type", "text/plain")])
                : Message(410, "Gone");
    }

    HttpReply Answer(HttpRequest request)
    {
        var path = request.Path.Split('?')[0];
        var body = request.Body.Length > 0 ? JsonNode.Parse(request.Body)!.AsObject() : [];
        if (path == "/api/graphql")
        {
            return Query(body);
        }

        if (Job().Match(path) is { Success: true } job)
        {
            // As documented: a redirect to where the log is, valid for a minute, which asks for no token.
            return new HttpReply(
                302, "", [("Location", $"https://{Host}{Logs}{job.Groups["job"].Value}?sig=a%2Bb")]);
        }

        if (path == $"{Root}/pulls")
        {
            return request.Method == "POST" ? Create(body) : List(request.Path);
        }

        return OfOne().Match(path) is { Success: true } match && Find(match.Groups["number"].Value) is { } pull
            ? (request.Method, match.Groups["rest"].Value) switch
            {
                ("PUT", "/merge") => Merge(pull, body),
                ("PATCH", "") => Change(pull, body),
                ("POST", "/labels") => Label(pull, body),
                ("POST", "/comments") => Comment(pull, body),
                ("GET", "/comments") => new HttpReply(200, new JsonArray(
                    [.. pull.Comments.Select(JsonNode (said) => new JsonObject { ["body"] = said })]).ToJsonString()),
                _ => Message(404, "Not Found"),
            }
            : Message(404, "Not Found");
    }

    HttpReply Create(JsonObject body)
    {
        var (head, @base) = (Text(body, "head"), Text(body, "base"));
        if (_pulls.Any(pull => pull.State == "OPEN" && pull.HeadRef == head && pull.BaseRef == @base))
        {
            return Invalid($"A pull request already exists for {Owner}:{head}.");
        }

        if (Git.Branch(head) is not { } commit || Git.Branch(@base) is not { } onto || Git.IsAncestor(commit, onto))
        {
            return Invalid($"No commits between {@base} and {head}");
        }

        var made = new StandInPullRequest
        {
            Number = _pulls.Count + 1,
            Title = Text(body, "title"),
            Body = Text(body, "body"),
            HeadRef = head,
            BaseRef = @base,
            Draft = (bool?)body["draft"] ?? false,
        };
        _pulls.Add(made);
        return new HttpReply(201, Rest(made).ToJsonString());
    }

    HttpReply List(string path)
    {
        var query = path.Split('?').ElementAtOrDefault(1)?.Split('&').Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1])) ?? [];
        var found = _pulls.Where(pull =>
            (query.GetValueOrDefault("head") is not { } head || head == $"{Owner}:{pull.HeadRef}")
            && (query.GetValueOrDefault("base") is not { } onto || onto == pull.BaseRef)
            && (query.GetValueOrDefault("state") is "all" || pull.State == "OPEN"));
        return new HttpReply(200, new JsonArray([.. found.Select(JsonNode (pull) => Rest(pull))]).ToJsonString());
    }

    HttpReply Merge(StandInPullRequest pull, JsonObject body)
    {
        var (onto, head) = (Git.Branch(pull.BaseRef), HeadOf(pull));
        if (Text(body, "sha") != head)
        {
            return Message(409, "Head branch was modified. Review and try the merge again.");
        }

        if (pull.State != "OPEN" || Status(pull) is not ("CLEAN" or "UNSTABLE"))
        {
            return Message(405, "Pull Request is not mergeable");
        }

        var tree = Git.MergedTree(onto!, head)!; // clean: both are there
        var message = $"{Text(body, "commit_title")}\n\n{Text(body, "commit_message")}";
        var parents = Text(body, "merge_method") == "squash" ? new[] { onto! } : [onto!, head];
        End(pull, "MERGED");
        pull.MergeCommit = Git.Commit(pull.BaseRef, tree, parents, message);
        return new HttpReply(200, new JsonObject
        {
            ["sha"] = pull.MergeCommit,
            ["merged"] = true,
            ["message"] = "Pull Request successfully merged",
        }.ToJsonString());
    }

    HttpReply Change(StandInPullRequest pull, JsonObject body)
    {
        if (Text(body, "state") == "closed" && pull.State == "OPEN")
        {
            End(pull, "CLOSED");
            pull.ClosedBy = "the-swarm";
        }

        return new HttpReply(200, Rest(pull).ToJsonString());
    }

    static HttpReply Label(StandInPullRequest pull, JsonObject body)
    {
        pull.Labels.AddRange(body["labels"]!.AsArray().Select(label => (string)label!).Except(pull.Labels).ToArray());
        return new HttpReply(200, "[]");
    }

    static HttpReply Comment(StandInPullRequest pull, JsonObject body)
    {
        pull.Comments.Add(Text(body, "body"));
        return new HttpReply(201, "{}");
    }

    HttpReply Query(JsonObject body)
    {
        var variables = body["variables"]!;
        if (((string?)variables["owner"], (string?)variables["name"]) != (Owner, Name))
        {
            return new HttpReply(
                200, """{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"no"}]}""");
        }

        var found = new JsonObject();
        var errors = new JsonArray();
        foreach (Match asked in Asked().Matches(Text(body, "query")))
        {
            var pull = Find(asked.Groups["number"].Value);
            found[asked.Groups["alias"].Value] = pull is null ? null : Graph(pull);
            if (pull is null)
            {
                errors.Add(new JsonObject { ["type"] = "NOT_FOUND", ["message"] = "Could not resolve" });
            }
        }

        var answer = new JsonObject { ["data"] = new JsonObject { ["repository"] = found } };
        if (errors.Count > 0)
        {
            answer["errors"] = errors;
        }

        return new HttpReply(200, answer.ToJsonString());
    }

    JsonObject Rest(StandInPullRequest pull) => new()
    {
        ["number"] = pull.Number,
        ["html_url"] = Url(pull),
        ["state"] = pull.State == "OPEN" ? "open" : "closed",
        ["merged"] = pull.State == "MERGED",
        ["title"] = pull.Title,
        ["body"] = pull.Body,
        ["draft"] = pull.Draft,
        ["head"] = new JsonObject
        {
            ["ref"] = pull.HeadRef,
            ["label"] = $"{Owner}:{pull.HeadRef}",
            ["sha"] = HeadOf(pull),
        },
        ["base"] = new JsonObject { ["ref"] = pull.BaseRef },
    };

    JsonObject Graph(StandInPullRequest pull)
    {
        var head = HeadOf(pull);
        var checks = Checks(pull, head).Select(JsonNode (check) => new JsonObject
        {
            ["__typename"] = "CheckRun",
            ["name"] = check.Name,
            ["status"] = check.Status,
            ["conclusion"] = check.Status == "COMPLETED" ? check.Conclusion : null,
            ["detailsUrl"] = check.Log is null
                ? $"{Url(pull)}/checks"
                : $"https://{Address}/actions/runs/2718281828/job/{check.Job}",
            ["title"] = check.Name,
            ["summary"] = check.Summary,
            ["text"] = null,
        }).ToArray();
        var status = pull.State == "OPEN" ? Status(pull) : "UNKNOWN";
        return new JsonObject
        {
            ["number"] = pull.Number,
            ["url"] = Url(pull),
            ["state"] = pull.State,
            ["isDraft"] = pull.Draft,
            ["headRefOid"] = head,
            ["mergeable"] = status switch { "DIRTY" => "CONFLICTING", "UNKNOWN" => "UNKNOWN", _ => "MERGEABLE" },
            ["mergeStateStatus"] = status,
            ["reviewDecision"] = ReviewDecision(pull),
            ["mergeCommit"] = pull.MergeCommit is { } merged ? new JsonObject { ["oid"] = merged } : null,
            ["commits"] = Nodes([new JsonObject
            {
                ["commit"] = new JsonObject
                {
                    ["oid"] = head,
                    ["statusCheckRollup"] = checks.Length == 0
                        ? null
                        : new JsonObject { ["contexts"] = Nodes(checks) },
                },
            }]),
            ["latestOpinionatedReviews"] = Nodes([.. pull.Reviews.Select(JsonNode (review) => new JsonObject
            {
                ["state"] = review.State,
                ["body"] = review.Body,
                ["author"] = new JsonObject { ["login"] = review.Author },
                ["commit"] = new JsonObject { ["oid"] = review.Commit },
            })]),
            ["timelineItems"] = Nodes(pull.ClosedBy is { } by
                ? [new JsonObject { ["actor"] = new JsonObject { ["login"] = by } }]
                : []),
        };
    }

    /// <summary>GitHub's mergeStateStatus.</summary>
    string Status(StandInPullRequest pull)
    {
        var (onto, head) = (Git.Branch(pull.BaseRef), HeadOf(pull));
        var checks = Checks(pull, head).ToArray();
        return pull.Draft || ReviewDecision(pull) is "REVIEW_REQUIRED" or "CHANGES_REQUESTED" ? "BLOCKED"
            : onto is null || head.Length == 0 || Git.MergedTree(onto, head) is null ? "DIRTY"
            : Strict && !Git.IsAncestor(onto, head) ? "BEHIND"
            : checks.Any(check => check is not { Status: "COMPLETED", Conclusion: "SUCCESS" }) ? "BLOCKED"
            : "CLEAN";
    }

    void End(StandInPullRequest pull, string state)
    {
        pull.LastHead = HeadOf(pull);
        pull.State = state;
    }

    StandInPullRequest? Find(string number) =>
        _pulls.FirstOrDefault(pull => pull.Number == int.Parse(number, CultureInfo.InvariantCulture));

    string Url(StandInPullRequest pull) => $"https://{Address}/pull/{pull.Number}";

    static HttpReply Invalid(string reason) => new(422, new JsonObject
    {
        ["message"] = "Validation Failed",
        ["errors"] = new JsonArray(new JsonObject
        {
            ["resource"] = "PullRequest",
            ["code"] = "custom",
            ["message"] = reason,
        }),
    }.ToJsonString());

    static JsonObject Nodes(JsonNode[] nodes) => new() { ["nodes"] = new JsonArray(nodes) };

    static string Text(JsonObject body, string name) => (string?)body[name] ?? "";

    [GeneratedRegex("^/api/v3/repos/owner/project/actions/jobs/(?<job>[0-9]+)/logs$")]
    private static partial Regex Job();

    [GeneratedRegex("^/api/v3/repos/owner/project/(pulls|issues)/(?<number>[0-9]+)(?<rest>/[a-z]+)?$")]
    private static partial Regex OfOne();

    [GeneratedRegex(@"(?<alias>p[0-9]+): pullRequest\(number: (?<number>[0-9]+)\)")]
    private static partial Regex Asked();
}
