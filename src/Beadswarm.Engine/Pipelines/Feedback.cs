using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Beadswarm.Beads;

namespace Beadswarm.Pipelines;

/// <summary>What a failed gate left as evidence; the output is already trimmed to what matters.</summary>
sealed record FailedGate(string Gate, string Command, int? ExitCode, string Reason, string OutputTail);

/// <summary>Why a branch could not be merged: the files, and whose change they meet.</summary>
sealed record MergeConflict(IReadOnlyList<string> Files, IReadOnlyList<string> OtherBeads);

/// <summary>Everything known about a failed attempt, from which the next one is told.</summary>
sealed record FailedAttempt
{
    public required BeadId Bead { get; init; }

    /// <summary>The stage that failed, or <c>landing</c>.</summary>
    public required string Stage { get; init; }
    public required int Attempt { get; init; }
    public required int AttemptsAllowed { get; init; }

    /// <summary>One line: the judgement.</summary>
    public required string Reason { get; init; }
    public AgentVerdict? Verdict { get; init; }
    public FailedGate? Gate { get; init; }
    public MergeConflict? Conflict { get; init; }

    /// <summary>The end of what the agent printed; used where nothing better is known.</summary>
    public string? AgentOutputTail { get; init; }
    public string? BaseCommit { get; init; }
    public string? HeadCommit { get; init; }

    /// <summary>Trees that have failed, oldest first; the next attempt must leave another one.</summary>
    public IReadOnlyList<string> FailedTrees { get; init; } = [];
}

/// <summary>
/// Tells the next attempt what failed: a document for the agent and a packet for programs, both within a limit of
/// bytes. What a gate really printed is kept longest; words of agents are cut first.
/// </summary>
static class Feedback
{
    public const int BytesMin = 4096;
    public const int FindingsMax = 50;
    public const int FindingDetailMax = 1500;
    public const int FilesMax = 40;
    public const int TreesMax = 16;

    static readonly string[] Severities = ["critical", "major", "minor", "note"];

