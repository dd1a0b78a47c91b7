using System.Text;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;
using Beadswarm.Sandboxes;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Puts together what an agent is told: the prompt, the bead, and what earlier stages and attempts left.
/// </summary>
sealed class StageBriefing(SwarmParts parts, AgentSlot slot)
{
    /// <summary>Whether an agent can be told what to do.</summary>
    public abstract record Outcome
    {
        Outcome() { }

        public sealed record Ready(AgentLaunch Launch) : Outcome;

        public sealed record Unready(string Reason) : Outcome;

        /// <summary>Its runner takes no work any more.</summary>
        public sealed record Held(DateTimeOffset Until) : Outcome;
    }

    /// <param name="name">Of the runner.</param>
    public async Task<Outcome> WriteAsync(
        Claim claim, StageSpec stage, StageStart start, Workspace workspace, string name,
        CancellationToken cancellationToken)
    {
        var backlog = await parts.Backlog.ReadAsync(cancellationToken);
        if (backlog.Graph.Find(claim.Bead) is not { } bead)
        {
            return new Outcome.Unready($"{claim.Bead} is not in the tracker any more");
        }

        if (parts.Turns.HeldUntil(name, parts.Time.GetUtcNow()) is { } until)
        {
            return new Outcome.Held(until);
        }

        var runner = name == RunnerSpec.External.Name ? RunnerSpec.External : parts.Config.Runners[name];
        var template = PromptLibrary.Find(stage.Prompt ?? stage.Name.Value, parts.ReadTemplate);
        if (template is PromptParse.Invalid invalid)
        {
            return new Outcome.Unready(string.Join("; ", invalid.Errors));
        }

        var foreseen = ForeseenWarning.Of(parts.Foreseen.Of(claim.Bead, claim.HeadCommit));
        var context = await ContextAsync(claim, cancellationToken);
        if (foreseen is not null)
        {
            context = [.. context, new ContextFile(ForeseenWarning.Name, foreseen.Document)];
        }

        // Only a later attempt has anything to do with what has landed since.
        var target = claim.Attempt > 1 ? (await parts.LandsOn.TipAsync(cancellationToken)).Value : start.BaseCommit;
        string? Document(string name) => context.FirstOrDefault(file => file.Name == name)?.Content;
        var prompt = ((PromptParse.Parsed)template).Template.Render(new PromptValues
        {
            Agent = slot.Number.Value,
            Role = slot.Role,
            Bead = bead,
            Stage = stage.Name,
            Attempt = claim.Attempt,
            Attempts = claim.AttemptsAllowed,
            Feedback = Document(StageDocuments.FeedbackName),
            Plan = Document("plan.md"),
            Contract = Document("contract.md"),
            Gates = [.. stage.Gates.Select(name => new PromptGate(name, parts.Config.Gates[name].Run))],
            Base = start.BaseCommit,
            Branch = workspace.Branch.Value,
            Target = target,
            Workspace = workspace.Path,
        });
        prompt = foreseen is null ? prompt : $"{prompt.TrimEnd()}\n\n{foreseen.Paragraph}\n";
        var limits = parts.Config.Limits;
        return new Outcome.Ready(new AgentLaunch
        {
            Agent = slot.Number,
            Bead = claim.Bead,
            Stage = stage.Name,
            Attempt = claim.Attempt,
            Workspace = workspace.Path,
            SessionFolder = start.SessionFolder,
            Prompt = Document(StageDocuments.HandoffName(claim.Stage, claim.Attempt)) is { } handoff
                ? $"{prompt.TrimEnd()}\n\n{handoff}"
                : prompt,
            BeadJson = BeadJson.Describe(bead),
            Context = context,
            Runner = runner,
            VerdictRequired = stage.VerdictRequired,
            Ground = Ground(workspace),
            Continues = await ConversationAsync(claim, stage, runner, workspace.Path, cancellationToken),
            Limits = new AgentLimits(
                stage.Timeout ?? limits.StageTimeout, limits.IdleTimeout, limits.Grace, limits.LogBytesMax,
                limits.AgentMemoryBytesMax),
            Tag = "",
        });
    }

    SandboxGround Ground(Workspace workspace) => parts.Workspaces.GroundOf(workspace) is { } ground
        ? new SandboxGround(
            [.. ground.Private, parts.Paths.Folder], [ground.Hub, .. ground.Fixed, .. ground.Borrowed], ground.Writable)
        : new SandboxGround([], [], []);

    /// <summary>What was said before about this stage, where the runner's program keeps that.</summary>
    async Task<Conversation?> ConversationAsync(
        Claim claim, StageSpec stage, RunnerSpec runner, string workspace, CancellationToken cancellationToken)
    {
        if (RunnerDetection.OfKind(runner.Kind) is null)
        {
            return null;
        }

        var history = await parts.Store.ReadHistoryAsync(
            claim.Bead, null, StageDocuments.HistoryMax, cancellationToken);
        var earlier = history.LastOrDefault(run => run.Stage == claim.Stage && run.CompletedAt is not null);
        return earlier is not null && parts.Agents.Recall(earlier.SessionFolder) is { } session
            ? ConversationRules.Continue(
                stage, claim.Attempt, runner.Name, workspace,
                new EarlierTalk(session.Runner, earlier.Attempt, earlier.Workspace, session.End, session.Usage))
            : null;
    }

    /// <summary>The newest document of each name that concerns the stage.</summary>
    async Task<IReadOnlyList<ContextFile>> ContextAsync(Claim claim, CancellationToken cancellationToken)
    {
        var artifacts = await parts.Store.ReadArtifactsAsync(claim.Bead, cancellationToken);
        return
        [
            .. artifacts.GroupBy(artifact => artifact.Name)
                .Where(group => StageDocuments.Concerns(group.Key, claim.Stage, claim.Attempt))
                .Select(group => group.MaxBy(artifact => artifact.Id)!)
                .Select(artifact => new ContextFile(artifact.Name, Encoding.UTF8.GetString(artifact.Content.Span))),
        ];
    }
}
