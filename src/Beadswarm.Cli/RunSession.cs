using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// One swarm run in this process, shown as it goes: a live screen on a terminal, plain lines elsewhere, or one JSON
/// object per line. Signals stop it in three steps; none of them loses anything, and nor does output that nobody takes
/// any more.
/// </summary>
static class RunSession
{
    /// <summary>Runs to the end and says how it ended. The summary is the last line of JSON.</summary>
    /// <exception cref="SwarmHeldException">Another swarm runs here.</exception>
    public static Task<(SwarmOutcome Outcome, int ExitCode)> RunAsync(
        VerbCall call, SwarmSetup setup, CancellationToken cancellationToken) =>
        RunAsync(call, setup, endures: false, () => call.On(Lasting(call.Host)), cancellationToken);

    /// <summary>
    /// Runs as a daemon: once it is up it takes leave of whoever started it, and prints into its own log.
    /// </summary>
    public static async Task<(SwarmOutcome Outcome, int ExitCode)> RunDetachedAsync(
        VerbCall call, SwarmSetup setup, CancellationToken cancellationToken)
    {
        BoundedLog? log = null;
        try
        {
            return await RunAsync(
                call, setup, endures: true,
                () => call.On(Daemon.TakeLeave(call.Host, log = Daemon.OpenLog(setup.RepositoryPath))),
                cancellationToken);
        }
        finally
        {
            if (log is not null)
            {
                await log.DisposeAsync();
            }
        }
    }

    static async Task<(SwarmOutcome Outcome, int ExitCode)> RunAsync(
        VerbCall call, SwarmSetup setup, bool endures, Func<VerbCall> up, CancellationToken cancellationToken)
    {
        // On a live screen the headline says it; elsewhere a person who pressed a key must see that it was heard.
        var shown = call;
        using var stop = new StopSwitch(
            endures,
            heard =>
            {
                if (!shown.Host.Interactive || shown.Json)
                {
                    shown.Note(heard);
                }
            },
            cancellationToken);
        using var signals = new Signals(stop.Receive);
        await Resumption.CheckAsync(call, setup, stop.Starting);
        await using var run = await SwarmRun.StartAsync(
            setup with { Notify = reason => shown.Note(SafeText.Lines(reason)) }, stop.Starting);
        shown = up();
        stop.Connect(run);
        using var cancelled = cancellationToken.Register(() => run.Terminate("cancelled"));
        var start = run.JoinedAfter is { } joined ? joined
            : await run.Store.ReadSwarmAsync(cancellationToken) is { } swarm
                ? await EpochStart.FindAsync(run.Store, swarm, cancellationToken)
                : 0;

        // The signals end the run, not the looking on: what happens on the way down is shown too.
        var output = new JournalOutput(shown);
        if (shown.Host.Interactive && !shown.Json)
        {
            await ShowAsync(shown.Host, run, start);
        }
        else
        {
            await output.PrintAsync(run.FollowAsync(start, CancellationToken.None));
        }

        var outcome = await run.Completion;
        return (outcome, RunSummary.Print(shown, outcome));
    }

    static CliHost Lasting(CliHost host) =>
        host with { Out = new LastingWriter(host.Out), Error = new LastingWriter(host.Error) };

    static async Task ShowAsync(CliHost host, SwarmRun run, long start)
    {
        // A key that leaves would leave a swarm without an owner: only signals stop a run.
        var screen = host with { PressedKey = () => null };
        var journal = new RecentJournal(
            (after, limit, token) => run.Store.ReadJournalAsync(after, null, limit, token), start);
        await LiveScreen.ShowAsync(
            screen, "Ctrl-C stops at a safe point, twice ends the agents",
            async token =>
            {
                await journal.CatchUpAsync(token);
                var status = await run.Store.ReadStatusAsync(token);
                var json = StatusJson.Format(
                    status, new SwarmLife.Here(), await run.ReadVitalsAsync(status, token));
                return new LiveState(StatusView.Parse(json), Alive: true, journal.Kept);
            },
            _ => run.Completion.IsCompleted, CancellationToken.None);
    }
}
