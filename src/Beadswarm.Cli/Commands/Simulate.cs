using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Beadswarm.Configuration;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Tells how long the backlog would take with how many agents, by running the engine in simulated worlds. Reads only.
/// </summary>
static class SimulateCommand
{
    const int SeedsDefault = 5;
    const int FaultySeedsDefault = 20;
    const int SeedsMax = 1_000_000;
    const int AgentsMax = 1000;
    const int AgentNumbersMax = 20;
    const double FailureRateMax = 0.95;

    /// <summary>Asked about when nobody says otherwise.</summary>
    static readonly int[] AgentsDefault = [1, 4, 12, 30, 100];

    public static Command Create(CliHost host)
    {
        var command = new Command(
            "simulate", "Tell how long the backlog would take with how many agents, and where it would stall");
        var select = new SelectOptions(command);
        select.Value(command, "--target", "N", "select.target", "Stop when this many beads have landed");
        select.Value(command, "--limit", "N", "select.limit", "Begin at most this many beads");
        var seeds = Number(
            "--seeds", "N", $"So many runs of each kind; {SeedsDefault}, with --faults {FaultySeedsDefault}", 1,
            SeedsMax);
        var seed = new Option<long?>("--seed")
        {
            Description = "The first seed; the same seed gives the same answer, byte for byte",
            HelpName = "S",
        };
        var agents = AgentNumbers();
        var stage = RunOptions.Minutes("--stage-minutes", "Take every stage for this long, whatever was measured");
        var gate = RunOptions.Minutes("--gate-minutes", "Take every gate for this long, whatever was measured");
        var rate = FailureRate();
        var faults = new Option<bool>("--faults")
        {
            Description = "Instead: run made-up backlogs in which whatever can fail does, and check what must hold",
        };
        foreach (var option in new Option[] { seeds, seed, agents, stage, gate, rate, faults })
        {
            command.Options.Add(option);
        }

        command.Does(host, (call, cancellationToken) =>
        {
            var wish = new SimulationWish(
                call.Get(seeds) ?? (call.Get(faults) ? FaultySeedsDefault : SeedsDefault), call.Get(seed) ?? 1,
                call.Has(agents) ? call.Get(agents) ?? [] : AgentsDefault, call.Has(agents), call.Get(stage),
                call.Get(gate), call.Get(rate), select.Flags(call));
            return call.Get(faults)
                ? SimulatedFaults.RunAsync(call, wish, cancellationToken)
                : SimulatedBacklogs.RunAsync(call, wish, cancellationToken);
        });
        return command;
    }

    static Option<int?> Number(string name, string help, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = help,
        CustomParser = result => Whole(result, name, result.Tokens[0].Value, least, most),
    };

    static Option<int[]?> AgentNumbers() => new("--agents")
    {
        Description = $"These numbers of agents; {string.Join(',', AgentsDefault)} when it is left out",
        HelpName = "N,N...",
        CustomParser = result =>
        {
            var words = result.Tokens[0].Value.Split(',');
            if (words.Length > AgentNumbersMax)
            {
                result.AddError($"--agents names {words.Length} numbers; at most {AgentNumbersMax} can be asked about");
                return null;
            }

            var numbers = words.Select(word => Whole(result, "--agents", word, 1, AgentsMax)).ToArray();
            return numbers.Contains(null) ? null : [.. numbers.OfType<int>().Distinct().Order()];
        },
    };

    static Option<double?> FailureRate() => new("--failure-rate")
    {
        Description = "Let this share of all checked stages fail, whatever was measured: 0 to 0.95",
        HelpName = "R",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
                && rate is >= 0 and <= FailureRateMax)
            {
                return rate;
            }

            result.AddError($"--failure-rate is '{text}'; it must be a number from 0 to 0.95");
            return null;
        },
    };

    static int? Whole(ArgumentResult result, string name, string text, int least, int most)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        result.AddError($"{name} is '{text}'; it must be a whole number from {least} to {most}");
        return null;
    }
}

/// <summary>What was asked of <c>simulate</c>.</summary>
/// <param name="AgentsGiven">The numbers of agents were written on the command line.</param>
sealed record SimulationWish(
    int Seeds, long FirstSeed, IReadOnlyList<int> Agents, bool AgentsGiven, TimeSpan? Stage, TimeSpan? Gate,
    double? FailureRate, IReadOnlyList<ConfigFlag> Flags)
{
    public IReadOnlyList<long> AllSeeds => [.. Enumerable.Range(0, Seeds).Select(number => FirstSeed + number)];
}
