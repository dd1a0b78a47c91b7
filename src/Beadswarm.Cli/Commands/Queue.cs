using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Landing;

namespace Beadswarm.Cli.Commands;

/// <summary>Lists the merge queue in the order in which it lands.</summary>
static class QueueCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("queue", "List the beads that wait to land, next one first");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var queue = await swarm.ReadAsync((store, token) => store.ReadQueueAsync(token), cancellationToken);
            call.Print(call.Json ? FormatJson(queue) : FormatText(queue, host));
            return ExitCodes.Ok;
        });
        return command;
    }

    static string FormatJson(IReadOnlyList<LandingEntry> queue) =>
        string.Concat(queue.Select((entry, i) => JsonLine.Object(json =>
        {
            json.WriteNumber("position", i + 1);
            json.WriteString("bead", entry.Bead.Value);
            json.WriteString("title", entry.Title);
            json.WriteNumber("priority", entry.Priority);
            json.WriteNumber("agent", entry.Agent.Value);
            json.WriteNumber("attempt", entry.Attempt);
            json.WriteString("state", Word(entry.State));
            json.WriteString("branch", entry.Branch);
            json.WriteString("headCommit", entry.HeadCommit);
            json.WriteInstant("queuedAt", entry.QueuedAt);
        }) + "\n"));

    static string FormatText(IReadOnlyList<LandingEntry> queue, CliHost host)
    {
        if (queue.Count == 0)
        {
            return "the merge queue is empty\n";
        }

        var table = new TextTable(
            new TextColumn("#", Right: true), "bead", "state", new TextColumn("waits", Right: true),
            new TextColumn("agent", Right: true), new TextColumn("title", Flexible: true));
        foreach (var (entry, i) in queue.Select((entry, i) => (entry, i)))
        {
            table.Add(
                (i + 1).ToString(CultureInfo.InvariantCulture), entry.Bead.Value, Word(entry.State),
                Spans.Format(host.Time.GetUtcNow() - entry.QueuedAt), entry.Agent.ToString(), entry.Title);
        }

        return table.Format(host.Width);
    }

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
}