    static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Never part of a web page.
    };

    /// <summary>
    /// The Markdown that the next attempt reads first; at most <paramref name="bytesMax"/> bytes of UTF-8.
    /// </summary>
    public static string Text(FailedAttempt failed, int bytesMax)
    {
        bytesMax = Math.Max(bytesMax, BytesMin);
        var head = Head(failed);
        var findings = Findings(failed.Verdict, bytesMax / 3);
        var conflict = Conflict(failed.Conflict, bytesMax / 6);
        var left = bytesMax - Size(head) - Size(findings) - Size(conflict);
        var output = failed is { Gate: null, Conflict: null } ? AgentOutput(failed.AgentOutputTail, left) : "";
        return Markdown.HeadBytes(head + conflict + GateText(failed.Gate, left) + output + findings, bytesMax);
    }

    /// <summary>The same as one JSON object; at most <paramref name="bytesMax"/> bytes, always whole.</summary>
    public static string Packet(FailedAttempt failed, int bytesMax)
    {
        bytesMax = Math.Max(bytesMax, BytesMin);
        var (outputMax, findingsMax) = (bytesMax / 2, FindingsMax);
        while (true)
        {
            var json = Packet(failed, outputMax, findingsMax);
            if (Size(json) <= bytesMax || (outputMax == 0 && findingsMax == 0))
            {
                return json;
            }

            // Escapes can make text six times as long in JSON, so the limit is found by halving: at most 26 rounds.
            (outputMax, findingsMax) = findingsMax > 0 ? (outputMax, findingsMax / 2) : (outputMax / 2, 0);
        }
    }

    static string Packet(FailedAttempt failed, int outputMax, int findingsMax)
    {
        var findings = Sorted(failed.Verdict).Take(findingsMax).ToArray();
        var detailMax = findingsMax >= FindingsMax ? FindingDetailMax : FindingDetailMax / 4;
        var packet = new JsonObject
        {
            ["version"] = 1,
            ["bead"] = failed.Bead.Value,
            ["stage"] = Markdown.Head(failed.Stage, 64),
            ["attempt"] = failed.Attempt,
            ["attemptsAllowed"] = failed.AttemptsAllowed,
            ["reason"] = Markdown.Head(PipelineRules.OneLine(failed.Reason), 300),
            ["verdict"] = failed.Verdict is null ? null : failed.Verdict.Passed ? "pass" : "fail",
            ["summary"] = failed.Verdict?.Summary is { } summary ? PipelineRules.OneLine(summary) : null,
            ["findings"] = new JsonArray([.. findings.Select(finding => Finding(finding, detailMax))]),
            ["findingsOmitted"] = (failed.Verdict?.Findings.Count ?? 0) - findings.Length,
            ["gate"] = failed.Gate is { } gate
                ? new JsonObject
                {
                    ["name"] = Markdown.Head(gate.Gate, 64),
                    ["command"] = Markdown.Head(gate.Command, Math.Min(500, outputMax)),
                    ["exitCode"] = gate.ExitCode,
                    ["reason"] = PipelineRules.OneLine(gate.Reason),
                }
                : null,
            ["outputTail"] = Markdown.TailBytes(failed.Gate?.OutputTail ?? failed.AgentOutputTail ?? "", outputMax),
            ["conflictFiles"] = Names(failed.Conflict?.Files, Math.Min(FilesMax, findingsMax + (outputMax / 256))),
            ["conflictBeads"] = Names(failed.Conflict?.OtherBeads, Math.Min(FilesMax, findingsMax + (outputMax / 256))),
            ["baseCommit"] = Commit(failed.BaseCommit),
            ["headCommit"] = Commit(failed.HeadCommit),
            ["failedTrees"] = Names(failed.FailedTrees.TakeLast(TreesMax).Select(tree => Commit(tree)!), TreesMax),
        };
        return packet.ToJsonString(Indented);
    }

    static JsonObject Finding(Finding finding, int detailMax) => new()
    {
        ["severity"] = Markdown.Head(finding.Severity, 20),
        ["title"] = PipelineRules.OneLine(finding.Title),
        ["detail"] = finding.Detail is { } detail ? Markdown.Head(detail, detailMax) : null,
        ["file"] = finding.File is { } file ? Markdown.Head(file, 300) : null,
        ["line"] = finding.Line,
    };

    static JsonArray Names(IEnumerable<string>? names, int max) =>
        new([.. (names ?? []).Take(max).Select(name => JsonValue.Create(Markdown.Head(name, 300)))]);

    static string? Commit(string? id) => id is null ? null : Markdown.Head(id, 64);

    static string Head(FailedAttempt failed)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"Attempt {failed.Attempt} of {failed.AttemptsAllowed} failed at stage {Markdown.Inline(failed.Stage)}: "
            + $"{Markdown.Inline(failed.Reason)}\n");
        if (failed.HeadCommit is { } head)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nWhat was checked: commit {Commit(head)}");
            text.Append(failed.BaseCommit is { } start ? $", made from {Commit(start)}.\n" : ".\n");
        }

        if (failed.FailedTrees.Count > 0)
        {
            var trees = string.Join(", ", failed.FailedTrees.TakeLast(3).Select(Commit));
            text.Append(CultureInfo.InvariantCulture, $"\nTrees that have failed and are refused: {trees}\n");
        }

        return text.ToString();
    }

    static string GateText(FailedGate? gate, int bytesMax)
    {
        if (gate is null)
        {
            return "";
        }

        var title = $"\n## Gate {Markdown.Inline(gate.Gate)}: {Markdown.Inline(gate.Reason)}\n\n"
            + Markdown.Fence("$ " + PipelineRules.OneLine(gate.Command), "sh") + "\n";
        return title + Block(gate.OutputTail, bytesMax - Size(title), "It printed nothing.");
    }

    static string AgentOutput(string? output, int bytesMax)
    {
        const string Title = "\n## The end of what the agent printed\n";
        return string.IsNullOrWhiteSpace(output) ? "" : Title + Block(output, bytesMax - Size(Title), "");
    }

    // The fence grows with the content, so room is kept for a long one, and an absurd one gives up its content.
    static string Block(string output, int bytesMax, string otherwise)
    {
        const int Frame = 80;
        var tail = Markdown.TailBytes(output.TrimEnd(), Math.Max(0, bytesMax - Frame));
        if (string.IsNullOrWhiteSpace(tail))
        {
            return otherwise.Length == 0 ? "" : $"\n{otherwise}\n";
        }

        var block = $"\n{Markdown.Fence(tail, "text")}\n";
        return Size(block) <= bytesMax ? block : $"\n{Markdown.Fence(tail.Replace('`', '\''), "text")}\n";
    }

    static string Conflict(MergeConflict? conflict, int bytesMax)
    {
        if (conflict is null)
        {
            return "";
        }

        var text = new StringBuilder("\n## Conflict with what has landed meanwhile\n\n");
        if (conflict.OtherBeads.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"The other side: {string.Join(", ", conflict.OtherBeads.Take(5).Select(Markdown.Inline))}\n\n");
        }

        AppendItems(text, conflict.Files, bytesMax, file => $"- {Markdown.Inline(file)}\n", FilesMax);
        return text.ToString();
    }

    static string Findings(AgentVerdict? verdict, int bytesMax)
    {
        if (verdict is null || (verdict.Findings.Count == 0 && string.IsNullOrWhiteSpace(verdict.Summary)))
        {
            return "";
        }

        var text = new StringBuilder("\n## Findings\n\n");
        if (!string.IsNullOrWhiteSpace(verdict.Summary))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Markdown.Inline(verdict.Summary)}\n\n");
        }

        AppendItems(text, Sorted(verdict), bytesMax, Item, FindingsMax);
        return text.ToString();
    }

    static void AppendItems<T>(
        StringBuilder text, IReadOnlyList<T> items, int bytesMax, Func<T, string> render, int countMax)
    {
        const int NoteMax = 40;
        var left = bytesMax - Size(text.ToString()) - NoteMax;
        var shown = 0;
        foreach (var item in items.Take(countMax).Select(render))
        {
            left -= Size(item);
            if (left < 0)
            {
                break;
            }

            text.Append(item);
            shown++;
        }

        if (shown < items.Count)
        {
            text.Append(CultureInfo.InvariantCulture, $"- and {items.Count - shown} more, not shown\n");
        }
    }

    static string Item(Finding finding)
    {
        var place = finding.File is { } file
            ? $" ({Markdown.Inline(file)}{(finding.Line is { } line ? $":{line}" : "")})"
            : "";
        var item = $"- **{Markdown.Inline(finding.Severity)}** {Markdown.Inline(finding.Title)}{place}\n";
        return string.IsNullOrWhiteSpace(finding.Detail)
            ? item
            : item + Indent(Markdown.Fence(Markdown.Head(finding.Detail.Trim(), FindingDetailMax), "text")) + "\n";
    }

    static string Indent(string block) => string.Join('\n', block.Split('\n').Select(line => $"  {line}"));

    static IReadOnlyList<Finding> Sorted(AgentVerdict? verdict) =>
    [
        .. (verdict?.Findings ?? []).OrderBy(Rank),
    ];

    static int Rank(Finding finding) =>
        Array.IndexOf(Severities, finding.Severity.ToLowerInvariant()) is var rank and >= 0 ? rank : Severities.Length;

    static int Size(string text) => Encoding.UTF8.GetByteCount(text);
}
