using System.Globalization;
using Beadswarm.Control;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Rendering;

/// <summary>What <c>status --all</c> shows: one line for each swarm that the store's database keeps.</summary>
static class SwarmList
{
    /// <summary>State of one that cannot be read.</summary>
    const string Unreadable = "unreadable";

    /// <param name="lifeOf">Whether there is an orchestrator for it.</param>
    public static string FormatJson(IReadOnlyList<SwarmGlance> all, Func<SwarmGlance, SwarmLife> lifeOf) =>
        string.Concat(all.Select(one => JsonLine.Object(json =>
        {
            json.WriteString("swarm", one.Name);
            json.WriteString("store", $"{one.Place}");
            switch (one)
            {
                case SwarmGlance.Unreadable { Why: var why }:
                    json.WriteString("state", Unreadable);
                    json.WriteString("reason", why);
                    break;
                case SwarmGlance.Seen { Status: var status }:
                    var row = Row.Of(status);
                    json.WriteString("state", StatusJson.State(status, lifeOf(one)));
                    json.WriteString("reason", status.Swarm?.Reason);
                    json.WriteString("holder", row.Holder);
                    json.WriteNumber("nodes", row.Nodes);
                    json.WriteNumber("agents", row.Agents);
                    json.WriteNumber("working", row.Working);
                    StatusJson.WriteCounts(json, status);
                    json.WriteInstant("startedAt", status.Swarm?.StartedAt);
                    json.WriteInstant("endedAt", status.Swarm?.EndedAt);
                    StatusJson.WriteCosts(json, status.Costs);
                    break;
            }
        }) + "\n"));

    public static string FormatText(
        IReadOnlyList<SwarmGlance> all, Func<SwarmGlance, SwarmLife> lifeOf, int width)
    {
        if (all.Count == 0)
        {
            return "no swarm has run here yet; 'beadswarm run' starts one\n";
        }

        var table = new TextTable(
            "swarm", "state", new TextColumn("landed", Right: true), new TextColumn("in progress", Right: true),
            new TextColumn("blocked", Right: true), new TextColumn("pending", Right: true),
            new TextColumn("agents", Right: true), new TextColumn("nodes", Right: true),
            new TextColumn("spent", Right: true), "holder", new TextColumn("note", Flexible: true));
        foreach (var one in all)
        {
            switch (one)
            {
                case SwarmGlance.Unreadable { Why: var why }:
                    table.Add(one.Name, Unreadable, null, null, null, null, null, null, null, null, why);
                    break;
                case SwarmGlance.Seen { Status: var status }:
                    var row = Row.Of(status);
                    table.Add(
                        one.Name, StatusJson.State(status, lifeOf(one)),
                        Share(status.Landed, StatusJson.TargetOf(status)), Text(status.InProgress + status.Landing),
                        Text(status.Blocked), Text(status.Pending),
                        Share(row.Working, row.Agents), Text(row.Nodes), CostText.Cost(status.Costs), row.Holder,
                        status.Swarm?.Reason ?? "");
                    break;
            }
        }

        return table.Format(width);
    }

    static string Share(int part, int whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{part} of {whole}");

    static string Text(int count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>What is counted for a line.</summary>
    /// <param name="Holder">The node that holds the swarm and lives; null: none does.</param>
    /// <param name="Nodes">Those that live.</param>
    /// <param name="Agents">Those of nodes that live, or all where there is one orchestrator only.</param>
    sealed record Row(string? Holder, int Nodes, int Agents, int Working)
    {
        public static Row Of(StatusSnapshot status)
        {
            var living = status.Nodes.Where(node => node.Ended is null).Select(node => node.Name).ToHashSet();
            var agents = status.Nodes.Count == 0
                ? status.Agents
                : [.. status.Agents.Where(agent => agent.Node is { } node && living.Contains(node))];
            return new Row(
                status.Swarm is { } swarm && living.Contains(swarm.Node) ? swarm.Node : null, living.Count,
                agents.Count, agents.Count(agent => agent.Bead is not null));
        }
    }
}
