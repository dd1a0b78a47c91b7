using System.Text;
using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Simulation.Outlooks;

namespace Beadswarm.Cli.Rendering;

/// <summary>An outlook for programs: one object a line; docs/guides/planning.md says what the fields mean.</summary>
static class OutlookJson
{
    public static string Format(Outlook outlook)
    {
        var text = new StringBuilder();
        foreach (var source in outlook.Sources)
        {
            Append(text, json =>
            {
                json.WriteString("type", "source");
                json.WriteString("kind", source.Kind);
                json.WriteString("name", source.Name);
                json.WriteNumber("measured", source.Measured);
                json.WriteNumber("medianSeconds", Rounded(source.Median.TotalSeconds));
                WriteShare(json, "failureRate", source.FailureRate);
                json.WriteBoolean("failureRateMeasured", source.RateMeasured);
            });
        }

        foreach (var found in outlook.Reach.Standstills)
        {
            Append(text, json =>
            {
                json.WriteString("type", "standstill");
                json.WriteString("bead", found.Bead.Value);
                WriteTexts(json, "reasons", found.Reasons);
                json.WriteNumber("waiting", found.Waiting);
            });
        }

        foreach (var cycle in outlook.Reach.Cycles)
        {
            Append(text, json =>
            {
                json.WriteString("type", "cycle");
                WriteBeads(json, "beads", cycle);
            });
        }

        foreach (var row in outlook.Rows)
        {
            Append(text, json => WriteRow(json, row));
        }

        Append(text, json => WriteSummary(json, outlook));
        return text.ToString();
    }

    static void WriteRow(Utf8JsonWriter json, OutlookRow row)
    {
        json.WriteString("type", "row");
        json.WriteNumber("agents", row.Agents);
        json.WriteNumber("p10Seconds", Rounded(row.P10.TotalSeconds));
        json.WriteNumber("p50Seconds", Rounded(row.P50.TotalSeconds));
        json.WriteNumber("p90Seconds", Rounded(row.P90.TotalSeconds));
        json.WriteNumber("landed", Rounded(row.Landed));
        WriteShare(json, "busy", row.Utilization);
        json.WriteNumber("gateRuns", Rounded(row.GateRuns));
        WriteShare(json, "gatesBusy", row.GatesBusy);
        json.WriteNumber("landingsPerHour", Rounded(row.LandingsPerHour));
        json.WriteString("bound", OutlookText.Word(row.Bound));
        json.WriteStartObject("path");
        WriteShare(json, "work", row.Work);
        WriteShare(json, "forAgent", row.ForAgent);
        WriteShare(json, "forLander", row.ForLander);
        WriteBeads(json, "beads", row.Path);
        json.WriteEndObject();
        json.WriteStartArray("blocked");
        foreach (var blocked in row.Blocked)
        {
            json.WriteStartObject();
            json.WriteString("bead", blocked.Bead.Value);
            json.WriteNumber("runs", blocked.Runs);
            json.WriteString("reason", blocked.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "stalls", row.Troubles);
    }

    static void WriteSummary(Utf8JsonWriter json, Outlook outlook)
    {
        json.WriteString("type", "summary");
        json.WriteNumber("selected", outlook.Reach.Selected);
        json.WriteNumber("ready", outlook.Reach.Ready);
        json.WriteNumber("canLand", outlook.Reach.CanLand);
        json.WriteNumber("longestChain", outlook.Reach.Rounds);
        json.WriteNumber("seed", outlook.Seeds[0]);
        json.WriteNumber("seeds", outlook.Seeds.Count);
        json.WriteNumberOrNull("enoughAgents", outlook.EnoughAgents);
    }

    static void WriteShare(Utf8JsonWriter json, string name, double? share)
    {
        if (share is { } given)
        {
            json.WriteNumber(name, Math.Round(given, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    static void WriteBeads(Utf8JsonWriter json, string name, IReadOnlyList<BeadId> beads) =>
        WriteTexts(json, name, beads.Select(bead => bead.Value));

    static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    static void Append(StringBuilder text, Action<Utf8JsonWriter> fields) =>
        text.Append(JsonLine.Object(fields)).Append('\n');

    static double Rounded(double number) => Math.Round(number, 1);
}
