using System.CommandLine;
using Beadswarm.Cli.Completions;

namespace Beadswarm.Cli.Commands;

/// <summary>Prints the script that makes a shell complete this program's verbs, options and their values.</summary>
static class CompletionCommand
{
    static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Command Create(CliHost host)
    {
        var shell = new Argument<string>("shell") { Description = "Which shell", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong(Shells);
        var command = new Command(
            "completion", "Print a completion script, for example: eval \"$(beadswarm completion bash)\"")
        {
            shell,
        };
        command.Does(host, (call, _) =>
        {
            var tree = CompletionTree.Of(CommandTree.Create(host));
            call.Print(call.Get(shell) switch
            {
                "bash" => CompletionScripts.Bash(tree),
                "zsh" => CompletionScripts.Zsh(tree),
                _ => CompletionScripts.Fish(tree),
            });
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }
}
