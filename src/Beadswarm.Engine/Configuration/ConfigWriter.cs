using System.Globalization;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>
/// Writes the commented file of <c>init</c>: what was found stands there as values, everything else as comments with
/// its default. Reading it back gives the same configuration as having no file.
/// </summary>
static class ConfigWriter
{
    const int ColumnsMax = 110;

    public static string Text(Detected detected)
    {
        var text = new StringBuilder("""
            # How this repository is worked by a swarm. Everything here has a default; what is commented out shows it.
            # All keys: beadswarm config schema, or docs/reference/config.md. Check this file: beadswarm config validate


            """);
        foreach (var key in ConfigKeys.All.Where(key => !key.Path.Contains('.')))
        {
            AppendComment(text, key.Doc, "");
            AppendKey(text, key, value: null, indent: "");
        }

        foreach (var (name, doc) in ConfigKeys.Sections)
        {
            text.Append('\n');
            AppendComment(text, doc, "");
            AppendSection(text, name, detected);
        }

        return text.ToString();
    }

    static void AppendSection(StringBuilder text, string name, Detected detected)
    {
        switch (name)
        {
            case "pools":
                text.Append("# pools:\n#   - { role: worker, agents: 12, runner: mine }\n");
                break;
            case "runners":
                AppendRunners(text, detected.Runners);
                break;
            case "gates":
                AppendGates(text, detected.Gates);
                break;
            default:
                AppendPlain(text, name, detected);
                break;
        }
    }

    static void AppendPlain(StringBuilder text, string name, Detected detected)
    {
        var keys = ConfigKeys.All.Where(key => key.Path.StartsWith(name + ".", StringComparison.Ordinal)
            && !key.Path.Contains('[') && key.Path.IndexOf('.', name.Length + 1) < 0).ToArray();
        var values = keys.Select(key => Found(key.Path, detected)).ToArray();

        // A section whose keys are all comments would be null; it is commented out as a whole.
        text.Append(values.Any(value => value is not null) ? $"{name}:\n" : $"# {name}:\n");
        for (var i = 0; i < keys.Length; i++)
        {
            AppendComment(text, keys[i].Doc, "  ");
            AppendKey(text, keys[i], values[i], "  ");
        }

        if (name == "landing")
        {
            text.Append("  # With mode pull-request:\n  # pullRequest:\n");
            text.Append("  #   repository: owner/name\n  #   labels: []\n  #   requireReview: false\n");
        }

        if (name == "pipeline")
        {
            text.Append("  # Instead of a preset, stages of one's own:\n  # stages:\n");
            text.Append("  #   - { name: contract, prompt: contract, artifact: contract.md }\n");
            text.Append("  #   - { name: implement, prompt: implement, progressRequired: true }\n");
            text.Append("  #   - { name: review, prompt: reviewer, verdictRequired: true }\n");
        }
    }

    /// <summary>What stands in the file as a value because it was found; null for the rest.</summary>
    static string? Found(string path, Detected detected) => path switch
    {
        "tracker.dialect" => detected.Dialect is { } dialect ? Word(dialect) : null,
        "landing.target" => ConfigText.Quote(detected.TargetBranch),
        "landing.remote" => detected.Remote is { } remote ? ConfigText.Quote(remote) : "null",
        _ => null,
    };

    static string Word(TrackerDialect dialect) => dialect switch
    {
        TrackerDialect.Bd => "bd",
        TrackerDialect.BdClassic => "bd-classic",
        TrackerDialect.Br => "br",
    };

    static void AppendKey(StringBuilder text, ConfigKey key, string? value, string indent)
    {
        var name = key.Path[(key.Path.LastIndexOf('.') + 1)..];
        text.Append(value is null
            ? $"{indent}# {name}: {key.Default ?? Example(key)}\n"
            : $"{indent}{name}: {value}\n");
    }

    static string Example(ConfigKey key) => key.Path switch
    {
        "agents" => "12",
        "runner" => "mine",
        "select.epic" => "bd-12",
        "select.limit" or "select.target" => "25",
        "pipeline.retryFrom" => "implement",
        "landing.gates" => "[build, test]",
        "landing.tests" => "2",
        "limits.gatesMax" => "2",
        "limits.agentMemoryGb" => "8",
        "limits.memoryFreeGbMin" => "1",
        _ => "null",
    };

    static void AppendRunners(StringBuilder text, IReadOnlyList<FoundRunner> found)
    {
        foreach (var runner in found)
        {
            AppendComment(text, $"Found on PATH: {runner.Name}. It needs nothing to be written here.", "");
        }

        if (found is [var example, ..])
        {
            text.Append(
                CultureInfo.InvariantCulture, $"# runners:\n#   {example.Name}:\n#     kind: {example.Kind}\n");
            text.Append("#     model: null\n#     effort: null\n#     permission: full\n#     extraArguments: []\n");
        }
        else
        {
            text.Append("# runners:\n#   mine:\n#     kind: command\n");
            text.Append("#     command: [my-agent, \"--prompt-from-stdin\"]\n");
        }

        text.Append("#     environment: {}\n#     passEnvironment: []\n");
    }

    static void AppendGates(StringBuilder text, IReadOnlyList<DetectedGate> gates)
    {
        if (gates.Count == 0)
        {
            text.Append("# None was found. Without a gate nothing proves that a change works.\n");
            text.Append("# gates:\n#   test: { run: ./test, timeout: 10m }\n");
            return;
        }

        text.Append("gates:\n");
        foreach (var (gate, reason) in gates)
        {
            AppendComment(text, $"Found: {reason}.", "  ");
            text.Append(CultureInfo.InvariantCulture,
                $"  {ConfigText.Quote(gate.Name)}:\n    run: {ConfigText.Quote(gate.Run)}\n");
            text.Append(CultureInfo.InvariantCulture, $"    timeout: {ConfigText.Format(gate.Timeout)}\n");
            AppendOptional("countPattern", gate.CountPattern);
            AppendOptional("cleanup", gate.Cleanup);
            text.Append(gate.BeforeCommit ? "    beforeCommit: true\n" : "");
            text.Append(gate.Cached ? "" : "    cached: false\n");
        }

        void AppendOptional(string name, string? value)
        {
            if (value is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {name}: {ConfigText.Quote(value)}\n");
            }
        }
    }

    static void AppendComment(StringBuilder text, string comment, string indent)
    {
        var line = new StringBuilder();
        // Names of files stand in it, and what YAML takes for the end of a line would end the comment.
        var words = string.Concat(comment.Select(c => Markdown.EndsLine(c) ? ' ' : c));
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && indent.Length + 2 + line.Length + 1 + word.Length > ColumnsMax)
            {
                text.Append(CultureInfo.InvariantCulture, $"{indent}# {line}\n");
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        text.Append(CultureInfo.InvariantCulture, $"{indent}# {line}\n");
    }
}
