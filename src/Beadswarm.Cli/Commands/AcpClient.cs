using System.CommandLine;
using System.Runtime.InteropServices;
using Beadswarm.Agents;
using Beadswarm.Agents.Acp;
using Beadswarm.Cli.Rendering;
using Beadswarm.Processes;
using Command = System.CommandLine.Command;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Drives an agent of the Agent Client Protocol for one prompt, which comes on standard input;
/// the runner acp starts it.
/// </summary>
static class AcpClientCommand
{
    /// <summary>Agents take up to some seconds to put away their session.</summary>
    static readonly TimeSpan EndTime = TimeSpan.FromSeconds(15);

    /// <summary>Its last line says why.</summary>
    const int Failed = 1;

    public static Command Create(CliHost host)
    {
        var session = new Option<string?>(AcpRunner.SessionOption) { Description = "Go on with this conversation" };
        var model = new Option<string?>(AcpRunner.ModelOption) { Description = "Model, as the agent names it" };
        var edits = new Option<bool>(AcpRunner.EditsOption) { Description = "Allow changes of files, not commands" };
        var program = new Argument<string[]>("PROGRAM")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "The agent's program and its arguments",
        };
        var command = new Command(AcpRunner.Verb, "Drive an agent of the Agent Client Protocol for one prompt")
        {
            session, model, edits, program,
        };
        command.Hidden = true;
        command.Does(host, async (call, cancellationToken) =>
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                ended.Cancel();
            });
            var workspace = Libc.RealPath(host.WorkingFolder);
            var permission = call.Get(edits) ? AgentPermission.Edits : AgentPermission.Full;
            var task = new AcpTask(
                workspace, await host.In.ReadToEndAsync(ended.Token), call.Get(session), call.Get(model),
                new AcpPolicy(permission, workspace, RealPaths.Of)
                {
                    Ground = DeedGrounds.Of(host, workspace, null, Handed(host)),
                })
            {
                Unbound = permission == AgentPermission.Full,
            };
            return await DriveAsync(call, task, call.Get(program) ?? [], ended.Token);
        });
        return command;
    }

    /// <summary>Folders in which an agent leaves what it hands on.</summary>
    static IEnumerable<string> Handed(CliHost host)
    {
        if (host.Environment.GetValueOrDefault("BEADSWARM_CONTEXT") is { Length: > 0 } context)
        {
            yield return context;
        }

        if (Path.GetDirectoryName(host.Environment.GetValueOrDefault("BEADSWARM_RESULT")) is { Length: > 0 } results)
        {
            yield return results;
        }
    }

    static async Task<int> DriveAsync(
        VerbCall call, AcpTask task, string[] words, CancellationToken cancellationToken)
    {
        void Print(string line)
        {
            call.PrintLine(line);
            call.Host.Out.Flush();
        }

        using var agent = Start(words, task.Workspace, Print);
        if (agent is null)
        {
            return Failed;
        }

        var good = await new AcpClient(task, Print).RunAsync(
            agent.Output, agent.Input, call.Host.Time, cancellationToken);
        await agent.EndAsync(EndTime, call.Host.Time, cancellationToken);
        return good ? ExitCodes.Ok : Failed;
    }

    static PipedProgram? Start(string[] words, string workspace, Action<string> print)
    {
        try
        {
            return PipedProgram.Start(words[0], words[1..], workspace);
        }
        catch (ProcessStartException refused)
        {
            print(JsonLine.Object(json =>
            {
                json.WriteString("acp", "end");
                json.WriteString("error", refused.Message);
                json.WriteString("kind", AcpRunner.StartKind);
            }));
            return null;
        }
    }
}
