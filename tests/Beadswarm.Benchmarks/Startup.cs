using System.Globalization;
using Beadswarm.Processes;
using static Beadswarm.Benchmarks.MarkdownTable;

namespace Beadswarm.Benchmarks;

/// <summary>
/// How long <c>./beadswarm status</c> takes while a swarm runs, against an empty program that was compiled and is
/// started in the same way.
/// </summary>
static class Startup
{
    const int Agents = 12;
    const int RunsMin = 25;
    const int RunsPerRound = 9;
    const int StatusTriesMax = 400;
    static readonly TimeSpan StatusPause = TimeSpan.FromMilliseconds(50);

    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        using var sandbox = new Sandbox();
        var program = await SwarmProgram.FindAsync(sandbox);
        var launcher = Path.Combine(Sandbox.ProjectRoot, "beadswarm");
        await sandbox.RunAsync(Sandbox.ProjectRoot, launcher, "--version");
        var built = Path.Combine(Sandbox.ProjectRoot, "artifacts/program/current/beadswarm");
        var empty = await PublishEmptyAsync(sandbox);
        var project = new BenchmarkProject(sandbox, Agents);

        // The agents wait for a lock, which costs nothing, until everything is measured.
        var gate = sandbox["held.lock"];
        await project.MakeAsync($"flock -s {gate} true");
        project.Configure(Agents, Stages.ImplementOnly);
        var holder = sandbox.Start(project.Checkout, ["flock", gate, "sleep", "3600"], out _);
        var swarm = program.RunAsync(sandbox, project);
        await AllWorkingAsync(sandbox, project, launcher);

        (string Name, string[] Command)[] subjects =
        [
            ("an empty program", [empty]),
            ("`./beadswarm status`", [launcher, "status"]),
            ("`./beadswarm status --format json`", [launcher, "status", "--format", "json"]),
            ("the same without the launcher script", [built, "status", "--format", "json"]),
        ];
        var runs = Math.Max(RunsMin, options.Rounds * RunsPerRound);
        var times = subjects.Select(_ => new List<double>()).ToArray();
        for (var run = 0; run < runs; run++)
        {
            for (var subject = 0; subject < subjects.Length; subject++)
            {
                times[subject].Add(await TimeAsync(sandbox, project, subjects[subject].Command));
            }
        }

        await Sandbox.EndAsync(holder);
        await swarm;

        var baseline = Median(times[0]);
        var table = new MarkdownTable(
            $"median of {runs}, {Agents} agents at work", "ms", "fastest", "of the empty program");
        for (var subject = 0; subject < subjects.Length; subject++)
        {
            table.Add(
                subjects[subject].Name, Number(Median(times[subject])), Number(times[subject].Min()),
                Number(Median(times[subject]) / baseline));
        }

        await output.WriteLineAsync($"### Start of the program\n\n{table}");
    }

    static async Task AllWorkingAsync(Sandbox sandbox, BenchmarkProject project, string launcher)
    {
        for (var attempt = 0; attempt < StatusTriesMax; attempt++)
        {
            var status = await CallAsync(sandbox, project, [launcher, "status", "--format", "json"]);
            var text = System.Text.Encoding.UTF8.GetString(status.Stdout);
            if (text.Contains(string.Create(CultureInfo.InvariantCulture, $"\"inProgress\":{Agents}")))
            {
                return;
            }

            await Task.Delay(StatusPause, TimeProvider.System);
        }

        throw new InvalidOperationException("the swarm did not begin to work");
    }

    static async Task<double> TimeAsync(Sandbox sandbox, BenchmarkProject project, string[] command)
    {
        var began = TimeProvider.System.GetTimestamp();
        var result = await CallAsync(sandbox, project, command);
        var took = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
        return result.ExitCode == 0 ? took
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {result.ExitCode}");
    }

    static Task<CommandResult> CallAsync(Sandbox sandbox, BenchmarkProject project, string[] command) =>
        Command.RunAsync(
            new CommandSpec
            {
                FileName = command[0],
                Arguments = [.. command.Skip(1)],
                WorkingDirectory = project.Checkout,
                Environment = sandbox.Environment,
            },
            CancellationToken.None);

    /// <summary>Compiled ahead of time, dependent on the shared runtime, with the settings of the real one.</summary>
    static async Task<string> PublishEmptyAsync(Sandbox sandbox)
    {
        var folder = sandbox["empty"];
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), "return 0;\n");
        await File.WriteAllTextAsync(
            Path.Combine(folder, "empty.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net{Environment.Version.Major}.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TieredPGO>false</TieredPGO>
                <AutoreleasePoolSupport>false</AutoreleasePoolSupport>
                <UseSystemResourceKeys>true</UseSystemResourceKeys>
                <PublishReadyToRun>true</PublishReadyToRun>
              </PropertyGroup>
            </Project>
            """);
        var published = await Command.RunAsync(
            new CommandSpec
            {
                FileName = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
                Arguments =
                [
                    "publish", folder, "-c", "Release", "--use-current-runtime", "--no-self-contained", "-o",
                    Path.Combine(folder, "out"), "-nodeReuse:false", "-p:UseSharedCompilation=false",
                ],
                WorkingDirectory = folder,
                Environment = Sandbox.HostEnvironment,
            },
            CancellationToken.None);
        return published.ExitCode == 0 ? Path.Combine(folder, "out", "empty")
            : throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(published.Stdout));
    }
}
