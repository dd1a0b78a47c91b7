using System.CommandLine;

namespace Beadswarm.Cli;

/// <summary>How the output is written: for people, or for programs.</summary>
enum OutputFormat
{
    Text,
    Json,
}

/// <summary>The options that every verb understands.</summary>
static class GlobalOptions
{
    public static readonly Option<OutputFormat> Format = CreateFormat();

    public static readonly Option<string?> Repo = new("--repo", "-C")
    {
        Description = "Work on the repository that contains this folder, instead of the current one",
        HelpName = "PATH",
        Recursive = true,
    };

    public static readonly Option<string?> Store = new("--store")
    {
        Description = "Keep the swarm's state there: sqlite, or postgres://user@host/database",
        HelpName = "URL",
        Recursive = true,
    };

    static Option<OutputFormat> CreateFormat()
    {
        var option = new Option<OutputFormat>("--format")
        {
            Description = "Write for people (text) or for programs (json)",
            HelpName = "text|json",
            Recursive = true,
            CustomParser = result =>
            {
                switch (result.Tokens[0].Value)
                {
                    case "text":
                        return OutputFormat.Text;
                    case "json":
                        return OutputFormat.Json;
                    case var other:
                        result.AddError($"--format is '{other}'; it can be text or json");
                        return OutputFormat.Text;
                }
            },
        };
        option.CompletionSources.Add("text", "json");
        return option;
    }
}
