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
