namespace Beadswarm.Benchmarks;

/// <summary>
/// How a whole swarm is run: as users do where the program can, and otherwise by the engine in a process.
/// </summary>
sealed record SwarmProgram(string Name, IReadOnlyList<string> Command)
{
    public static async Task<SwarmProgram> FindAsync(Sandbox sandbox)
    {
        var launcher = Path.Combine(Sandbox.ProjectRoot, "beadswarm");
        // Builds it, too, where it is missing or old. Asked for a verb that it lacks, it lists those that it has.
        var help = await sandbox.RunAsync(Sandbox.ProjectRoot, launcher, "run", "--help");
        if (help.Output.Contains("--agents", StringComparison.Ordinal))
        {
            return new SwarmProgram("`beadswarm run`", [launcher, "run"]);
        }

        var own = Environment.ProcessPath ?? throw new InvalidOperationException("this program has no path");
        string[] command = Path.GetFileNameWithoutExtension(own) == "dotnet"
            ? [own, typeof(SwarmProgram).Assembly.Location, SwarmChild.Verb, "."]
            : [own, SwarmChild.Verb, "."];
        return new SwarmProgram("the engine in a process (this checkout has no `run`)", command);
    }

    public Task<Measurement> RunAsync(Sandbox sandbox, BenchmarkProject project) =>
        sandbox.RunAsync(project.Checkout, [.. Command]);
}
