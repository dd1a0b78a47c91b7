using System.Globalization;
using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>The documents that stages leave for each other.</summary>
static class StageDocuments
{
    /// <summary>Executions of one bead that are looked at; more than its attempts and retries can amount to.</summary>
    public const int HistoryMax = 1000;

    /// <summary>What the next attempt is told; the newest counts.</summary>
    public const string FeedbackName = "feedback.md";

    /// <summary>What an unfinished execution leaves; one name for each attempt of a stage.</summary>
    public static string HandoffName(StageName stage, int attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"handoff-{stage}-{attempt}.md");

    /// <summary>Whether a stage is given it: feedback and handoffs are for those they were written for.</summary>
    public static bool Concerns(string name, StageName stage, int attempt) =>
        name == FeedbackName ? attempt > 1
        : !name.StartsWith("handoff-", StringComparison.Ordinal) || name == HandoffName(stage, attempt);

    const int DocumentBytesMax = 256 * 1024;

    /// <summary>The document the stage was asked for, and the verdict as the agent wrote it.</summary>
    public static IReadOnlyList<NewArtifact> Collect(
        IAgentHost agents, StageSpec stage, string sessionFolder)
    {
        var files = new AgentFiles(sessionFolder);
        var documents = new List<NewArtifact>();
        if (stage.Artifact is { } name)
        {
            Add(ArtifactKind.OfFile(name), name, Path.Combine(files.Context, name));
        }

        Add(ArtifactKind.Verdict, $"{stage.Name}-verdict.json", files.Result);
        return documents;

        void Add(string kind, string name, string path)
        {
            if (agents.ReadText(path, DocumentBytesMax) is { Length: > 0 } text)
            {
                documents.Add(new NewArtifact(kind, name, System.Text.Encoding.UTF8.GetBytes(text)));
            }
        }
    }
}
