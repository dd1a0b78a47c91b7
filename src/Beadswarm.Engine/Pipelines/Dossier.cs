using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Beadswarm.Beads;

namespace Beadswarm.Pipelines;

/// <summary>One stage execution as a dossier shows it.</summary>
sealed record DossierRun(
    StageName Stage, int Attempt, int Agent, StageStatus Status, string? Summary, DateTimeOffset StartedAt,
    TimeSpan? Duration);

/// <summary>
/// What a person needs to decide about a bead without asking anybody: where it stands, what happened, the last real
/// output, where the work is, and the command that goes on. Rendered from values only.
/// </summary>
sealed record Dossier
{
    public const int RunsMax = 100;
    public const int OutputBytesMax = 16 * 1024;
    public const int FeedbackBytesMax = 32 * 1024;

    static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Never part of a web page.
    };

    public required Bead Bead { get; init; }

    /// <summary>For example <c>blocked</c>, <c>pending</c>, <c>landing</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it stands where it stands, in one line.</summary>
    public required string Reason { get; init; }
    public required int Attempt { get; init; }
    public required int AttemptsAllowed { get; init; }
    public int InfrastructureFailures { get; init; }
    public IReadOnlyList<DossierRun> Runs { get; init; } = [];
    public string? LastFeedback { get; init; }

    /// <summary>The end of the last log: of the failing gate, or else of the agent.</summary>
    public string? LastOutput { get; init; }
    public string? LogPath { get; init; }
    public string? Workspace { get; init; }
    public string? Branch { get; init; }
    public string? BaseCommit { get; init; }
    public string? HeadCommit { get; init; }

    /// <summary>Further commands that help to look at it, beside the one that tries again.</summary>
    public IReadOnlyList<string> LookAt { get; init; } = [];

    public string RetryCommand => $"beadswarm retry {Bead.Id}";

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {Bead.Id}: {Markdown.Inline(Bead.Title)}\n\n");
        Line("State", $"{State}, {Markdown.Inline(Reason)}");
        Line("Attempt", $"{Attempt} of {AttemptsAllowed}"
            + (InfrastructureFailures > 0 ? $", {InfrastructureFailures} infrastructure failures" : ""));
        Line("Branch", Branch);
        Line("Workspace", Workspace);
        Line("Commits", HeadCommit is null ? null : BaseCommit is null ? HeadCommit : $"{BaseCommit}..{HeadCommit}");
        Line("Log", LogPath);
        AppendRuns(text);
        if (!string.IsNullOrWhiteSpace(LastFeedback))
        {
            text.Append("\n## Last feedback\n\n");
            var feedback = Markdown.TailBytes(LastFeedback.TrimEnd(), FeedbackBytesMax);
            text.Append(Markdown.Fence(feedback, "markdown")).Append('\n');
        }

        if (!string.IsNullOrWhiteSpace(LastOutput))
        {
            text.Append("\n## Last output\n\n");
            text.Append(Markdown.Fence(Markdown.TailBytes(LastOutput.TrimEnd(), OutputBytesMax), "text")).Append('\n');
        }

        text.Append("\n## What to do\n\n");
        text.Append(Markdown.Fence(string.Join('\n', [.. LookAt, RetryCommand]), "sh")).Append('\n');
        return text.ToString();

        void Line(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                text.Append(CultureInfo.InvariantCulture, $"- {name}: {value}\n");
            }
        }
    }

    public string ToJson() => new JsonObject
    {
        ["version"] = 1,
        ["bead"] = Bead.Id.Value,
        ["title"] = Bead.Title,
        ["state"] = State,
        ["reason"] = Reason,
        ["attempt"] = Attempt,
        ["attemptsAllowed"] = AttemptsAllowed,
        ["infrastructureFailures"] = InfrastructureFailures,
        ["branch"] = Branch,
        ["workspace"] = Workspace,
        ["baseCommit"] = BaseCommit,
        ["headCommit"] = HeadCommit,
        ["log"] = LogPath,
        ["history"] = new JsonArray([.. Runs.TakeLast(RunsMax).Select(run => new JsonObject
        {
            ["stage"] = run.Stage.Value,
            ["attempt"] = run.Attempt,
            ["agent"] = run.Agent,
            ["status"] = Status(run.Status),
            ["summary"] = run.Summary,
            ["startedAt"] = Time(run.StartedAt),
            ["durationMs"] = run.Duration is { } duration ? (long)duration.TotalMilliseconds : null,
        })]),
        ["lastFeedback"] = LastFeedback is { } feedback ? Markdown.TailBytes(feedback, FeedbackBytesMax) : null,
        ["lastOutput"] = LastOutput is { } output ? Markdown.TailBytes(output, OutputBytesMax) : null,
        ["commands"] = new JsonArray([.. LookAt.Append(RetryCommand).Select(command => JsonValue.Create(command))]),
    }.ToJsonString(Indented);

    void AppendRuns(StringBuilder text)
    {
        if (Runs.Count == 0)
        {
            return;
        }

        text.Append("\n## History\n\n| started | stage | attempt | agent | status | took | summary |\n");
        text.Append("|---|---|---|---|---|---|---|\n");
        foreach (var run in Runs.TakeLast(RunsMax))
        {
            var took = run.Duration is { } duration ? Durations.Format(Rounded(duration)) : "";
            text.Append(CultureInfo.InvariantCulture,
                $"| {Time(run.StartedAt)} | {run.Stage} | {run.Attempt} | {run.Agent} | {Status(run.Status)} | {took} "
                + $"| {Markdown.Cell(run.Summary ?? "")} |\n");
        }
    }

    static string Status(StageStatus status) => status switch
    {
        StageStatus.Started => "started",
        StageStatus.Passed => "passed",
        StageStatus.Failed => "failed",
        StageStatus.Error => "error",
        StageStatus.Interrupted => "interrupted",
    };

    static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    static TimeSpan Rounded(TimeSpan duration) =>
        duration < TimeSpan.FromSeconds(10) ? duration : TimeSpan.FromSeconds(Math.Round(duration.TotalSeconds));
}
