using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Beadswarm.Processes;

namespace Beadswarm.Landing.Forges;

/// <summary>A pull request that is to be made.</summary>
/// <param name="Head">The branch that holds the work.</param>
/// <param name="Base">The branch that it is for.</param>
sealed record NewPullRequest(string Title, string Body, string Head, string Base, bool Draft);

/// <summary>What became of the wish to merge.</summary>
abstract record MergeAnswer
{
    MergeAnswer() { }

    /// <param name="Commit">What the target got.</param>
    public sealed record Merged(string Commit) : MergeAnswer;

    public sealed record Refused(string Reason) : MergeAnswer;
}

/// <summary>
/// GitHub, or a server that speaks as it does, by its own program: gh knows the user's accounts, hosts and proxies. Its
/// <c>api</c> verb is used alone, because it is the one that gives an answer with status and headers, so that a refusal
/// is told from an outage and a rate limit says when it ends. What beads say goes over standard input, never onto a
/// command line.
/// </summary>
sealed class GitHub(GhProgram gh, ForgeAddress address, TimeProvider time)
{
    const int UnprocessableEntity = 422;
    const int MethodNotAllowed = 405;
    const int Conflict = 409;
    const int NotFound = 404;
    const int Gone = 410;

    /// <summary>The most that the forge gives at once.</summary>
    const int CommentsMax = 100;

    static readonly TimeSpan ClockDifferenceMax = TimeSpan.FromHours(1);
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public ForgeAddress Address => address;

    string Repository => $"repos/{Uri.EscapeDataString(address.Owner)}/{Uri.EscapeDataString(address.Name)}";

    /// <summary>The open pull request of a branch; null when there is none.</summary>
    /// <exception cref="ForgeException">The forge gave no answer, or refuses to.</exception>
    public async Task<PullRequestView?> FindAsync(string head, string @base, CancellationToken cancellationToken)
    {
        var branch = Uri.EscapeDataString($"{address.Owner}:{head}");
        var answer = await AskAsync(
            "GET", $"{Repository}/pulls?state=open&head={branch}&base={Uri.EscapeDataString(@base)}", null,
            cancellationToken);
        return answer.Body is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(element => GitHubViews.OfRest(element)).OfType<PullRequestView>()
                .FirstOrDefault()
            : throw Unreadable();
    }

    /// <summary>Makes one, or finds the one that somebody made meanwhile.</summary>
    public async Task<PullRequestView> CreateAsync(NewPullRequest wanted, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["title"] = wanted.Title,
            ["body"] = wanted.Body,
            ["head"] = wanted.Head,
            ["base"] = wanted.Base,
            ["draft"] = wanted.Draft,
        };
        var answer = await SendAsync("POST", $"{Repository}/pulls", body, cancellationToken);
        if (answer.Status == UnprocessableEntity
            && await FindAsync(wanted.Head, wanted.Base, cancellationToken) is { } there)
        {
            return there;
        }

