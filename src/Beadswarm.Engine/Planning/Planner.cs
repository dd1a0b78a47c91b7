using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Sandboxes;
using Beadswarm.Workspaces;

namespace Beadswarm.Planning;

/// <summary>What is to be planned, by whom, and what is known of the backlog.</summary>
/// <param name="ReadTemplate">The text of a file of the repository, or null where there is none.</param>
sealed record PlanRequest(
    Bead Bead, BeadGraph Graph, RunnerSpec Runner, LimitsConfig Limits, string Target,
    Func<string, string?> ReadTemplate);

/// <summary>What came of planning.</summary>
abstract record PlanOutcome
{
    PlanOutcome() { }

    /// <summary>It was read and checked.</summary>
    /// <param name="Json">As the planner wrote it.</param>
    public sealed record Proposed(Proposal Proposal, string Json) : PlanOutcome;

    /// <summary>The planner ended otherwise than well, or says that a person must decide first.</summary>
    public sealed record Failed(string Reason, bool Unauthorized) : PlanOutcome;

    /// <summary>It answered, also when it was told what is wrong, with something that is no proposal.</summary>
    public sealed record Unusable(IReadOnlyList<string> Problems) : PlanOutcome;
}

/// <summary>
/// Runs one agent that plans one bead. It works in a clone of its own of the target branch, so that it disturbs neither
/// a running swarm nor the user's checkout, and nothing it does there is kept: its proposal is all that is taken.
/// </summary>
sealed class Planner(IAgentHost agents, UserRepository user, PlanPlace place)
{
    public const string ProposalName = "proposal.json";

    const string BacklogName = "backlog.md";
    const string SchemaName = "proposal.schema.json";

    /// <summary>The second time it is told what was wrong with the first.</summary>
    const int AttemptsMax = 2;

    const int BacklogBeadsMax = 500;

    public async Task<PlanOutcome> RunAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        var template = PromptLibrary.Find(PromptLibrary.Proposal, request.ReadTemplate);
        if (template is not PromptParse.Parsed { Template: var prompt })
        {
            return new PlanOutcome.Failed(string.Join("; ", ((PromptParse.Invalid)template).Errors), false);
        }

        // One whose planning was killed may live on, and write where this one is about to.
        await agents.ClearAsync(place.Tag, cancellationToken);
        await MakeWorkspaceAsync(request.Target, cancellationToken);
        IReadOnlyList<string> problems = [];
        Conversation? conversation = null;
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            var launch = Launch(request, prompt, attempt, problems) with { Continues = conversation };
            var outcome = await RunAsync(launch, cancellationToken);
            if (outcome.End is not AgentEnd.Finished { Verdict: var verdict })
            {
                return new PlanOutcome.Failed(
                    PlanFailureText.Describe(outcome.End), outcome.End is AgentEnd.Unauthorized);
            }

            if (verdict is { Passed: false })
            {
                return new PlanOutcome.Failed($"the planner says: {verdict.Summary ?? "no reason"}", false);
            }

            switch (Read(launch, request))
            {
                case (ProposalReading.Usable usable, var json):
                    return new PlanOutcome.Proposed(usable.Proposal, json);
                case (ProposalReading.Unusable unusable, _):
                    (problems, conversation) = (unusable.Problems, outcome.Usage.Conversation);
                    break;
            }
        }

        return new PlanOutcome.Unusable(problems);
    }

    /// <summary>What was left, read and checked against the backlog.</summary>
    public static ProposalReading Check(string json, Bead planned, BeadGraph graph) =>
        ProposalReader.Read(json) is var reading && reading is ProposalReading.Usable { Proposal: var proposal }
            && ProposalRules.Problems(proposal, planned, graph) is { Count: > 0 } problems
            ? new ProposalReading.Unusable(problems)
            : reading;

    (ProposalReading Reading, string Json) Read(AgentLaunch launch, PlanRequest request)
    {
        var path = Path.Combine(new AgentFiles(launch.SessionFolder).Context, ProposalName);
        var json = agents.ReadText(path, ProposalReader.BytesMax + 1);
        return json.Length == 0
            ? (new ProposalReading.Unusable([$"there is no $BEADSWARM_CONTEXT/{ProposalName}"]), "")
            : json.Length > ProposalReader.BytesMax
            ? (new ProposalReading.Unusable([$"it is larger than {ProposalReader.BytesMax} bytes"]), "")
            : (Check(json, request.Bead, request.Graph), json);
    }

    async Task<AgentOutcome> RunAsync(AgentLaunch launch, CancellationToken cancellationToken)
    {
        var session = await agents.StartAsync(launch, cancellationToken);
        try
        {
            return await session.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await session.TerminateAsync("the planning was interrupted", CancellationToken.None);
            await session.WaitAsync(CancellationToken.None);
            throw;
        }
    }

    AgentLaunch Launch(
        PlanRequest request, PromptTemplate prompt, int attempt, IReadOnlyList<string> problems) => new()
        {
            Agent = new AgentNumber(1),
            Bead = request.Bead.Id,
            Stage = new StageName(PromptLibrary.Proposal),
            Attempt = attempt,
            Workspace = place.Workspace,
            SessionFolder = place.Session(attempt),
            Prompt = prompt.Render(new PromptValues
            {
                Agent = 1,
                Role = "planner",
                Bead = request.Bead,
                Stage = new StageName(PromptLibrary.Proposal),
                Attempt = attempt,
                Attempts = AttemptsMax,
                Feedback = problems.Count == 0 ? null : string.Join('\n', problems.Select(problem => $"- {problem}")),
                Target = request.Target,
                Workspace = place.Workspace,
            }),
            BeadJson = BeadJson.Describe(request.Bead),
            Context =
            [
                new ContextFile(BacklogName, Backlog(request)), new ContextFile(SchemaName, ProposalReader.Schema),
            ],
            Runner = request.Runner,
            Limits = new AgentLimits(
            request.Limits.StageTimeout, request.Limits.IdleTimeout, request.Limits.Grace, request.Limits.LogBytesMax,
            request.Limits.AgentMemoryBytesMax),
            Ground = new SandboxGround([user.SwarmFolder], [], []),
            Tag = place.Tag,
        };

    /// <summary>What there is to depend on, and what must not be proposed again.</summary>
    static string Backlog(PlanRequest request)
    {
        var open = request.Graph.Beads.Where(bead => bead.Unfinished).ToArray();
        var lines = open.Take(BacklogBeadsMax).Select(bead => $"- {bead.Id} ({bead.Type}, {bead.Status}): "
            + PipelineRules.OneLine(bead.Title));
        return "# Unfinished beads\n\n" + string.Join('\n', lines)
            + (open.Length > BacklogBeadsMax ? $"\n\nand {open.Length - BacklogBeadsMax} more\n" : "\n");
    }

    /// <summary>A clone shares neither refs, configuration nor hooks with anybody, and can push nowhere.</summary>
    async Task MakeWorkspaceAsync(string target, CancellationToken cancellationToken)
    {
        if (Directory.Exists(place.Workspace))
        {
            FolderTree.MakeWritable(place.Workspace);
            Directory.Delete(place.Workspace, recursive: true);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(place.Workspace)!); // It has a parent: our own folder.
        var git = user.Repository with { Scope = GitScope.Own };
        await git.RunAsync(
            GitCall.Of(
                "clone", "--quiet", "--local", "--no-tags", "--single-branch", "--branch", target, "--",
                user.CommonDirectory, place.Workspace),
            cancellationToken);
        await (git with { Directory = place.Workspace }).RunAsync(
            GitCall.Of("remote", "remove", "origin"), cancellationToken);
    }
}
