using System.CommandLine;
using System.Globalization;
using System.Text;
using Beadswarm.Claims;
using Beadswarm.Cli.Demo;
using Beadswarm.Cli.Rendering;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Shows a whole swarm at work in a repository made for it, and checks what came of it.</summary>
static class DemoCommand
{
    const int AgentsDefault = 12;
    const int BeadsDefault = 25;

    /// <summary>The whole graph is one command away; more than this pushes the rest off the screen.</summary>
    const int GraphLinesMax = 40;

    public static Command Create(CliHost host)
    {
        var agents = BeadOptions.Count("--agents", [], "Number of agents", AgentsDefault);
        var beads = BeadOptions.Count(
            "--beads", [], $"Number of beads, {DemoBacklog.BeadsMin} to {DemoBacklog.BeadsMax}", BeadsDefault);
        var seed = new Option<int>("--seed")
        {
            Description = "Another number makes other things go wrong",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var keep = new Option<string?>("--keep")
        {
            Description = "Make the repository in this folder, which must be empty or not exist",
            HelpName = "DIR",
        };
        var command = new Command(
            "demo", "Run a swarm of scripted agents over a small real repository, and check the result")
        {
            agents,
            beads,
            seed,
            keep,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            if (call.Get(beads) is < DemoBacklog.BeadsMin or > DemoBacklog.BeadsMax)
            {
                throw new UserError(
                    $"--beads is {call.Get(beads)}", $"it can be {DemoBacklog.BeadsMin} to {DemoBacklog.BeadsMax}",
                    ExitCodes.Usage);
            }

            var backlog = DemoBacklog.Create(call.Get(beads), call.Get(seed));
            return await RunAsync(
                call, backlog, call.Get(agents), call.Get(seed), Folder(call, call.Get(keep)), cancellationToken);
        });
        return command;
    }

    static async Task<int> RunAsync(
        VerbCall call, DemoBacklog backlog, int agents, int seed, string folder, CancellationToken cancellationToken)
    {
        // What the user has set for swarms of their own must not change what is shown here.
        var host = call.Host with
        {
            Environment = call.Host.Environment
                .Where(variable => !variable.Key.StartsWith("BEADSWARM_", StringComparison.Ordinal))
                .ToDictionary(variable => variable.Key, variable => variable.Value),
        };
        RequireGit(host);
        await DemoFolder.CreateAsync(folder, backlog, agents, seed, host, cancellationToken);
        if (!call.Json)
        {
            call.PrintLine(
                $"{backlog.Beads.Count} beads, {agents} agents, seed {seed}: shell functions in {folder}\n");
        }

        var loaded = Settings.Load(await Settings.ReadAsync(folder, host, [], cancellationToken));
        var (swarm, exitCode) = await RunSession.RunAsync(
            call, RunCommand.Setup(host, folder, loaded.Config), cancellationToken);
        if (swarm.End is SwarmEnd.Drained or SwarmEnd.Terminated)
        {
            return exitCode;
        }

        var outcome = await DemoCheck.LookAsync(folder, backlog, host, cancellationToken);
        call.Print(call.Json
            ? FormatJson(folder, outcome) + "\n"
            : FormatText(folder, backlog, outcome, call.Host));
        return outcome.Failures.Count == 0 ? ExitCodes.Ok : ExitCodes.ProblemsFound;
    }

    static void RequireGit(CliHost host)
    {
        if (Settings.Which("git", host) is null)
        {
            throw new UserError(
                "git is not on PATH", "install git, for example: apt-get install git", ExitCodes.ToolMissing);
        }
    }

    static string Folder(VerbCall call, string? keep)
    {
        if (keep is null)
        {
            return Directory.CreateTempSubdirectory("beadswarm-demo-").FullName;
        }

        var folder = Path.GetFullPath(keep, call.StartFolder);
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new UserError(
                $"'{folder}' is not empty", "name a folder that is empty or does not exist", ExitCodes.Usage);
        }

