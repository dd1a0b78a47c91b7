using Beadswarm.Journal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Beadswarm.Cli.Rendering;

/// <summary>What a live screen is drawn from: the state now, and what happened lately.</summary>
sealed record LiveState(StatusView Status, bool Alive, IReadOnlyList<JournalEntry> Recent);

/// <summary>
/// The screen of <c>watch</c>, and of <c>run</c> on a terminal. Only ever used on a terminal: elsewhere its cursor
/// movements
/// would be garbage.
/// </summary>
static class LiveScreen
{
    /// <summary>Rows kept for the headline, the bar, the captions and the line of keys.</summary>
    const int FixedRows = 8;
    const int RecentRowsMin = 3;
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Draws until <paramref name="ended"/> says so, or q is pressed. Says whether it was q.</summary>
    public static async Task<bool> ShowAsync(
        CliHost host, string keys, Func<CancellationToken, Task<LiveState>> read, Func<LiveState, bool> ended,
        CancellationToken cancellationToken)
    {
        var quit = false;
        var console = Console(host, ansi: true);
        await console.Live(new Text("")).AutoClear(true).Overflow(VerticalOverflow.Crop).StartAsync(async screen =>
        {
            while (!quit)
            {
                var state = await read(cancellationToken);
                screen.UpdateTarget(Draw(state, host, keys));
                screen.Refresh();
                if (ended(state))
                {
                    break;
                }

                quit = host.PressedKey() is 'q' or 'Q';
                if (!quit)
                {
                    await Task.Delay(Interval, host.Time, cancellationToken);
                }
            }
        });
        return quit;
    }

    /// <summary>
    /// A console that writes where the host says, with exactly the abilities that the host says it has.
    /// </summary>
    public static IAnsiConsole Console(CliHost host, bool ansi)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ansi && host.Color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = ansi ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(host.Out),
        });
        console.Profile.Width = host.Width;
        console.Profile.Height = host.Height;
        return console;
    }

    public static IRenderable Draw(LiveState state, CliHost host, string keys)
    {
        var now = host.Time.GetUtcNow();
        var view = state.Status;
        var pace = Pace.Of(view, now);
        var agents = Math.Max(1, Math.Min(view.Agents.Count, host.Height - FixedRows - RecentRowsMin));
        var recent = Math.Max(RecentRowsMin, host.Height - FixedRows - agents);
        var time = Spans.Format(pace.Elapsed) + (pace.ToGo is { } left ? $", {left}" : "");
        return new Rows(
            new Text(Cut(view.Headline(), host), new Style(decoration: Decoration.Bold)),
            new Text(Cut($"{pace.Bar()} {time}", host), new Style(Color.Green)),
            new Text(""),
            Agents(view, agents, now.UtcDateTime, host),
            new Text(""),
            new Rows(state.Recent
                .Select(entry => (entry, line: JournalText.Format(entry, host.Zone)))
                .Where(pair => pair.line is not null).TakeLast(recent)
                .Select(pair => new Text(Cut(pair.line!, host), StyleOf(pair.entry.Event)))),
            new Text(""),
            new Text(keys, new Style(Color.Grey)));
    }

    /// <summary>The same table as <c>agents</c> prints, so that it is cut in the same places.</summary>
    static Rows Agents(StatusView view, int rows, DateTime now, CliHost host)
    {
        var lines = view.FormatAgents(now, host.Width - 1).TrimEnd('\n').Split('\n');
        var agents = view.Agents.Take(rows)
            .Select((agent, i) => new Text(Cut(lines[i + 1], host), StyleOf(agent.Status)));
        var more = view.Agents.Count > rows
            ? [new Text($"and {view.Agents.Count - rows} more agents", new Style(Color.Grey))]
            : Array.Empty<Text>();
        return new Rows([new Text(Cut(lines[0], host), new Style(Color.Grey)), .. agents, .. more]);
    }

    static string Cut(string line, CliHost host) => SafeText.Line(line, host.Width - 1);

    static Style StyleOf(string status) =>
        status switch
        {
            "working" => new Style(Color.Green),
            "parked" => new Style(Color.Red),
            _ => new Style(Color.Grey),
        };

    static Style StyleOf(JournalEvent entry) =>
        entry switch
        {
            JournalEvent.BeadLanded or JournalEvent.LandingIntegrated => new Style(Color.Green),
            JournalEvent.BeadBlocked or JournalEvent.ComponentFailed => new Style(Color.Red),
            JournalEvent.LandingBroke or JournalEvent.TargetJudged { Gate: not null } => new Style(Color.Red),
            JournalEvent.ComponentHeld or JournalEvent.ProcessesLeaked => new Style(Color.Yellow),
            JournalEvent.LandingReturned or JournalEvent.LeaseExpired => new Style(Color.Yellow),
            _ => Style.Plain,
        };
}
