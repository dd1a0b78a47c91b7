using System.CommandLine;
using Beadswarm.Claims;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Shows a swarm that runs elsewhere as <c>run</c> shows its own, to its end, and ends with its exit code. It never
/// touches the swarm.
/// </summary>
static class AttachCommand
{
    static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(100);

    public static Command Create(CliHost host)
    {
        var agent = BeadOptions.Agent("Follow what this agent does instead, stage after stage");
        var command = new Command(
            "attach", "Follow the swarm to its end, with its exit code; Ctrl-C leaves it running")
        {
            agent,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var signals = new Signals(_ => left.Cancel());
            try
            {
                await UntilUpAsync(call, left.Token);
                await using var swarm = SwarmReader.Open(call);
                return call.Get(agent) is { } number
                    ? await FollowAgentAsync(call, swarm, number, left.Token)
                    : await FollowAsync(call, swarm, left);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                call.Note("left; the swarm goes on");
                return ExitCodes.NotEnded;
            }
        });
        return command;
    }

    /// <summary>Shows one agent live, to the end of the swarm.</summary>
    static async Task<int> FollowAgentAsync(
        VerbCall call, SwarmReader swarm, AgentNumber agent, CancellationToken cancellationToken)
    {
        if (!swarm.Alive)
        {
            throw new UserError(
                "no swarm runs here", $"'beadswarm logs --agent {agent}' shows what the agent did last",
                ExitCodes.NoSwarm);
        }

        var logs = new AgentLogs(call, swarm, new LogSelection(null, agent));
        await logs.ShowAsync(LogsCommand.TailDefault, cancellationToken);
        await logs.FollowAsync(cancellationToken);
        return ExitCodes.Ok;
    }

    /// <summary>A swarm that has just been started and still recovers what was left is waited for.</summary>
    static async Task UntilUpAsync(VerbCall call, CancellationToken cancellationToken)
    {
        var paths = new SwarmPaths(call.RepositoryPath);
        var client = new ControlClient(paths.Socket);
        while (SwarmPresence.Look(paths) is SwarmPresence.Living && !client.Answers())
        {
            await Task.Delay(LookPause, call.Host.Time, cancellationToken);
        }
    }

    static async Task<int> FollowAsync(VerbCall call, SwarmReader swarm, CancellationTokenSource left)
    {
        var record = await swarm.ReadAsync((store, token) => store.ReadSwarmAsync(token), left.Token)
            ?? throw new UserError(
                "no swarm has run here yet", "start one with 'beadswarm start'", ExitCodes.NoSwarm);
        Task<IReadOnlyList<JournalEntry>> ReadAsync(long after, int limit, CancellationToken token) =>
            swarm.ReadAsync((store, t) => store.ReadJournalAsync(after, null, limit, t), token);
        var start = await EpochStart.FindAsync(ReadAsync, record, left.Token);
        var journal = new RecentJournal(ReadAsync, start);
        var end = !swarm.Alive ? null
            : call.Host.Interactive && !call.Json ? await ShowAsync(call.Host, swarm, journal, left)
            : await PrintAsync(call, swarm, start, left.Token);
        if (end is null)
        {
            // What it wrote last may have come too late for the connection, and an ended one has its end in the store.
            await journal.CatchUpAsync(left.Token);
            end = journal.Kept.Select(entry => entry.Event).OfType<JournalEvent.SwarmEnded>().LastOrDefault();
        }

        return end is not null && SwarmOutcome.From(end) is { } outcome
            ? RunSummary.Print(call, outcome)
            : throw new UserError(
                "the swarm is gone and has not come to an end: it was killed",
                "'beadswarm start' goes on where it was", ExitCodes.NoSwarm);
    }

    static async Task<JournalEvent.SwarmEnded?> PrintAsync(
        VerbCall call, SwarmReader swarm, long start, CancellationToken cancellationToken)
    {
        var output = new JournalOutput(call);
        try
        {
            await output.PrintAsync(swarm.Client.FollowAsync(start, cancellationToken));
        }
        catch (ControlException error) when (error.Kind == ControlErrorKind.Gone)
        {
            // It ended between the two questions; its store has the rest.
        }

        return output.End;
    }

    static async Task<JournalEvent.SwarmEnded?> ShowAsync(
        CliHost host, SwarmReader swarm, RecentJournal journal, CancellationTokenSource left)
    {
        var quit = await LiveScreen.ShowAsync(
            host, "q or Ctrl-C leaves; the swarm goes on",
            async token =>
            {
                await journal.CatchUpAsync(token);
                var view = StatusView.Parse(await swarm.ReadStatusJsonAsync(token));
                return new LiveState(view, swarm.Alive, journal.Kept);
            },
            state => !state.Alive, left.Token);
        if (quit)
        {
            await left.CancelAsync();
            left.Token.ThrowIfCancellationRequested();
        }

        return null;
    }
}