        Check(answer);
        return GitHubViews.OfRest(answer.Body) ?? throw Unreadable();
    }

    public async Task LabelAsync(int number, IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        var names = new JsonArray([.. labels.Select(label => (JsonNode)JsonValue.Create(label))]);
        await AskAsync(
            "POST", $"{Repository}/issues/{number}/labels", new JsonObject { ["labels"] = names }, cancellationToken);
    }

    /// <summary>How these stand, by one question for all of them. One that is not there is left out.</summary>
    public async Task<IReadOnlyDictionary<int, PullRequestView>> ReadAsync(
        IReadOnlyList<int> numbers, CancellationToken cancellationToken)
    {
        var views = new Dictionary<int, PullRequestView>();
        foreach (var some in numbers.Chunk(GitHubViews.NumbersMax))
        {
            var body = new JsonObject
            {
                ["query"] = GitHubViews.Query(some),
                ["variables"] = new JsonObject { ["owner"] = address.Owner, ["name"] = address.Name },
            };
            var answer = await AskAsync("POST", "graphql", body, cancellationToken);
            CheckQuery(answer);
            foreach (var (number, view) in GitHubViews.Read(answer.Body))
            {
                views[number] = view;
            }
        }

        return views;
    }

    /// <summary>What a job of GitHub's own CI printed, without secrets; null when it is not kept (any more).</summary>
    public async Task<string?> JobLogAsync(long job, CancellationToken cancellationToken)
    {
        // Answered by a redirect to wherever the log is kept, which gh follows.
        var answer = await SendAsync("GET", $"{Repository}/actions/jobs/{job}/logs", null, cancellationToken);
        if (answer.Status is NotFound or Gone)
        {
            return null;
        }

        Check(answer);
        return Redaction.Apply(JobLog.Trim(answer.Plain), gh.Secrets);
    }

    /// <summary>Merges exactly this head, or nothing.</summary>
    public async Task<MergeAnswer> MergeAsync(
        int number, string head, LandingMessage message, bool squash, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["sha"] = head,
            ["merge_method"] = squash ? "squash" : "merge",
            ["commit_title"] = message.Title,
            ["commit_message"] = message.Rest,
        };
        var answer = await SendAsync("PUT", $"{Repository}/pulls/{number}/merge", body, cancellationToken);
        if (answer.Status is MethodNotAllowed or Conflict or UnprocessableEntity)
        {
            return new MergeAnswer.Refused(answer.Message.Length > 0 ? answer.Message : $"HTTP {answer.Status}");
        }

        Check(answer);
        return answer.Body.Is("merged") && answer.Body.Text("sha") is { } commit
            ? new MergeAnswer.Merged(commit)
            : throw Unreadable();
    }

    /// <summary>Comments on it, unless a comment bears the mark already: said again, nothing is said twice.</summary>
    /// <param name="mark">What the comment is about. People do not see it.</param>
    /// <param name="since">Nothing about it was said before; by the forge's clock, more or less.</param>
    public async Task SayOnceAsync(
        int number, string mark, string comment, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var marked = $"<!-- beadswarm: {mark} -->";
        var path = $"{Repository}/issues/{number}/comments";
        var from = (since - ClockDifferenceMax).UtcDateTime
            .ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var said = await AskAsync("GET", $"{path}?per_page={CommentsMax}&since={from}", null, cancellationToken);
        if (said.Body is not { ValueKind: JsonValueKind.Array } list)
        {
            throw Unreadable();
        }

        if (!list.EnumerateArray().Any(
            one => one.Text("body")?.Contains(marked, StringComparison.Ordinal) is true))
        {
            await AskAsync(
                "POST", path, new JsonObject { ["body"] = $"{comment.TrimEnd()}\n\n{marked}" }, cancellationToken);
        }
    }

    /// <summary>Closes it. Closing a closed one changes nothing.</summary>
    public async Task CloseAsync(int number, CancellationToken cancellationToken)
    {
        await AskAsync(
            "PATCH", $"{Repository}/pulls/{number}", new JsonObject { ["state"] = "closed" }, cancellationToken);
    }

    async Task<GhAnswer> AskAsync(string method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(method, path, body, cancellationToken);
        Check(answer);
        return answer;
    }

    Task<GhAnswer> SendAsync(string method, string path, JsonNode? body, CancellationToken cancellationToken) =>
        gh.ApiAsync(
            address.Host, method, path, body is null ? default : Encoding.UTF8.GetBytes(body.ToJsonString(Plain)),
            cancellationToken);

    void Check(GhAnswer answer)
    {
        if (ForgeTroubleRules.Of(answer, time.GetUtcNow()) is { } trouble)
        {
            throw new ForgeException(trouble);
        }
    }

    /// <summary>A GraphQL answer says 200 also where it has nothing to say.</summary>
    void CheckQuery(GhAnswer answer)
    {
        var kinds = answer.Body.List("errors").Select(error => error.Text("type")).ToArray();
        if (kinds.Contains("RATE_LIMITED"))
        {
            throw new ForgeException(ForgeTroubleRules.Limited(answer, time.GetUtcNow()));
        }

        if (answer.Body.Member("data").Member("repository") is null)
        {
            throw new ForgeException(
                kinds.Any(kind => kind is "NOT_FOUND" or "FORBIDDEN")
                    ? new ForgeTrouble.Unauthorized($"{address}: {answer.Message}")
                    : new ForgeTrouble.Away(answer.Message.Length > 0 ? answer.Message : "an answer without data"));
        }
    }

    static ForgeException Unreadable() => new(new ForgeTrouble.Away("an answer that cannot be read"));
}

