using System.Globalization;
using System.Text;
using Beadswarm.Simulation.Outlooks;

namespace Beadswarm.Cli.Rendering;

/// <summary>An outlook for people: the table, what bounds it, what stands still, and what it rests on.</summary>
static class OutlookText
{
    /// <summary>Of a list of beads; the JSON has all of them.</summary>
    const int ShownMax = 10;

    /// <summary>Of a way through the backlog.</summary>
    const int PathShownMax = 8;

    /// <param name="cost">What it is expected to cost, in words.</param>
    public static string Format(Outlook outlook, string cost, int width)
    {
        var reach = outlook.Reach;
        if (reach.Selected == 0)
        {
            return "no bead is selected\n";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Count(reach.Selected, "bead")} selected, {reach.Ready} ready, ")
            .Append(CultureInfo.InvariantCulture, $"{reach.CanLand} can land; the longest chain: {reach.Rounds}");
        if (outlook.Rows.Count > 0)
        {
            var (first, last) = (outlook.Seeds[0], outlook.Seeds[^1]);
            text.Append(CultureInfo.InvariantCulture, $"\n{Count(outlook.Seeds.Count, "run")} for each row")
                .Append(first == last ? $", seed {first}\n\n" : $", seeds {first} to {last}\n\n")
                .Append(Rows(outlook, width)).Append('\n').Append(Verdict(outlook));
        }

        text.Append(outlook.Rows.Count > 0 ? "" : "\n");
        AppendStandstills(text, reach);
        AppendBlocked(text, outlook);
        if (outlook.Rows.Count > 0)
        {
            AppendSources(text, outlook, width);
        }

        return text.Append("cost: ").Append(cost).Append('\n').Append("nothing was changed\n").ToString();
    }

    public static string Word(Bound bound) => bound switch
    {
        Bound.Chain => "chain",
        Bound.Agents => "agents",
        Bound.Lander => "lander",
        Bound.Gates => "gates",
    };

    static string Rows(Outlook outlook, int width)
    {
        var table = new TextTable(
            Right("agents"), Right("p10"), Right("p50"), Right("p90"), Right("landed"), Right("busy"),
            Right("gate runs"), Right("landed/h"), "bound by");
        foreach (var row in outlook.Rows)
        {
            table.Add(
                Number(row.Agents), Spans.Format(row.P10), Spans.Format(row.P50), Spans.Format(row.P90),
                Number(row.Landed, "0.#"), Percent(row.Utilization), Number(row.GateRuns, "0"),
                Number(row.LandingsPerHour, "0.0"), BoundOf(row));
        }

        return table.Format(width);
    }

    static string BoundOf(OutlookRow row) => row.Bound switch
    {
        Bound.Chain => $"{Word(row.Bound)} {Percent(row.Work)}",
        Bound.Agents => $"{Word(row.Bound)} {Percent(row.ForAgent)}",
        Bound.Lander => $"{Word(row.Bound)} {Percent(row.ForLander)}",
        Bound.Gates => $"{Word(row.Bound)} {Percent(row.GatesBusy)}",
    };

    static string Verdict(Outlook outlook)
    {
        var (most, text) = (outlook.Rows[^1], new StringBuilder());
        text.Append(outlook.EnoughAgents is { } enough
            ? string.Create(CultureInfo.InvariantCulture, $"more than {enough} agents do not help: ")
            : string.Create(CultureInfo.InvariantCulture, $"with {Count(most.Agents, "agent")}: "));
        text.Append(most.Bound switch
        {
            Bound.Chain when most.Path.Count > 1 => $"these {most.Path.Count} land one after the other: {Path(most)}",
            Bound.Chain => $"no bead is shorter: {Path(most)}",
            Bound.Agents => "beads wait for a free agent",
            Bound.Lander => "beads wait in the merge queue, which lands one after the other",
            Bound.Gates => "all gates that may run at once (limits.gatesMax) are nearly always at work",
        }).Append('\n');
        foreach (var row in outlook.Rows.Where(row => row.Troubles.Count > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"stalls with {Count(row.Agents, "agent")}: ")
                .Append(CultureInfo.InvariantCulture, $"{row.Troubles.Count} of {outlook.Seeds.Count} runs, ")
                .Append(SafeText.Line(row.Troubles[0])).Append('\n');
        }

        return text.ToString();
    }

    static string Path(OutlookRow row) =>
        string.Join(" → ", row.Path.Take(PathShownMax))
        + (row.Path.Count > PathShownMax ? $" → and {row.Path.Count - PathShownMax} more" : "");

    static void AppendStandstills(StringBuilder text, BacklogReach reach)
    {
        var never = reach.Selected - reach.CanLand;
        if (never > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{Count(never, "bead")} would never become ready:\n");
        }

        foreach (var cycle in reach.Cycles.Take(ShownMax))
        {
            text.Append("  a circle: ").AppendJoin(" → ", cycle).Append(" → ").Append(cycle[0]).Append('\n');
        }

        foreach (var found in reach.Standstills.Take(ShownMax))
        {
            text.Append("  ").Append(found.Bead).Append(": ").Append(SafeText.Line(string.Join("; ", found.Reasons)))
                .Append(found.Waiting > 0 ? $" (and {found.Waiting} behind it)" : "").Append('\n');
        }

        More(text, reach.Standstills.Count);
    }

    static void AppendBlocked(StringBuilder text, Outlook outlook)
    {
        foreach (var row in outlook.Rows.Where(row => row.Blocked.Count > 0).Take(1))
        {
            text.Append(CultureInfo.InvariantCulture, $"\nblocked with {Count(row.Agents, "agent")}:\n");
            foreach (var blocked in row.Blocked.Take(ShownMax))
            {
                text.Append("  ").Append(blocked.Bead)
                    .Append(CultureInfo.InvariantCulture, $" in {blocked.Runs} of {outlook.Seeds.Count}: ")
                    .Append(SafeText.Line(blocked.Reason)).Append('\n');
            }

            More(text, row.Blocked.Count);
        }
    }

    static void AppendSources(StringBuilder text, Outlook outlook, int width)
    {
        var table = new TextTable("rests on", "", Right("median"), Right("fails"), "from");
        foreach (var source in outlook.Sources)
        {
            table.Add(
                source.Kind, source.Name, Spans.Format(source.Median),
                source.FailureRate is { } rate ? Percent(rate) : "-", From(source));
        }

        text.Append('\n').Append(table.Format(width));
    }

    static string From(PaceSource source) => (source.Measured, source.FailureRate, source.RateMeasured) switch
    {
        (0, null, _) => "assumed",
        (0, _, false) => "assumed",
        (0, _, true) => "duration assumed, failures measured",
        (var times, not null, false) => $"measured {Count(times, "time")}, failures assumed",
        (var times, _, _) => $"measured {Count(times, "time")}",
    };

    static void More(StringBuilder text, int all)
    {
        if (all > ShownMax)
        {
            text.Append(CultureInfo.InvariantCulture, $"  and {all - ShownMax} more\n");
        }
    }

    static TextColumn Right(string title) => new(title, Right: true);

    static string Count(int number, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? "" : "s")}");

    static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    static string Number(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);

    static string Percent(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Round(share * 100):0}%");
}
