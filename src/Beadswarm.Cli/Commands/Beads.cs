using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Lists the backlog as a run would look at it. Reads the tracker itself, so it works without a swarm.
/// </summary>
static class BeadsCommand
{
    public static Command Create(CliHost host)
    {
        var ready = new Option<bool>("--ready")
        {
            Description = "Only beads that can be claimed now, in the order in which they would be",
        };
        var command = new Command("beads", "List the beads that a run would take, and why it would not take others")
        {
            ready,
        };
        var select = new SelectOptions(command);
        command.Does(host, async (call, cancellationToken) =>
        {
            var repository = call.RepositoryPath;
            var sources = await Settings.ReadAsync(repository, host, select.Flags(call), cancellationToken);
            var beads = await Candidates.ReadAsync(
                repository, Settings.Load(sources).Config, host.Time, cancellationToken);
            call.Print((call.Get(ready), call.Json) switch
            {
                (true, true) => JsonLine.Value(json => WriteIds(json, beads.Ready)) + "\n",
                (true, false) => FormatReady(beads, host),
                (false, true) => FormatJson(beads),
                (false, false) => FormatAll(beads, host),
            });
            return ExitCodes.Ok;
        });
        return command;
    }

    static void WriteIds(Utf8JsonWriter json, IReadOnlyList<Bead> beads)
    {
        json.WriteStartArray();
        foreach (var bead in beads)
        {
            json.WriteStringValue(bead.Id.Value);
        }

        json.WriteEndArray();
    }

    static string FormatJson(Candidates beads) =>
        string.Concat(beads.Selected.Select(bead => JsonLine.Object(json =>
        {
            var reasons = beads.ReasonsAgainst(bead);
            json.WriteString("bead", bead.Id.Value);
            json.WriteString("title", bead.Title);
            json.WriteNumber("priority", bead.Priority);
            json.WriteString("type", bead.Type);
            json.WriteString("status", bead.Status);
            json.WriteString("assignee", bead.Assignee);
            json.WriteNumber("unblocks", OrderRules.Unblocks(beads.Graph, bead.Id));
            json.WriteBoolean("ready", reasons.Count == 0);
            json.WriteStartArray("reasons");
            foreach (var reason in reasons)
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
        }) + "\n"));

    static string FormatReady(Candidates beads, CliHost host)
    {
        if (beads.Ready.Count == 0)
        {
            return beads.Selected.Count == 0
                ? "no bead is selected\n"
                : $"none of {beads.Selected.Count} selected beads is ready; 'beadswarm beads' says why\n";
        }

        var table = new TextTable(
            new TextColumn("#", Right: true), "bead", "prio", "type", new TextColumn("unblocks", Right: true),
            new TextColumn("title", Flexible: true));
        foreach (var (bead, i) in beads.Ready.Select((bead, i) => (bead, i)))
        {
            table.Add(
                Text(i + 1), bead.Id.Value, $"P{bead.Priority}", bead.Type,
                Text(OrderRules.Unblocks(beads.Graph, bead.Id)), bead.Title);
        }

        return table.Format(host.Width);
    }

    static string FormatAll(Candidates beads, CliHost host)
    {
        if (beads.Selected.Count == 0)
        {
            return "no bead is selected\n";
        }

        var table = new TextTable("bead", "prio", "ready", "title", new TextColumn("why not", Flexible: true));
        foreach (var bead in beads.Selected)
        {
            var reasons = beads.ReasonsAgainst(bead);
            table.Add(
                bead.Id.Value, $"P{bead.Priority}", reasons.Count == 0 ? "yes" : "no",
                SafeText.Line(bead.Title, TitleWidthMax), string.Join("; ", reasons));
        }

        return table.Format(host.Width);
    }

    const int TitleWidthMax = 40;

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