        Directory.CreateDirectory(folder);
        return folder;
    }

    static string FormatText(string folder, DemoBacklog backlog, DemoOutcome outcome, CliHost host)
    {
        var table = new TextTable(
            "bead", "state", new TextColumn("tries", Right: true), "title",
            new TextColumn("what came in between", Flexible: true));
        foreach (var result in outcome.Results)
        {
            table.Add(
                result.Bead.Id.Value, Word(result.State),
                result.Attempts.ToString(CultureInfo.InvariantCulture), Short(result.Bead.Title),
                string.Join("; ", result.Setbacks));
        }

        var program = host.Environment.GetValueOrDefault("BEADSWARM_LAUNCHER", "beadswarm");
        var blocked = backlog.Beads.First(bead => bead.Fate == DemoFate.Impossible).Id;
        var paths = new SwarmPaths(folder);
        var text = new StringBuilder("\n").Append(table.Format(host.Width))
            .Append(CultureInfo.InvariantCulture, $"\ngit log --graph --oneline {DemoFolder.Branch}\n")
            .Append(Head(outcome.Graph))
            .Append(CultureInfo.InvariantCulture, $"\ngate on a fresh clone: {outcome.GateOutput}\n")
            .Append(CultureInfo.InvariantCulture, $"\nrepository  {folder}\n")
            .Append(CultureInfo.InvariantCulture, $"logs        {paths.Sessions}\n")
            .Append(CultureInfo.InvariantCulture, $"journal     {paths.Store}\n")
            .Append("script      ").Append(Path.Combine(paths.Folder, DemoFolder.ScriptName)).Append('\n')
            .Append("\ntry next\n")
            .Append(CultureInfo.InvariantCulture, $"  {program} -C {folder} why {blocked}    what blocks it\n")
            .Append(CultureInfo.InvariantCulture, $"  {program} -C {folder} status\n")
            .Append(CultureInfo.InvariantCulture, $"  {program} -C {folder} history\n")
            .Append(CultureInfo.InvariantCulture, $"  {program} -C {folder} failures\n")
            .Append(CultureInfo.InvariantCulture, $"  {program} demo --seed 2      other things go wrong\n")
            .Append(CultureInfo.InvariantCulture, $"  rm -rf {folder}    removes all of it\n\n");
        foreach (var failure in outcome.Failures)
        {
            text.Append("WRONG: ").Append(SafeText.Line(failure)).Append('\n');
        }

        return text.Append(outcome.Failures.Count == 0
            ? $"{backlog.LandingExpected} of {backlog.Beads.Count} beads landed, each once, and the gate is green; "
                + $"{blocked} is blocked, as it must be\n"
            : "the demo did not come out as it has to: please report it\n").ToString();
    }

    static string Head(string graph)
    {
        var lines = graph.TrimEnd('\n').Split('\n');
        return string.Concat(lines.Take(GraphLinesMax).Select(line => line.TrimEnd() + "\n"))
            + (lines.Length > GraphLinesMax ? $"… and {lines.Length - GraphLinesMax} lines more\n" : "");
    }

    static string Short(string title) => title.Split(':')[0];

    static string Word(BeadState? state) => state switch
    {
        null => "unknown",
        BeadState.Completed => "landed",
        BeadState.Blocked => "blocked",
        _ => "pending",
    };

    static string FormatJson(string folder, DemoOutcome outcome) => JsonLine.Object(json =>
    {
        json.WriteString("type", "demo");
        json.WriteString("folder", folder);
        json.WriteString("tip", outcome.Tip);
        json.WriteString("gate", outcome.GateOutput);
        json.WriteStartArray("beads");
        foreach (var result in outcome.Results)
        {
            json.WriteStartObject();
            json.WriteString("bead", result.Bead.Id.Value);
            json.WriteString("state", Word(result.State));
            json.WriteNumber("attempts", result.Attempts);
            json.WriteStartArray("setbacks");
            foreach (var setback in result.Setbacks)
            {
                json.WriteStringValue(setback);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("failures");
        foreach (var failure in outcome.Failures)
        {
            json.WriteStringValue(failure);
        }

        json.WriteEndArray();
        json.WriteNumber("exitCode", outcome.Failures.Count == 0 ? ExitCodes.Ok : ExitCodes.ProblemsFound);
    });
}
