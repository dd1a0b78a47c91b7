using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Cli.Rendering;

/// <summary>One landing as <c>queue</c> shows it.</summary>
/// <param name="Line">What it waits for; null: it is landing, or no lander is at work.</param>
sealed record QueueRow(LandingEntry Entry, LineState? Line, DateTimeOffset? Expected)
{
    /// <summary>The beads that are tested with it, as one tree.</summary>
    public IReadOnlyList<BeadId> With { get; init; } = [];

    /// <summary>The conflicts that await it.</summary>
    public IReadOnlyList<JournalEvent.ConflictForeseen> Foreseen { get; init; } = [];
}

/// <summary>The merge queue for people and for programs.</summary>
/// <param name="Slots">Tests that may run at once; 0 where no swarm runs.</param>
/// <param name="Held">What is in the way outside.</param>
sealed record QueueScreen(IReadOnlyList<QueueRow> Rows, QueuePause? Pause, int Slots, string? Held)
{
    const string Proposed = "proposed";

    /// <summary>What the gates of the whole last said of the target; null where they are not run.</summary>
    public TargetHealth? Health { get; init; }

    /// <summary>
    /// What is landing first, then the line as the lander sees it, then what it has not looked at yet.
    /// </summary>
    public static QueueScreen Of(LandingQueue queue, LineReport report, DateTimeOffset now)
    {
        var entries = queue.Entries.ToDictionary(entry => entry.Id);
        var moving = queue.Entries.Where(entry => entry.State is not LandingState.Queued);
        var expected = queue.Pause is null
            ? LineRules.Expect(report.Positions, report.Slots, report.Test, now)
            : report.Positions;
        var line = expected.Where(position =>
            entries.TryGetValue(position.Landing, out var entry) && entry.State is LandingState.Queued).ToArray();
        var known = line.Select(position => position.Landing).ToHashSet();
        var rest = queue.Entries.Where(entry => entry.State is LandingState.Queued && !known.Contains(entry.Id));
        return new QueueScreen(
            [
                .. moving.Select(entry => new QueueRow(entry, null, null)),
                .. line.Select(position => new QueueRow(
                    entries[position.Landing], position.State, position.Expected)
                {
                    With =
                    [
                        .. position.With.Select(entries.GetValueOrDefault).OfType<LandingEntry>()
                            .Select(other => other.Bead),
                    ],
                }),
                .. rest.Select(entry => new QueueRow(entry, null, null)),
            ],
            queue.Pause, report.Slots, report.Held);
    }

    /// <summary>With the conflicts that are foreseen for its beads.</summary>
    public QueueScreen Warned(IReadOnlyDictionary<BeadId, IReadOnlyList<JournalEvent.ConflictForeseen>> foreseen) =>
        this with
        {
            Rows = [.. Rows.Select(row => row with { Foreseen = foreseen.GetValueOrDefault(row.Entry.Bead) ?? [] })],
        };

