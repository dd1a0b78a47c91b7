using Beadswarm.Configuration;
using Beadswarm.Swarms;

namespace Beadswarm.Benchmarks;

/// <summary>
/// The engine alone in a process of its own: started by this program where the command line cannot run one.
/// </summary>
static class SwarmChild
{
    public const string Verb = "swarm-child";

    public static async Task<int> RunAsync(string repository)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);
        var path = Path.GetFullPath(repository);
        var loaded = ConfigLoader.Load(new ConfigSources
        {
            FileText = await File.ReadAllTextAsync(new SwarmPaths(path).Config),
            Detected = new Detected { Remote = "origin", Processors = Environment.ProcessorCount },
        });
        if (loaded is not ConfigResult.Loaded { Config: var config })
        {
            await Console.Error.WriteLineAsync($"{loaded}");
            return 1;
        }

        await using var run = await SwarmRun.StartAsync(
            new SwarmSetup
            {
                RepositoryPath = path,
                Config = config,
                Environment = environment,
                ScriptedAgentPath = "",
                Time = TimeProvider.System,
            },
            CancellationToken.None);
        var outcome = await run.Completion;
        Console.WriteLine(outcome);
        return outcome.End == SwarmEnd.Completed ? 0 : 1;
    }
}
