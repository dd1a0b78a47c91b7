namespace Beadswarm.Cli;

/// <summary>Where the process starts. Nothing heavy may be touched before the fast path had its chance.</summary>
static class Program
{
    public static Task<int> Main(string[] args) => CommandTree.InvokeAsync(args, CliHost.OfThisProcess());
}