    public string FormatJson() =>
        string.Concat(Rows.Select((row, i) => JsonLine.Object(json =>
        {
            var entry = row.Entry;
            json.WriteString("type", "landing");
            json.WriteNumber("position", i + 1);
            json.WriteString("bead", entry.Bead.Value);
            json.WriteString("title", entry.Title);
            json.WriteNumber("priority", entry.Priority);
            json.WriteNumber("agent", entry.Agent.Value);
            json.WriteNumber("attempt", entry.Attempt);
            json.WriteString("state", IsProposed(entry) ? Proposed : Word(entry.State));
            json.WriteString("line", row.Line is { } line ? Name(line) : null);
            json.WriteInstant("testingSince", Since(row.Line));
            json.WriteInstant("expectedAt", row.Expected);
            if (row.With.Count > 0)
            {
                json.WriteStartArray("with");
                foreach (var other in row.With)
                {
                    json.WriteStringValue(other.Value);
                }

                json.WriteEndArray();
            }

            json.WriteString("wish", WishOf(entry));
            json.WriteString("branch", entry.Branch);
            json.WriteString("headCommit", entry.HeadCommit);
            json.WriteInstant("queuedAt", entry.QueuedAt);
            if (row.Foreseen.Count > 0)
            {
                json.WriteStartArray("foreseen");
                foreach (var conflict in row.Foreseen)
                {
                    json.WriteStartObject();
                    json.WriteString("bead", conflict.Other);
                    json.WriteString("commit", conflict.OtherHead);
                    json.WriteBoolean("landed", conflict.Landed);
                    json.WriteString("files", conflict.Files);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            if (entry.PullRequest is { } pull)
            {
                json.WriteStartObject("pullRequest");
                json.WriteNumber("number", pull.Number);
                json.WriteString("url", pull.Url);
                json.WriteString("head", pull.Head);
                json.WriteString("waitsFor", pull.Waits);
                json.WriteEndObject();
            }
        }) + "\n"))
        + JsonLine.Object(json =>
        {
            json.WriteString("type", "queue");
            json.WriteNumber("waiting", Rows.Count);
            json.WriteNumber("testing", Testing);
            json.WriteNumber("tests", Slots);
            json.WriteBoolean("paused", Pause is not null);
            json.WriteInstant("pausedSince", Pause?.Since);
            json.WriteString("pausedReason", Pause?.Reason);
            json.WriteString("held", Held);
            if (Health is not null)
            {
                json.WritePropertyName("targetHealth");
                StatusJson.WriteHealth(json, Health);
            }
        }) + "\n";

    public string FormatText(DateTimeOffset now, int width)
    {
        var text = "";
        if (Pause is { } pause)
        {
            text += $"PAUSED for {Spans.Format(now - pause.Since)}{(pause.Reason is { } why ? $": {why}" : "")}"
                + "; 'beadswarm queue resume' lets it go on\n";
        }

        if (Held is not null)
        {
            text += $"waits: {SafeText.Line(Held)}\n";
        }

        if (Health is not null)
        {
            text += SafeText.Line(Health.Say()) + "\n";
        }

        if (Rows.Count == 0)
        {
            return text + "the merge queue is empty\n";
        }

        var table = new TextTable(
            new TextColumn("#", Right: true), "bead", "state", new TextColumn("waits", Right: true),
            new TextColumn("lands in", Right: true), new TextColumn("agent", Right: true),
            new TextColumn("title", Flexible: true));
        foreach (var (row, i) in Rows.Select((row, i) => (row, i)))
        {
            table.Add(
                (i + 1).ToString(CultureInfo.InvariantCulture), row.Entry.Bead.Value, Describe(row, now),
                Spans.Format(now - row.Entry.QueuedAt),
                row.Expected is { } at ? $"~{Spans.Format(at > now ? at - now : TimeSpan.Zero)}" : null,
                row.Entry.Agent.ToString(), row.Entry.Title);
        }

        text += table.Format(width) + string.Concat(Rows.Select(row => PullRequestLine(row.Entry)))
            + string.Concat(Rows.SelectMany(row => row.Foreseen.Select(conflict =>
                SafeText.Line($"{row.Entry.Bead}: {ForeseenText.Say(conflict)}") + "\n")));
        return Slots == 0 ? text : text + string.Create(
            CultureInfo.InvariantCulture, $"{Testing} of {Slots} tests under way\n");
    }

    static string PullRequestLine(LandingEntry entry) =>
        entry.PullRequest is { } pull
            ? SafeText.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Bead}: pull request #{pull.Number} waits for {pull.Waits} ({pull.Url})")) + "\n"
            : "";

    static bool IsProposed(LandingEntry entry) => entry is { State: LandingState.Queued, PullRequest: not null };

    /// <summary>The public name of a state.</summary>
    public static string Word(LandingState state) =>
        state switch
        {
            LandingState.Queued => "queued",
            LandingState.Intended => "landing",
            LandingState.Integrated => "integrated",
            LandingState.Landed => "landed",
            LandingState.Left => "left",
            LandingState.Returned => "returned",
        };

    /// <summary>Tests, not beads: those that are tested together count once.</summary>
    int Testing => Rows.Count(row => Since(row.Line) is not null
        && row.With.All(other => string.CompareOrdinal(row.Entry.Bead.Value, other.Value) < 0));

    static string Name(LineState line) => line switch
    {
        LineState.Queued => "queued",
        LineState.Foreseen => "foreseen",
        LineState.Conflicts => "conflicts",
        LineState.Resolving => "resolving",
        LineState.Waits => "waits",
        LineState.Testing => "testing",
        LineState.Passed => "passed",
        LineState.OnTrial => "trial",
    };

    static string Describe(QueueRow row, DateTimeOffset now) => (row.Entry.Wish, row.Line) switch
    {
        (LandingWish.Eject, _) => "leaves",
        (var wish, { } line) => Say(line, now) + With(row.With) + (wish is LandingWish.First ? ", first" : ""),
        (LandingWish.First, null) when row.Entry.State is LandingState.Queued => "queued, first",
        _ => IsProposed(row.Entry) ? Proposed : Word(row.Entry.State),
    };

    static string Say(LineState line, DateTimeOffset now) => line switch
    {
        LineState.Queued => "waits for a place",
        LineState.Foreseen => "waits for one ahead that it will conflict with",
        LineState.Conflicts => "waits for one ahead that it conflicts with",
        LineState.Resolving => "its conflicts are being resolved",
        LineState.Waits => "waits for a test",
        LineState.Testing testing => $"testing for {Spans.Format(now - testing.Since)}",
        LineState.Passed => "passed; waits for those ahead",
        LineState.OnTrial { Since: { } since } => $"failed; tried for {Spans.Format(now - since)}",
        LineState.OnTrial => "failed; waits to be tried",
    };

    const int WithShownMax = 3;

    static string With(IReadOnlyList<BeadId> others) =>
        others.Count == 0 ? ""
        : others.Count > WithShownMax
            ? $" with {string.Join(", ", others.Take(WithShownMax))} and {others.Count - WithShownMax} more"
        : $" with {string.Join(", ", others)}";

    static DateTimeOffset? Since(LineState? line) => line switch
    {
        LineState.Testing testing => testing.Since,
        LineState.OnTrial trial => trial.Since,
        _ => null, // nothing of it is under test
    };

    static string? WishOf(LandingEntry entry) => entry.Wish switch
    {
        LandingWish.First => "first",
        LandingWish.Eject => "eject",
        null => null,
    };
}
