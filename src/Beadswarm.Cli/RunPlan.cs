using System.Globalization;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;

namespace Beadswarm.Cli;

/// <summary>What a run would do, without doing it: <c>run --dry-run</c>.</summary>
static class RunPlan
{
    public static async Task<int> PrintAsync(
        VerbCall call, string repositoryPath, ConfigResult.Loaded loaded, CancellationToken cancellationToken)
    {
        var beads = await Candidates.ReadAsync(repositoryPath, loaded.Config, call.Host.Time, cancellationToken);
        await using var swarm = SwarmReader.Open(call, repositoryPath);
        var cost = await CostForecast.ReadAsync(
            swarm, loaded.Config, MayLand(loaded.Config.Select, beads), cancellationToken);
        call.Print(call.Json ? FormatJson(loaded, beads, cost) + "\n" : FormatText(loaded, beads, cost, call.Host));
        return loaded.RunProblems.Count == 0 ? ExitCodes.Ok : ExitCodes.ConfigInvalid;
    }

    /// <summary>Those that would be begun: the limit counts from the first one.</summary>
    static IEnumerable<Bead> Begun(ConfigResult.Loaded loaded, Candidates beads) =>
        beads.Ready.Take(loaded.Config.Select.Limit ?? int.MaxValue);

    /// <summary>What is not ready yet may become so.</summary>
    static int MayLand(SelectConfig select, Candidates beads) => Math.Min(
        beads.Selected.Count, Math.Min(select.Limit ?? int.MaxValue, select.Target ?? int.MaxValue));

    static string FormatJson(ConfigResult.Loaded loaded, Candidates beads, CostForecast cost) =>
        JsonLine.Object(json =>
        {
            var config = loaded.Config;
            json.WriteString("type", "plan");
            json.WriteStartArray("beads");
            foreach (var bead in Begun(loaded, beads))
            {
                json.WriteStringValue(bead.Id.Value);
            }

            json.WriteEndArray();
            json.WriteNumber("selected", beads.Selected.Count);
            json.WriteNumberOrNull("target", config.Select.Target);
            json.WriteStartArray("pools");
            foreach (var pool in config.Pools)
            {
                json.WriteStartObject();
                json.WriteString("role", pool.Role);
                json.WriteNumber("agents", pool.Agents);
                json.WriteString("runner", pool.Runner);
                json.WriteStartArray("stages");
                foreach (var stage in pool.Stages)
                {
                    json.WriteStringValue(stage.Value);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("gates");
            foreach (var gate in config.Gates.Values)
            {
                json.WriteStartObject();
                json.WriteString("name", gate.Name);
                json.WriteString("run", gate.Run);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("landing");
            json.WriteString("mode", Word(config.Landing.Mode));
            json.WriteString("target", config.Landing.Target);
            json.WriteString("remote", config.Landing.Remote);
            json.WriteEndObject();
            json.WriteStartObject("cost");
            cost.Write(json);
            json.WriteEndObject();
            json.WriteStartArray("problems");
            foreach (var problem in loaded.RunProblems)
            {
                json.WriteStringValue(Settings.Say(problem));
            }

            json.WriteEndArray();
        });

    static string FormatText(ConfigResult.Loaded loaded, Candidates beads, CostForecast cost, CliHost host)
    {
        var config = loaded.Config;
        var text = new StringBuilder();
        foreach (var pool in config.Pools)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"agents   {pool.Agents} × {pool.Role}, runner {pool.Runner}: {string.Join(" → ", pool.Stages)}\n");
        }

        foreach (var gate in config.Gates.Values)
        {
            text.Append(CultureInfo.InvariantCulture, $"gate     {gate.Name}: {SafeText.Line(gate.Run)}\n");
        }

        text.Append(config.Gates.Count == 0 ? "gate     none: nothing but the agents' reviews proves a change\n" : "")
            .Append(CultureInfo.InvariantCulture, $"landing  {Word(config.Landing.Mode)} on {config.Landing.Target}")
            .Append(config.Landing.Remote is { } remote ? $", pushed to {remote}" : ", in this repository")
            .Append('\n').Append("cost     ").Append(cost.Describe()).Append('\n');
        foreach (var problem in loaded.RunProblems)
        {
            text.Append("problem  ").Append(Settings.Say(problem)).Append('\n');
        }

        var begun = Begun(loaded, beads).ToArray();
        text.Append(
            CultureInfo.InvariantCulture,
            $"beads    {begun.Length} ready of {beads.Selected.Count} selected, in this order:\n");
        var table = new TextTable(
            new TextColumn("#", Right: true), "bead", "prio", new TextColumn("title", Flexible: true));
        foreach (var (bead, i) in begun.Select((bead, i) => (bead, i)))
        {
            table.Add((i + 1).ToString(CultureInfo.InvariantCulture), bead.Id.Value, $"P{bead.Priority}", bead.Title);
        }

        return text.Append(table.Count > 0 ? table.Format(host.Width) : "").Append("nothing was changed\n").ToString();
    }

    static string Word(LandingMode mode) =>
        mode switch
        {
            LandingMode.Queue => "queue",
            LandingMode.Integration => "integration",
            LandingMode.Branch => "branch",
            LandingMode.PullRequest => "pull-request",
        };
}
