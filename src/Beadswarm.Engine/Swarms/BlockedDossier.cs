using System.Text;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>A bead that is about to be blocked.</summary>
/// <param name="Feedback">What the next attempt would have been told.</param>
/// <param name="Last">The execution that decided it, as it is about to be recorded; null when it was a landing.</param>
sealed record BlockedBead(BeadId Bead, string Reason, AttemptFeedback? Feedback, StageFinish? Last);

/// <summary>Writes the dossier of a bead when it is blocked, from what the store and the tracker know.</summary>
static class BlockedDossier
{
    public const string Name = "dossier.md";

    public static async Task<NewArtifact> WriteAsync(
        IStoreReader store, CurrentBacklog backlog, IAgentHost agents, BlockedBead blocked,
        CancellationToken cancellationToken)
    {
        var work = await store.ReadBeadAsync(blocked.Bead, cancellationToken)
            ?? throw new InvalidOperationException($"bead '{blocked.Bead}' is blocked, but the store does not know it");
        var runs = await store.ReadHistoryAsync(blocked.Bead, null, Dossier.RunsMax, cancellationToken);
        var last = runs.Count > 0 ? runs[^1] : null;
        var log = last is null ? null : new AgentFiles(last.SessionFolder).Stdout;
        var dossier = new Dossier
        {
            Bead = await FindAsync(backlog, work, cancellationToken),
            State = "blocked",
            Reason = blocked.Reason,
            Attempt = work.Attempt,
            AttemptsAllowed = work.AttemptsAllowed,
            InfrastructureFailures = work.InfrastructureFailures,
            Runs = [.. runs.Select(run => Describe(run, blocked.Last))],
            LastFeedback = blocked.Feedback?.Text,
            LastOutput = Output(blocked.Feedback)
                ?? (log is null ? null : agents.ReadText(log, Dossier.OutputBytesMax)),
            LogPath = log,
            Workspace = last?.Workspace,
            Branch = last?.Branch,
            BaseCommit = work.BaseCommit,
            HeadCommit = blocked.Last?.HeadCommit ?? work.HeadCommit,
            LookAt = [$"beadswarm logs --bead {blocked.Bead}", $"beadswarm history --bead {blocked.Bead}"],
        };
        return new NewArtifact(ArtifactKind.Dossier, Name, Encoding.UTF8.GetBytes(dossier.ToMarkdown()));
    }

    static async Task<Bead> FindAsync(CurrentBacklog backlog, BeadWork work, CancellationToken cancellationToken)
    {
        try
        {
            var reading = await backlog.ReadAsync(cancellationToken);
            return reading.Graph.Find(work.Id) ?? Known(work);
        }
        catch (TrackerException)
        {
            // Reported by the tracker's own component; a dossier with less in it is better than none.
            return Known(work);
        }
    }

    static Bead Known(BeadWork work) => new() { Id = work.Id, Title = work.Title, Priority = work.Priority };

    // The deciding execution is still open in the store.
    static DossierRun Describe(StageRun run, StageFinish? last) => new(
        run.Stage, run.Attempt, run.Agent.Value, run.Id == last?.Run ? last.Status : run.Status,
        run.Id == last?.Run ? last.Summary : run.Summary, run.StartedAt, run.CompletedAt - run.StartedAt);

    static string? Output(AttemptFeedback? feedback) =>
        feedback?.Artifacts.FirstOrDefault(artifact => artifact.Kind == ArtifactKind.TestOutput) is { } output
            ? Encoding.UTF8.GetString(output.Content.Span)
            : null;
}
