using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;
using Beadswarm.Workspaces;

namespace Beadswarm.Planning;

/// <summary>What is to be planned, by whom, and what is known of the backlog.</summary>
/// <param name="ReadTemplate">The text of a file of the repository, or null where there is none.</param>
sealed record PlanRequest(
    Bead Bead, BeadGraph Graph, RunnerSpec Runner, LimitsConfig Limits, string Target,
    Func<string, string?> ReadTemplate, PlanMeter Meter);

/// <summary>What kept a planner from an answer.</summary>
enum PlanFailure
{
    /// <summary>It ended otherwise than well, or says that a person must decide first.</summary>
    NotPassed,
    Unauthorized,

    /// <summary>More is used than may be.</summary>
    OverBudget,
}

/// <summary>What came of planning.</summary>
abstract record PlanOutcome
{
    PlanOutcome() { }

    /// <summary>It was read and checked.</summary>
    /// <param name="Json">As the planner wrote it.</param>
    public sealed record Proposed(Proposal Proposal, string Json) : PlanOutcome;

    public sealed record Failed(string Reason, PlanFailure Failure = PlanFailure.NotPassed) : PlanOutcome;

    /// <summary>It answered, also when it was told what is wrong, with something that is no proposal.</summary>
    public sealed record Unusable(IReadOnlyList<string> Problems) : PlanOutcome;
}

/// <summary>
/// Runs one agent that plans one bead. It works in a clone of its own of the target branch, so that it disturbs neither
/// a running swarm nor the user's checkout, and nothing it does there is kept: its proposal is all that is taken.
/// </summary>
sealed class Planner(IAgentHost agents, UserRepository user, PlanPlace place, TimeProvider time)
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
            return new PlanOutcome.Failed(string.Join("; ", ((PromptParse.Invalid)template).Errors));
        }

        await MakeWorkspaceAsync(request.Target, cancellationToken);
        IReadOnlyList<string> problems = [];
        Conversation? conversation = null;
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            var launch = Launch(request, prompt, attempt, problems) with { Continues = conversation };
            var outcome = await RunAsync(launch, request.Meter, cancellationToken);
            if (outcome.End is not AgentEnd.Finished { Verdict: var verdict })
            {
                return new PlanOutcome.Failed(PlanFailureText.Describe(outcome.End), outcome.End switch
                {
                    AgentEnd.Unauthorized => PlanFailure.Unauthorized,
                    AgentEnd.BudgetExceeded => PlanFailure.OverBudget,
                    _ => PlanFailure.NotPassed,
                });
            }

            if (verdict is { Passed: false })
            {
                return new PlanOutcome.Failed($"the planner says: {verdict.Summary ?? "no reason"}");
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

    /// <summary>
    /// One answer. What was used for the last one here is recorded by now: its files make room for this one's, so that
    /// nothing of it can be read as used again.
    /// </summary>
    async Task<AgentOutcome> RunAsync(AgentLaunch launch, PlanMeter meter, CancellationToken cancellationToken)
    {
        var use = new PlanUse(
            Guid.CreateVersion7(time.GetUtcNow()).ToString(), launch.Bead, launch.Attempt, launch.Runner.Name,
            UsageReport.Unknown);
        if (await meter.MayBegin(use, cancellationToken) is { } refused)
        {
            return new AgentOutcome(refused, LeakReport.Nothing);
        }

        FolderTree.Delete(launch.SessionFolder);
        new OpenPlan(use.Session, use.Bead.Value, use.Attempt, use.Runner).Write(launch.SessionFolder);
        var session = await agents.StartAsync(launch, cancellationToken);
        var watch = new PlanWatch((usage, token) => meter.MayGoOn(use with { Usage = usage }, token), time);
        AgentOutcome outcome;
        try
        {
            outcome = await session.WaitAsync(watch.Look, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await session.TerminateAsync("the planning was interrupted", CancellationToken.None);
            await watch.EndAsync();
            await EndAsync(await session.WaitAsync(CancellationToken.None));
            throw;
        }

        await watch.EndAsync();
        await EndAsync(outcome);
        return outcome;

        async Task EndAsync(AgentOutcome ended)
        {
            // One that could not be started has used nothing.
            if (ended.Runner is null
                || await meter.Record(use with { Usage = ended.Usage }, CancellationToken.None))
            {
                OpenPlan.Remove(launch.SessionFolder);
            }
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
        FolderTree.Delete(place.Workspace);
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
