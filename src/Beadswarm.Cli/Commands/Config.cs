using System.CommandLine;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;

namespace Beadswarm.Cli.Commands;

/// <summary>Shows, checks and describes the configuration.</summary>
static class ConfigCommand
{
    public static Command Create(CliHost host) => new("config", "Show, check or describe the configuration")
    {
        Show(host),
        Validate(host),
        Schema(host),
    };

    static Command Show(CliHost host)
    {
        var command = new Command("show", "List every value in effect and where it comes from");
        command.Does(host, async (call, cancellationToken) =>
        {
            var sources = await Settings.ReadAsync(call.RepositoryPath, host, [], cancellationToken);
            var result = ConfigLoader.Load(sources);
            if (call.Json)
            {
                call.Print(string.Concat(result.Values.Select(value => JsonLine.Object(json =>
                {
                    json.WriteString("path", value.Path);
                    json.WriteString("value", value.Value);
                    json.WriteString("origin", value.Origin);
                }) + "\n")));
            }
            else
            {
                var table = new TextTable("key", new TextColumn("value", Flexible: true), "from");
                foreach (var value in result.Values)
                {
                    table.Add(value.Path, value.Value, value.Origin);
                }

                call.Print(table.Format(host.Width));
            }

            // The values that could be read are shown first: they are what helps to find the mistake.
            _ = Settings.Load(sources);
            return ExitCodes.Ok;
        });
        return command;
    }

    static Command Validate(CliHost host)
    {
        var command = new Command("validate", "Name every mistake in the configuration and its prompts");
        command.Does(host, async (call, cancellationToken) =>
        {
            var repository = call.RepositoryPath;
            var sources = await Settings.ReadAsync(repository, host, [], cancellationToken);
            var (errors, notes) = ConfigLoader.Load(sources) switch
            {
                ConfigResult.Loaded loaded => (PromptErrors(loaded.Config, repository), loaded.RunProblems),
                ConfigResult.Refused refused => (refused.Errors, []),
            };
            foreach (var error in errors.Select(error => (Error: error, Severity: "error"))
                .Concat(notes.Select(note => (Error: note, Severity: "run"))))
            {
                call.PrintLine(call.Json ? Json(error.Error, error.Severity) : Settings.Say(error.Error));
            }

            if (!call.Json && errors.Count == 0)
            {
                call.PrintLine(notes.Count == 0
                    ? "the configuration is valid"
                    : "the configuration is valid, but no agent can be started until this is put right");
            }

            return errors.Count == 0 ? ExitCodes.Ok : ExitCodes.ProblemsFound;
        });
        return command;
    }

    static IReadOnlyList<ConfigError> PromptErrors(SwarmConfig config, string repository) =>
    [
        .. from stage in config.Pipeline.Stages
           where stage.Prompt is not null // so that it can be looked for
           let parsed = PromptLibrary.Find(stage.Prompt!, PromptsCommand.ReaderOf(repository))
           where parsed is PromptParse.Invalid
           from error in ((PromptParse.Invalid)parsed).Errors
           select new ConfigError(error, $"pipeline.stages.{stage.Name}", "the prompt cannot be used"),
    ];

    static Command Schema(CliHost host)
    {
        var command = new Command("schema", "Print the JSON Schema of .beadswarm/swarm.yaml");
        command.Does(host, (call, _) =>
        {
            call.PrintLine(ConfigSchema.Json().TrimEnd('\n'));
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    static string Json(ConfigError error, string severity) => JsonLine.Object(json =>
    {
        json.WriteString("severity", severity);
        json.WriteString("origin", error.Origin);
        json.WriteString("path", error.Path);
        json.WriteString("message", error.Message);
    });
}
