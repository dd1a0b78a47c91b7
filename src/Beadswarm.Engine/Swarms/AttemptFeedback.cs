using System.Text;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>What a failed attempt leaves for the next one: the words, and the documents that carry them.</summary>
sealed record AttemptFeedback(string Text, IReadOnlyList<NewArtifact> Artifacts)
{
    const string PacketName = "retry_packet.json";
    const string OutputName = "failing_output.txt";
    const string ConflictName = "conflict.md";

    /// <summary>A stage that failed.</summary>
    public static AttemptFeedback OfStage(
        Claim claim, StageReport report, string reason, IReadOnlyDictionary<string, GateSpec> gates, int bytesMax) =>
        Of(
            new FailedAttempt
            {
                Bead = claim.Bead,
                Stage = claim.Stage.Value,
                Attempt = claim.Attempt,
                AttemptsAllowed = claim.AttemptsAllowed,
                Reason = reason,
                Verdict = report.Check?.Verdict,
                Gate = report.Check is { Gate: { } gate } check
                    ? new FailedGate(gate, gates[gate].Run, check.ExitCode, reason, check.Output)
                    : null,
                AgentOutputTail = report.Check is { Gate: null } agent ? agent.Output : null,
                BaseCommit = report.BaseCommit,
                HeadCommit = report.HeadCommit,
                FailedTrees = report.HeadTree is { } tree ? [tree] : [],
            },
            report.Check?.Output, null, bytesMax);

    /// <summary>The merged tree is red.</summary>
    public static AttemptFeedback OfRedLanding(
        LandingEntry entry, string reason, GateResult result, GateSpec gate, int bytesMax) =>
        Of(
            OfLanding(entry, reason) with
            {
                Gate = new FailedGate(result.Gate, gate.Run, result.ExitCode, result.Reason, result.OutputTail),
            },
            result.OutputTail, null, bytesMax);

    /// <summary>The bead's change and the target's contradict each other: both sides are told.</summary>
    public static AttemptFeedback OfConflict(
        LandingEntry entry, string reason, MergeOutcome.Conflict conflict, CommitId tip, int bytesMax)
    {
        var failed = OfLanding(entry, reason) with
        {
            Conflict = new MergeConflict(
                [.. conflict.Files.Select(file => file.Path)],
                [.. conflict.OtherSide.Select(other => other.Bead).OfType<string>().Distinct()]),
        };
        return Of(failed, null, ConflictText(conflict, tip), bytesMax);
    }

    /// <summary>What had landed is not on the target any more.</summary>
    public static AttemptFeedback OfLost(LandingEntry entry, string reason, int bytesMax) =>
        Of(OfLanding(entry, reason), null, null, bytesMax);

    /// <summary>The forge's checks fail; of those that it ran itself, with what they printed.</summary>
    public static AttemptFeedback OfChecks(
        LandingEntry entry, string reason, IReadOnlyList<ForgeCheck> failed, IReadOnlyList<Finding> findings,
        int bytesMax)
    {
        var printed = failed.Where(check => check.Log is { Length: > 0 }).ToArray();
        return Of(
            OfLanding(entry, reason) with
            {
                Verdict = new AgentVerdict(Passed: false, reason, findings),
                Gate = printed is [var first, ..]
                    ? new FailedGate(
                        first.Name, $"gh run view --job {first.Job} --log-failed", null,
                        "a check of the pull request fails", first.Log!) // only those that printed
                    : null,
            },
            string.Join("\n\n", printed.Select(check => $"== {check.Name} ({check.Url})\n{check.Log}")), null,
            bytesMax);
    }

    /// <summary>The forge's reviewers ask for changes.</summary>
    public static AttemptFeedback OfForge(
        LandingEntry entry, string reason, IReadOnlyList<Finding> findings, int bytesMax) =>
        Of(
            OfLanding(entry, reason) with { Verdict = new AgentVerdict(Passed: false, reason, findings) }, null, null,
            bytesMax);

    static FailedAttempt OfLanding(LandingEntry entry, string reason) => new()
    {
        Bead = entry.Bead,
        Stage = "landing",
        Attempt = entry.Attempt,
        AttemptsAllowed = entry.AttemptsAllowed,
        Reason = reason,
        BaseCommit = entry.BaseCommit,
        HeadCommit = entry.HeadCommit,
        FailedTrees = [entry.HeadTree],
    };

    static AttemptFeedback Of(FailedAttempt failed, string? output, string? conflict, int bytesMax)
    {
        var text = Feedback.Text(failed, bytesMax);
        var artifacts = new List<NewArtifact>
        {
            Document(ArtifactKind.Feedback, StageDocuments.FeedbackName, text),
            Document(ArtifactKind.RetryPacket, PacketName, Feedback.Packet(failed, bytesMax)),
        };
        if (!string.IsNullOrEmpty(output))
        {
            artifacts.Add(Document(ArtifactKind.TestOutput, OutputName, output));
        }

        if (conflict is not null)
        {
            artifacts.Add(Document(ArtifactKind.Findings, ConflictName, conflict));
        }

        return new AttemptFeedback(text, artifacts);
    }

    static string ConflictText(MergeOutcome.Conflict conflict, CommitId tip)
    {
        var text = new StringBuilder(
            $"# Conflict with the target\n\nMerge it into your branch with `git merge {tip}`, keep what both sides "
            + "meant, and commit.\n");
        foreach (var other in conflict.OtherSide)
        {
            text.Append($"\n- {Named(other)}");
        }

        if (conflict.Tried is { } tried)
        {
            text.Append($"\n\nThe configured way to resolve it did not help: {Markdown.Inline(tried)}");
        }

        foreach (var file in conflict.Files)
        {
            text.Append($"\n\n## {file.Path}\n\n{file.Kind}\n\n{Markdown.Fence(file.Excerpt, "text")}");
        }

        foreach (var other in conflict.OtherSide.Where(other => other.Change.Length > 0))
        {
            text.Append($"\n\n## What {Named(other)} did to them\n\n{Markdown.Fence(other.Change, "diff")}");
        }

        if (conflict.OwnChange.Length > 0)
        {
            text.Append($"\n\n## What this bead did to them\n\n{Markdown.Fence(conflict.OwnChange, "diff")}");
        }

        return text.Append('\n').ToString();
    }

    static string Named(OtherSide other) =>
        $"{other.Commit} {Markdown.Inline(other.Subject)}{(other.Bead is null ? "" : $" (bead {other.Bead})")}";

    static NewArtifact Document(string kind, string name, string text) => new(kind, name, Encoding.UTF8.GetBytes(text));
}
