using System.Globalization;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Cli.Demo;

/// <summary>A small real repository with backlog, gate and configuration, in which every other verb works.</summary>
static class DemoFolder
{
    public const string Branch = "main";
    public const string ScriptName = "demo-script.json";

    /// <summary>Makes it in an empty folder.</summary>
    public static async Task CreateAsync(
        string folder, DemoBacklog backlog, int agents, int seed, CliHost host, CancellationToken cancellationToken)
    {
        foreach (var (path, content) in DemoFiles.Initial(backlog)
            .Append((".beads/issues.jsonl", DemoFiles.Backlog(backlog, host.Time.GetUtcNow())))
            .Append((".beads/config.yaml", "issue-prefix: demo\n")))
        {
            await SaveAsync(Path.Combine(folder, path), content, cancellationToken);
        }

        var runner = new GitRunner(GitSettings.From(host.Environment, host.Time));
        var git = new GitRepository(runner, folder, GitScope.Own);
        await git.RunAsync(GitCall.Of("init", "-q", "-b", Branch), cancellationToken);
        await git.RunAsync(GitCall.Of("add", "-A"), cancellationToken);
        await git.RunAsync(
            GitCall.Of("commit", "-q", "-m", "A library of text functions, before there is any") with
            {
                When = host.Time.GetUtcNow(),
            },
            cancellationToken);

        var paths = new SwarmPaths(folder);
        (await UserRepository.OpenAsync(runner, folder, cancellationToken)).Ignore(paths.Folder);
        var script = Path.Combine(paths.Folder, ScriptName);
        await SaveAsync(script, DemoScript.Text(backlog, seed), cancellationToken);
        await SaveAsync(paths.Config, Config(agents, script), cancellationToken);
    }

    static string Config(int agents, string script) => string.Create(CultureInfo.InvariantCulture, $$"""
        # The demo's swarm. Change it and go on with: beadswarm run
        agents: {{agents}}
        runners:
          scripted: { kind: scripted, command: [--script, {{ConfigText.Quote(script)}}] }
        gates:
          test: { run: sh test.sh, timeout: 1m }
        landing: { target: {{Branch}} }

        """);

    static async Task SaveAsync(string path, string content, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // every path is below the folder
        await File.WriteAllTextAsync(path, content, cancellationToken);
    }
}
