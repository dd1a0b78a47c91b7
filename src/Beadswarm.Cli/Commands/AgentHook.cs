using System.CommandLine;
using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Agents.Deeds;
using Beadswarm.Processes;
using Command = System.CommandLine.Command;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Says whether an agent may do what it is about to do; its program asks before each call of a tool, by a hook that the
/// runner has set up. Whatever goes wrong here is a refusal.
/// </summary>
static class AgentHookCommand
{
    public static Command Create(CliHost host)
    {
        var workspace = new Option<string>(ClaudeCodeHooks.WorkspaceOption)
        {
            Required = true,
            Description = "The agent's workspace",
        };
        var allow = new Option<string[]>(ClaudeCodeHooks.AllowOption)
        {
            Description = "A folder where it may write beside its workspace",
        };
        var command = new Command(ClaudeCodeHooks.Verb, "Say whether an agent may do what it is about to do")
        {
            workspace, allow,
        };
        command.Hidden = true;
        command.Does(host, async (call, cancellationToken) =>
        {
            var told = await host.In.ReadToEndAsync(cancellationToken);
            var refusal = Refusal(host, told, call.Get(workspace)!, call.Get(allow) ?? []); // required
            if (refusal is null)
            {
                return ExitCodes.Ok;
            }

            await host.Error.WriteLineAsync($"beadswarm: {refusal}");
            return ClaudeCodeHooks.RefusedCode;
        });
        return command;
    }

    static string? Refusal(CliHost host, string told, string workspace, string[] allowed)
    {
        try
        {
            using var call = JsonDocument.Parse(told);
            var deed = ClaudeCodeHooks.DeedOf(call.RootElement, out var folder);
            return deed is null
                ? "what this call would do cannot be told"
                : DeedRules.Refusal(deed, DeedGrounds.Of(host, Libc.RealPath(workspace), folder, allowed));
        }
        catch (JsonException broken)
        {
            return $"the call cannot be read: {broken.Message}";
        }
    }
}
