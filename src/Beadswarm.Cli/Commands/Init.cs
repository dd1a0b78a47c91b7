using System.Text;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Cli.Commands;

/// <summary>Looks at a repository and writes the commented configuration that fits it.</summary>
static class InitCommand
{
    public static System.CommandLine.Command Create(CliHost host)
    {
        var force = new System.CommandLine.Option<bool>("--force") { Description = "Replace a file that is there" };
        var dryRun = new System.CommandLine.Option<bool>("--dry-run")
        {
            Description = "Print the file instead of writing it",
        };
        var command = new System.CommandLine.Command(
            "init", "Detect tracker, gates and agent CLIs, and write .beadswarm/swarm.yaml")
        {
            force,
            dryRun,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            var paths = new SwarmPaths(call.RepositoryPath);
            var sources = await Settings.ReadAsync(paths.Repository, host, [], cancellationToken);
            var text = ConfigWriter.Text(sources.Detected);
            if (call.Get(dryRun) && !call.Json)
            {
                call.Print(text);
                return ExitCodes.Ok;
            }

            var write = !call.Get(dryRun);
            if (write)
            {
                await WriteAsync(paths, text, call.Get(force), host, cancellationToken);
            }

            var runners = await CliVersions.AskAsync(
                sources.Detected.Runners, host, CliVersions.WaitMax, cancellationToken);
            var found = new Found(sources.Detected, Tracker(paths.Repository), runners);
            call.Print(call.Json ? FormatJson(paths, found, write, text) : FormatText(paths, found, host));
            return ExitCodes.Ok;
        });
        return command;
    }

    static async Task WriteAsync(
        SwarmPaths paths, string text, bool force, CliHost host, CancellationToken cancellationToken)
    {
        if (File.Exists(paths.Config) && !force)
        {
            throw new UserError(
                $"'{paths.Config}' is there already", "edit it, or write it anew with --force", ExitCodes.Usage);
        }

        var git = new GitRunner(GitSettings.From(host.Environment, host.Time));
        var user = await UserRepository.OpenAsync(git, paths.Repository, cancellationToken);
        Directory.CreateDirectory(paths.Folder);
        user.Ignore(paths.Folder);
        var temporary = paths.Config + ".tmp";
        await File.WriteAllTextAsync(temporary, text, cancellationToken);
        File.Move(temporary, paths.Config, overwrite: true);
    }

    static string Tracker(string repository)
    {
        try
        {
            var location = TrackerLocation.Find(repository);
            return $"{Path.GetRelativePath(repository, location.File)}, as {location.Dialect} does "
                + $"because {location.DialectReason}";
        }
        catch (TrackerException error)
        {
            return error.Message;
        }
    }

    static string FormatText(SwarmPaths paths, Found found, CliHost host)
    {
        var table = new TextTable("what", new TextColumn("found", Flexible: true));
        table.Add("tracker", found.Tracker);
        table.Add("target branch", found.Detected.TargetBranch);
        table.Add("remote", found.Detected.Remote ?? "none: lands in this repository");
        foreach (var gate in found.Detected.Gates)
        {
            table.Add($"gate {gate.Gate.Name}", $"{gate.Gate.Run}  ({gate.Reason})");
        }

        foreach (var cli in found.Runners)
        {
            table.Add($"agent CLI {cli.Runner.Name}", cli.Words);
        }

        var missing = new StringBuilder();
        missing.Append(found.Detected.Gates.Count > 0 ? ""
            : "no gate was found: without one nothing is checked before it lands; add one under 'gates'\n");
        missing.Append(found.Runners.Count > 0 ? ""
            : "no agent CLI was found on PATH: name one under 'runners', or try 'beadswarm demo'\n");
        return $"{table.Format(host.Width)}\nwrote {paths.Config}\n{missing}"
            + "next: beadswarm doctor, then beadswarm run\n";
    }

    static string FormatJson(SwarmPaths paths, Found found, bool written, string text) => JsonLine.Object(json =>
    {
        json.WriteString("type", "init");
        json.WriteString("path", paths.Config);
        json.WriteBoolean("written", written);
        json.WriteString("tracker", found.Tracker);
        json.WriteString("targetBranch", found.Detected.TargetBranch);
        json.WriteString("remote", found.Detected.Remote);
        json.WriteStartArray("gates");
        foreach (var gate in found.Detected.Gates)
        {
            json.WriteStartObject();
            json.WriteString("name", gate.Gate.Name);
            json.WriteString("run", gate.Gate.Run);
            json.WriteString("reason", gate.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("runners");
        foreach (var (runner, version) in found.Runners)
        {
            json.WriteStartObject();
            json.WriteString("name", runner.Name);
            json.WriteString("kind", runner.Kind);
            json.WriteString("program", runner.Program);
            json.WriteString("version", version);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("text", text);
    }) + "\n";

    /// <summary>What was found out.</summary>
    sealed record Found(Detected Detected, string Tracker, IReadOnlyList<CliVersion> Runners);
}
