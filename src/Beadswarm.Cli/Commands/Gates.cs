using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Gates;

namespace Beadswarm.Cli.Commands;

/// <summary>Lists the gates and how their runs have ended: which contradict themselves, and how often.</summary>
static class GatesCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("gates", "List the gates, how often each passed, failed and was flaky");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var ran = await swarm.ReadAsync((store, token) => store.ReadGatesAsync(token), cancellationToken);
            var sources = await Settings.ReadAsync(call.RepositoryPath, call.Host, [], cancellationToken);
            var configured = Settings.Load(sources).Config.Gates;
            var names = configured.Keys.Union(ran.Select(gate => gate.Gate)).Order(StringComparer.Ordinal);
            var gates = names.Select(name => (
                Name: name, Spec: configured.GetValueOrDefault(name), Ran: ran.FirstOrDefault(one => one.Gate == name)))
                .ToArray();
            if (call.Json)
            {
                foreach (var (name, spec, summary) in gates)
                {
                    call.PrintLine(FormatJson(name, spec, summary));
                }
            }
            else
            {
                call.Print(FormatText(gates, host));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    static string FormatJson(string name, GateSpec? spec, GateSummary? ran) => JsonLine.Object(json =>
    {
        json.WriteString("gate", name);
        json.WriteBoolean("configured", spec is not null);
        json.WriteBoolean("quarantined", spec is { Quarantined: true });
        json.WriteNumber("runs", ran?.Runs ?? 0);
        json.WriteNumber("passed", ran?.Passed ?? 0);
        json.WriteNumber("failed", ran?.Failed ?? 0);
        json.WriteNumber("withoutVerdict", ran?.WithoutVerdict ?? 0);
        json.WriteNumber("flaky", ran?.Flaky ?? 0);
        json.WriteNumberOrNull("typicalMs", ran?.Typical is { } typical ? (long)typical.TotalMilliseconds : null);
        json.WriteInstant("lastAt", ran?.LastAt);
    });

    static string FormatText((string Name, GateSpec? Spec, GateSummary? Ran)[] gates, CliHost host)
    {
        if (gates.Length == 0)
        {
            return "no gates: nothing proves that a change works; see 'gates' in .beadswarm/swarm.yaml\n";
        }

        var table = new TextTable(
            "gate", new TextColumn("runs", Right: true), new TextColumn("passed", Right: true),
            new TextColumn("failed", Right: true), new TextColumn("no verdict", Right: true),
            new TextColumn("flaky", Right: true), new TextColumn("takes", Right: true), "remarks");
        foreach (var (name, spec, ran) in gates)
        {
            table.Add(
                name, Number(ran?.Runs), Number(ran?.Passed), Number(ran?.Failed), Number(ran?.WithoutVerdict),
                Number(ran?.Flaky), ran?.Typical is { } typical ? Spans.Format(typical) : null,
                spec is null ? "not configured any more"
                    : spec.Quarantined ? "QUARANTINED: its failures hold nothing up"
                    : ran is { Flaky: > 0 } ? "flaky: mend it, or set gates.*.reruns or gates.*.quarantined"
                    : "");
        }

        return table.Format(host.Width);
    }

    static string Number(int? count) => (count ?? 0).ToString(CultureInfo.InvariantCulture);
}
