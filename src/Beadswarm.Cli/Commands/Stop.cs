using System.CommandLine;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Processes;
using Beadswarm.Swarms;
using Command = System.CommandLine.Command;

namespace Beadswarm.Cli.Commands;

/// <summary>Stops the swarm of a repository, and comes back when its process is really gone.</summary>
static class StopCommand
{
    public static Command Create(CliHost host)
    {
        var graceful = new Option<bool>("--graceful")
        {
            Description = "Let the stages in hand finish, instead of ending the agents",
        };
        var timeout = RunOptions.Minutes(
            "--timeout", "Wait at most this many minutes; with --graceful the agents are ended then");
        var command = new Command("stop", "Stop the swarm and keep all work") { graceful, timeout };
        command.Does(host, async (call, cancellationToken) =>
        {
            var paths = new SwarmPaths(call.RepositoryPath);
            using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var signals = new Signals(_ => left.Cancel());
            var stopping = new Stopping(call, paths, left);
            try
            {
                return SwarmPresence.Look(paths) switch
                {
                    SwarmPresence.Living living =>
                        await stopping.StopAsync(living.Holder, call.Get(graceful), call.Get(timeout)),
                    SwarmPresence.Dead dead => await stopping.SayDeadAsync(dead.Holder),
                    SwarmPresence.Absent => await stopping.SayGoneAsync("no swarm runs here"),
                };
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                call.Note("left; the swarm goes on stopping, 'beadswarm status' shows it");
                return ExitCodes.NotEnded;
            }
        });
        return command;
    }

    /// <summary>One stop, from asking to the end of the process.</summary>
    sealed class Stopping(VerbCall call, SwarmPaths paths, CancellationTokenSource left)
    {
        readonly ControlClient _client = new(paths.Socket);

        public async Task<int> StopAsync(SwarmHolder holder, bool graceful, TimeSpan? timeout)
        {
            using var process = holder.Process is { } identity
                ? ProcessDescriptor.TryOpen(identity.Pid, identity.StartTicks)
                : null;
            if (process is null)
            {
                return await SayGoneAsync("the swarm has just ended");
            }

            await AskAsync(process, holder, graceful);
            if (!await EndedAsync(process, timeout))
            {
                if (!graceful)
                {
                    return SayStill(holder, timeout);
                }

                // Ending agents takes their grace and the saving of their work; it is over soon by itself.
                await AskAsync(process, holder, graceful: false);
                await EndedAsync(process, timeout: null);
            }

            return await SayGoneAsync("the swarm has ended");
        }

        /// <summary>A killed swarm is nothing to stop; what it left behind is worth a word.</summary>
        public async Task<int> SayDeadAsync(SwarmHolder holder)
        {
            var agents = LeftProcesses.Find(paths, open: []).Select(process => process.Tag).Distinct().Count();
            return await SayGoneAsync(
                $"the swarm does not run: process {holder.Pid}, started {holder.Since:u}, was killed"
                + (agents > 0
                    ? $", and {(agents == 1 ? "1 of its agents is" : $"{agents} of its agents are")} still at work; "
                        + "'beadswarm start' takes over, 'beadswarm doctor --fix' ends what it left"
                    : "; 'beadswarm start' goes on where it was"));
        }

        public async Task<int> SayGoneAsync(string what)
        {
            await using var swarm = SwarmReader.Open(call);
            var view = StatusView.Parse(await swarm.ReadStatusJsonAsync(CancellationToken.None));
            if (call.Json)
            {
                call.PrintLine(JsonLine.Object(json =>
                {
                    json.WriteString("type", "stopped");
                    json.WriteString("message", what);
                    json.WriteString("state", view.State);
                    json.WriteNumber("landed", view.Landed);
                    json.WriteNumber("blocked", view.Blocked);
                    json.WriteNumber("pending", view.Pending);
                }));
            }
            else
            {
                call.PrintLine(what);
                if (view.State != StatusJson.None)
                {
                    call.PrintLine(view.Headline());
                }
            }

            return ExitCodes.Ok;
        }

        async Task AskAsync(ProcessDescriptor process, SwarmHolder holder, bool graceful)
        {
            try
            {
                if (graceful)
                {
                    await _client.DrainAsync("beadswarm stop --graceful", left.Token);
                    call.Note($"process {holder.Pid} lets what runs finish; Ctrl-C leaves it to that");
                }
                else
                {
                    await _client.TerminateAsync("beadswarm stop", left.Token);
                    call.Note($"process {holder.Pid} ends its agents and keeps their work");
                }
            }
            catch (ControlException error) when (error.Kind == ControlErrorKind.Gone)
            {
                // It has not come up yet, or is on its last steps: the signal means the same, and is not needed then.
                process.Signal(Libc.SignalTerminate);
                call.Note($"process {holder.Pid} was told to end");
            }
        }

        async Task<bool> EndedAsync(ProcessDescriptor process, TimeSpan? timeout)
        {
            try
            {
                await process.Ended.WaitAsync(timeout ?? Timeout.InfiniteTimeSpan, call.Host.Time, left.Token);
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        int SayStill(SwarmHolder holder, TimeSpan? timeout)
        {
            call.Note(
                $"process {holder.Pid} still runs after {timeout?.TotalMinutes:0.##} minutes; it goes on stopping. "
                + $"'kill -9 {holder.Pid}' loses nothing: the next start goes on");
            return ExitCodes.NotEnded;
        }
    }
}
