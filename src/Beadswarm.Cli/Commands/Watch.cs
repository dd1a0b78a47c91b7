using System.CommandLine;
using Beadswarm.Cli.Rendering;

namespace Beadswarm.Cli.Commands;

/// <summary>Looks on while a swarm runs. It never touches the swarm, however it is ended.</summary>
static class WatchCommand
{
    static readonly TimeSpan PlainInterval = TimeSpan.FromMilliseconds(500);

    public static Command Create(CliHost host)
    {
        var command = new Command("watch", "Watch the swarm live until it ends; q or Ctrl-C leaves it running");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var signals = new Signals(_ => left.Cancel());
            var journal = new RecentJournal((after, limit, token) =>
                swarm.ReadAsync((store, t) => store.ReadJournalAsync(after, null, limit, t), token));
            try
            {
                if (host.Interactive && !call.Json)
                {
                    await LiveScreen.ShowAsync(
                        host, "q leaves; the swarm goes on", token => ReadAsync(swarm, journal, token),
                        state => !state.Alive, left.Token);
                }
                else
                {
                    await PrintAsync(call, swarm, journal, left.Token);
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // A signal to leave is how watch ends.
            }

            if (!call.Json)
            {
                call.Print(StatusView.Parse(await swarm.ReadStatusJsonAsync(cancellationToken))
                    .Format(host.Time.GetUtcNow().UtcDateTime, host.Width));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    static async Task<LiveState> ReadAsync(
        SwarmReader swarm, RecentJournal journal, CancellationToken cancellationToken)
    {
        await journal.CatchUpAsync(cancellationToken);
        var view = StatusView.Parse(await swarm.ReadStatusJsonAsync(cancellationToken));
        return new LiveState(view, await swarm.GoesOnAsync(cancellationToken), journal.Kept);
    }

    /// <summary>Without a terminal: lines of what happens, until the swarm is over.</summary>
    static async Task PrintAsync(
        VerbCall call, SwarmReader swarm, RecentJournal journal, CancellationToken cancellationToken)
    {
        var output = new JournalOutput(call);
        while (true)
        {
            var alive = await swarm.GoesOnAsync(cancellationToken);
            await foreach (var entry in journal.ReadNewAsync(cancellationToken))
            {
                output.Print(entry);
            }

            // What was written before the end has been read only if the end was known before reading.
            if (!alive)
            {
                output.PrintRest();
                return;
            }

            await Task.Delay(PlainInterval, call.Host.Time, cancellationToken);
        }
    }
}
