namespace Beadswarm.Cli;

/// <summary>Where the process starts. Nothing heavy may be touched before the fast path had its chance.</summary>
static class Program
{
    public static Task<int> Main(string[] args) =>
        StatusFastPath.TryRun(args) is { } exitCode
            ? Task.FromResult(exitCode)
            : CommandTree.InvokeAsync(args, CliHost.OfThisProcess());
}
