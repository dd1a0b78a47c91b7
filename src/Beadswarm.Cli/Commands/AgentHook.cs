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
        var workspace = new Option<string>(AgentHook.WorkspaceOption)
        {
            Required = true,
            Description = "The agent's workspace",
        };
        var allow = new Option<string[]>(AgentHook.AllowOption)
        {
            Description = "A folder where it may write beside its workspace",
        };
        var note = new Option<string?>(AgentHook.NoteOption)
        {
            Description = "A folder that gets a file with each answer",
        };
        var command = new Command(AgentHook.Verb, "Say whether an agent may do what it is about to do")
        {
            workspace, allow, note,
        };
        command.Hidden = true;
        command.Does(host, async (call, cancellationToken) =>
        {
            var told = await host.In.ReadToEndAsync(cancellationToken);
            var refusal = Refusal(host, told, call.Get(workspace)!, call.Get(allow) ?? []); // required
            if (call.Get(note) is { } asked)
            {
                AgentHook.Note(asked);
            }

            if (refusal is null)
            {
                return ExitCodes.Ok;
            }

            await host.Error.WriteLineAsync($"beadswarm: {refusal}");
            return AgentHook.RefusedCode;
        });
        return command;
    }

    static string? Refusal(CliHost host, string told, string workspace, string[] allowed)
    {
        try
        {
            using var call = JsonDocument.Parse(told);
            var deed = AgentHook.DeedOf(call.RootElement, out var folder);
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