/// <summary>GitHub's own program, started for one question at a time.</summary>
/// <param name="program">Absolute.</param>
/// <param name="environment">Of the orchestrator; gh gets of it what leads to accounts, hosts and proxies.</param>
sealed class GhProgram(
    string program, string folder, string tag, IReadOnlyDictionary<string, string> environment, TimeProvider time)
{
    const int AnswerBytesMax = 16 * 1024 * 1024;

    static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(60);

    static readonly string[] Passed =
    [
        "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "GH_CONFIG_DIR", "GH_TOKEN", "GITHUB_TOKEN",
        "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
        "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ];

    /// <summary>What must not get into anything that is handed on.</summary>
    public IReadOnlyList<string> Secrets { get; } = Redaction.SecretsOf(environment);

    /// <exception cref="ProcessStartException">It is not there.</exception>
    public static GhProgram Find(
        string name, string folder, string tag, IReadOnlyDictionary<string, string> environment, TimeProvider time) =>
        new(Spawn.Resolve(name, environment, folder), folder, tag, environment, time);

    /// <summary>The first line of what it says of itself; null when it says nothing.</summary>
    public async Task<string?> VersionAsync(CancellationToken cancellationToken) =>
        await RunAsync("", ["--version"], cancellationToken) is { ExitCode: 0 } result
            ? Encoding.UTF8.GetString(result.Stdout).Split('\n')[0].Trim()
            : null;

    /// <summary>Whether it has an account for a host. What it has is not looked at; a version that does not tell
    /// has.</summary>
    public async Task<bool> HasAccountAsync(string host, CancellationToken cancellationToken) =>
        await RunAsync(host, ["auth", "token"], cancellationToken) is { } result
        && (result.ExitCode == 0
            || Encoding.UTF8.GetString(result.Stderr).Contains("unknown command", StringComparison.Ordinal));

    async Task<CommandResult?> RunAsync(
        string host, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await Command.RunAsync(SpecOf(host, arguments), cancellationToken);
        }
        catch (CommandException)
        {
            return null;
        }
    }

    /// <summary>One question; an answer of any status, or none, is an answer.</summary>
    public async Task<GhAnswer> ApiAsync(
        string host, string method, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var spec = SpecOf(
            host,
            [
                "api", "--include", "--method", method, path,
                .. body.IsEmpty ? Array.Empty<string>() : ["--input", "-"],
            ]) with
        {
            StandardInput = body,
        };
        try
        {
            var result = await Command.RunAsync(spec, cancellationToken);
            return GhAnswer.Read(result.Stdout, Encoding.UTF8.GetString(result.Stderr));
        }
        catch (CommandException slow)
        {
            throw new ForgeException(new ForgeTrouble.Away(slow.Message));
        }
    }

    CommandSpec SpecOf(string host, IReadOnlyList<string> arguments) => new()
    {
        FileName = program,
        Arguments = arguments,
        WorkingDirectory = folder,
        Environment = EnvironmentFor(host),
        Tag = tag,
        Timeout = AnswerTime,
        OutputBytesMax = AnswerBytesMax,
        TimeProvider = time,
    };

    Dictionary<string, string> EnvironmentFor(string host)
    {
        var wanted = environment.Where(variable => Passed.Contains(variable.Key))
            .ToDictionary(variable => variable.Key, variable => variable.Value);

        // Its flag for the host takes no port; the variable does.
        wanted["GH_HOST"] = host;
        wanted["GH_PROMPT_DISABLED"] = "1";
        wanted["GH_NO_UPDATE_NOTIFIER"] = "1";
        wanted["NO_COLOR"] = "1";
        wanted["LC_ALL"] = "C";
        return wanted;
    }
}
