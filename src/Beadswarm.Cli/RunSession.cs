using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// One swarm run in this process, shown as it goes: a live screen on a terminal, plain lines elsewhere, or one JSON
/// object
/// per line. Signals stop it in three steps; none of them loses anything.
/// </summary>
static class RunSession
{
    /// <summary>Runs to the end and says how it ended. The summary is the last line of JSON.</summary>
    /// <exception cref="SwarmHeldException">Another swarm runs here.</exception>
    public static async Task<(SwarmOutcome Outcome, int ExitCode)> RunAsync(
        VerbCall call, SwarmSetup setup, CancellationToken cancellationToken)
    {
        await using var run = await SwarmRun.StartAsync(setup, cancellationToken);
        using var cancelled = cancellationToken.Register(() => run.Terminate("cancelled"));
        using var signals = new Signals(
            (step, name) => Stop(run, call, step, name), () => run.Drain("the terminal was closed"));
        var epoch = (await run.Store.ReadSwarmAsync(cancellationToken))?.Epoch;

        // The signals end the run, not the looking on: what happens on the way down is shown too.
        if (call.Host.Interactive && !call.Json)
        {
            await ShowAsync(call.Host, run, epoch);
        }
        else
        {
            await foreach (var entry in SinceAsync(run, epoch))
            {
                Print(call, entry);
            }
        }

        var outcome = await run.Completion;
        var exitCode = ExitCodeOf(outcome.End);
        call.PrintLine(call.Json ? SummaryJson(outcome, exitCode) : SummaryText(outcome));
        return (outcome, exitCode);
    }

    public static int ExitCodeOf(SwarmEnd end) =>
        end switch
        {
            SwarmEnd.Completed => ExitCodes.Ok,
            SwarmEnd.Exhausted => ExitCodes.Exhausted,
            SwarmEnd.Drained => ExitCodes.Drained,
            SwarmEnd.Terminated => ExitCodes.Terminated,
            SwarmEnd.Meltdown => ExitCodes.Meltdown,
        };

    /// <summary>The last line of <c>run --format json</c>. Public and stable.</summary>
    public static string SummaryJson(SwarmOutcome outcome, int exitCode) =>
        JsonLine.Object(json =>
        {
            json.WriteString("type", "summary");
            json.WriteNumber("landed", outcome.Landed);
            json.WriteNumber("blocked", outcome.Blocked);
            json.WriteNumber("pending", outcome.Pending);
            json.WriteNumber("target", outcome.Target ?? Selected(outcome));
            json.WriteNumber("attempts", outcome.Attempts);
            json.WriteNumber("durationMs", (long)outcome.Duration.TotalMilliseconds);
            json.WriteNumber("exitCode", exitCode);
        });

    public static string SummaryText(SwarmOutcome outcome)
    {
        var how = outcome.End switch
        {
            SwarmEnd.Completed => "completed",
            SwarmEnd.Exhausted => "nothing more can be done without a person",
            SwarmEnd.Drained => "stopped at a safe point; 'beadswarm run --resume' goes on",
            SwarmEnd.Terminated => "terminated, with all work kept; 'beadswarm run --resume' goes on",
            SwarmEnd.Meltdown => "stopped by itself: too many failures at once",
        };
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"{outcome.Landed} of {outcome.Target ?? Selected(outcome)} landed, {outcome.Blocked} blocked, ")
            + (outcome.Left > 0 ? $"{outcome.Left} left on branches, " : "")
            + $"{outcome.Pending} pending, {outcome.Attempts} attempts in {Spans.Format(outcome.Duration)}";
        var reason = outcome.Reason is null ? "" : $" ({SafeText.Line(outcome.Reason)})";
        var next = outcome.Blocked > 0 ? "\n'beadswarm failures' lists what is blocked and why" : "";
        return $"{how}{reason}\n{counts}{next}";
    }

    static int Selected(SwarmOutcome outcome) => outcome.Landed + outcome.Blocked + outcome.Left + outcome.Pending;

    static void Stop(SwarmRun run, VerbCall call, SignalStep step, string name)
    {
        // On a live screen the headline says it; elsewhere a person who pressed a key must see that it was heard.
        var quiet = call.Host.Interactive && !call.Json;
        switch (step)
        {
            case SignalStep.Drain:
                run.Drain($"{name} was pressed or sent");
                Tell("draining: what runs goes on to a safe point; once more ends the agents");
                break;
            case SignalStep.Terminate:
                run.Terminate($"{name} for the second time");
                Tell("terminating the agents, keeping their work; once more exits at once");
                break;
            case SignalStep.Exit:
                Environment.Exit(ExitCodes.Terminated);
                break;
        }

        void Tell(string what)
        {
            if (!quiet)
            {
                call.Note(what);
            }
        }
    }

    static async Task ShowAsync(CliHost host, SwarmRun run, SwarmEpoch? epoch)
    {
        // A key that leaves would leave a swarm without an owner: only signals stop a run.
        var screen = host with { PressedKey = () => null };
        var journal = new RecentJournal(
            (after, limit, token) => run.Store.ReadJournalAsync(after, null, limit, token));
        await LiveScreen.ShowAsync(
            screen, "Ctrl-C stops at a safe point, twice ends the agents",
            async token =>
            {
                await journal.CatchUpAsync(token);
                var status = await run.Store.ReadStatusAsync(token);
                return new LiveState(status, Alive: true, [.. OfEpoch(journal.Kept, epoch)]);
            },
            _ => run.Completion.IsCompleted, CancellationToken.None);
    }

    static IEnumerable<JournalEntry> OfEpoch(IReadOnlyList<JournalEntry> entries, SwarmEpoch? epoch)
    {
        var start = entries.Select((entry, i) => Begins(entry, epoch) ? i : 0).DefaultIfEmpty(0).Max();
        return entries.Skip(start);
    }

    /// <summary>
    /// The journal from the start of this run on; what earlier runs of the repository wrote is theirs.
    /// </summary>
    static async IAsyncEnumerable<JournalEntry> SinceAsync(SwarmRun run, SwarmEpoch? epoch)
    {
        var begun = false;
        await foreach (var entry in run.FollowAsync(0, CancellationToken.None))
        {
            begun |= Begins(entry, epoch);
            if (begun)
            {
                yield return entry;
            }
        }
    }

    static bool Begins(JournalEntry entry, SwarmEpoch? epoch) =>
        entry.Event is JournalEvent.SwarmStarted started && started.Epoch == epoch?.Value;

    static void Print(VerbCall call, JournalEntry entry)
    {
        if ((call.Json ? JournalJson.Format(entry) : JournalText.Format(entry, call.Host.Zone)) is { } line)
        {
            call.PrintLine(line);
        }
    }
}
