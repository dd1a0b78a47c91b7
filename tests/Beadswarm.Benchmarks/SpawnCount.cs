using static Beadswarm.Benchmarks.MarkdownTable;

namespace Beadswarm.Benchmarks;

/// <summary>
/// How many git commands a bead costs, by kind: counted by a git that writes down what it is asked and hands it on.
/// Not what those start themselves. The times of such a run mean nothing.
/// </summary>
static class SpawnCount
{
    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        var loop = await CountAsync(options, async (sandbox, project) =>
            await new ShellLoop(sandbox, project).RunAsync(options.Agents));
        var swarm = await CountAsync(options, async (sandbox, project) =>
        {
            var program = await SwarmProgram.FindAsync(sandbox);
            project.Configure(options.Agents, Stages.ImplementOnly);
            await program.RunAsync(sandbox, project);
        });
        var table = new MarkdownTable("git commands for each bead", "shell loop", "swarm");
        foreach (var kind in loop.Keys.Union(swarm.Keys).OrderByDescending(kind => swarm.GetValueOrDefault(kind)))
        {
            table.Add(kind, Number(loop.GetValueOrDefault(kind)), Number(swarm.GetValueOrDefault(kind)));
        }

        table.Add("all", Number(loop.Values.Sum()), Number(swarm.Values.Sum()));
        await output.WriteLineAsync($"### Git commands\n\n{table}");
    }

    static async Task<Dictionary<string, double>> CountAsync(
        BenchmarkOptions options, Func<Sandbox, BenchmarkProject, Task> runAsync)
    {
        using var sandbox = new Sandbox();
        var project = new BenchmarkProject(sandbox, options.Beads);
        await project.MakeAsync(":");
        var log = WrapGit(sandbox);
        await runAsync(sandbox, project);
        await project.RequireAllLandedAsync();
        return (await File.ReadAllLinesAsync(log)).CountBy(kind => kind)
            .ToDictionary(kind => kind.Key, kind => (double)kind.Value / options.Beads);
    }

    static string WrapGit(Sandbox sandbox)
    {
        var path = sandbox.Environment["PATH"];
        var git = path.Split(':').Select(folder => Path.Combine(folder, "git")).First(File.Exists);
        var (folder, log) = (sandbox["wrapped"], sandbox["git.log"]);
        Directory.CreateDirectory(folder);
        var wrapper = Path.Combine(folder, "git");
        File.WriteAllText(
            wrapper,
            $$"""
            #!/bin/sh
            skip=
            for word; do
              [ -z "$skip" ] || { skip=; continue; }
              case $word in
                -c|-C|--git-dir) skip=yes ;;
                -*) ;;
                *) echo "$word" >> {{log}}; break ;;
              esac
            done
            exec {{git}} "$@"

            """);
        File.SetUnixFileMode(
            wrapper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        sandbox.Environment["PATH"] = $"{folder}:{path}";
        return log;
    }
}
