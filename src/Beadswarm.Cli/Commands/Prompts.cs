using System.CommandLine;
using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Renders what an agent session is told that takes part by verbs; or the prompts of stages as the swarm's own agents
/// get them, with the places for a bead filled in by examples.
/// </summary>
static class PromptsCommand
{
    const int AgentsMax = 1000;

    static readonly Bead Example = new()
    {
        Id = BeadId.Parse("example-1"),
        Title = "The title of the bead",
        Description = "The description of the bead, as the tracker has it.",
        AcceptanceCriteria = "When it is done.",
        Priority = 1,
    };

    public static Command Create(CliHost host)
    {
        var agents = BeadOptions.Count("--agents", ["-n"], "Render for the agents 1 to N", 1);
        var first = BeadOptions.Count("--first", [], "Number of the first agent", 1);
        var stage = new Option<string?>("--stage")
        {
            Description = "The prompt of this stage instead, or of all: what the swarm tells its own agents",
            HelpName = "STAGE|all",
        };
        var command = new Command("prompts", "Print prompts by which any agent session takes part, one for each agent")
        {
            agents,
            first,
            stage,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            var repository = call.RepositoryPath;
            var config = Settings.Load(await Settings.ReadAsync(repository, host, [], cancellationToken)).Config;
            var numbers = Enumerable.Range(call.Get(first), Math.Min(call.Get(agents), AgentsMax));
            if (call.Get(stage) is not { } asked)
            {
                foreach (var number in numbers)
                {
                    var text = RenderExternal(config, number, repository);
                    call.Print(call.Json
                        ? JsonLine.Object(json =>
                        {
                            json.WriteNumber("agent", number);
                            json.WriteString("prompt", PromptLibrary.External);
                            json.WriteString("text", text);
                        }) + "\n"
                        : $"=== agent {number}\n\n{text.TrimEnd('\n')}\n\n");
                }

                return ExitCodes.Ok;
            }

            var wanted = Stages(config, asked == "all" ? null : asked);
            foreach (var number in numbers)
            {
                foreach (var spec in wanted)
                {
                    var text = Render(config, spec, number, repository);
                    call.Print(call.Json
                        ? Json(number, spec, text) + "\n"
                        : $"=== agent {number}, stage {spec.Name} ({spec.Prompt})\n\n{text.TrimEnd('\n')}\n\n");
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Reads files of the repository for templates; a file that is not there is null.</summary>
    public static Func<string, string?> ReaderOf(string repository) => relative =>
    {
        var path = Path.Combine(repository, relative);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    };

    static IReadOnlyList<StageSpec> Stages(SwarmConfig config, string? only)
    {
        var known = config.Pipeline.Stages.Where(spec => spec.Prompt is not null).ToArray();
        if (only is null)
        {
            return known;
        }

        var names = known.Select(spec => spec.Name.Value).ToArray();
        return known.Where(spec => spec.Name.Value == only).ToArray() is { Length: > 0 } found
            ? found
            : throw new UserError(
                $"there is no stage '{only}' with a prompt",
                $"the stages are {string.Join(", ", names)}", ExitCodes.NotFound);
    }

    static string Render(SwarmConfig config, StageSpec spec, int agent, string repository) =>
        PromptLibrary.Find(spec.Prompt!, ReaderOf(repository)) switch // only stages with a prompt get here
        {
            PromptParse.Parsed parsed => parsed.Template.Render(new PromptValues
            {
                Agent = agent,
                Bead = Example,
                Stage = spec.Name,
                Attempt = 1,
                Attempts = config.Pipeline.MaxAttempts,
                Role = config.Pools.FirstOrDefault(pool => pool.Stages.Contains(spec.Name))?.Role ?? "worker",
                Gates = [.. spec.Gates.Where(config.Gates.ContainsKey)
                    .Select(name => new PromptGate(name, config.Gates[name].Run))],
                Base = "BASE-COMMIT",
                Branch = string.Create(CultureInfo.InvariantCulture, $"agent-{agent}/{Example.Id}"),
                Target = config.Landing.Target,
                Workspace = Path.Combine(repository, ".beadswarm", "workspaces", $"{agent}"),
            }),
            PromptParse.Invalid invalid => throw new UserError(
                $"the prompt of stage {spec.Name} cannot be used: {string.Join("; ", invalid.Errors)}",
                "correct the template", ExitCodes.ConfigInvalid),
        };

    static string RenderExternal(SwarmConfig config, int agent, string repository) =>
        PromptLibrary.Find(PromptLibrary.External, ReaderOf(repository)) switch
        {
            PromptParse.Parsed parsed => parsed.Template.Render(new PromptValues
            {
                Agent = agent,
                Bead = Example,
                Stage = config.Pipeline.Stages[0].Name,
                Attempt = 1,
                Attempts = config.Pipeline.MaxAttempts,
                Gates = [.. config.Gates.Values.Select(gate => new PromptGate(gate.Name, gate.Run))],
                Target = config.Landing.Target,
                Workspace = repository,
            }),
            PromptParse.Invalid invalid => throw new UserError(
                $"the prompt of external agents cannot be used: {string.Join("; ", invalid.Errors)}",
                $"correct {PromptLibrary.OverrideFolder}/{PromptLibrary.External}.md", ExitCodes.ConfigInvalid),
        };

    static string Json(int agent, StageSpec spec, string text) => JsonLine.Object(json =>
    {
        json.WriteNumber("agent", agent);
        json.WriteString("stage", spec.Name.Value);
        json.WriteString("prompt", spec.Prompt);
        json.WriteString("text", text);
    });
}
