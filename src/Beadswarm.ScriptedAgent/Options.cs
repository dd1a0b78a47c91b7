using System.Globalization;

namespace Beadswarm.ScriptedAgent;

/// <summary>The command line was wrong, or the program was not started by the protocol.</summary>
sealed class UsageException(string message) : Exception(message);

/// <summary>How often something goes wrong, in which stage (null: any).</summary>
sealed record Rate(string? Stage, string Behaviour, double Probability);

/// <summary>The command line: <c>[--script FILE] [--seed N] [--rate [STAGE.]BEHAVIOUR=P]...</c>.</summary>
sealed record Options(string? ScriptPath, long Seed, IReadOnlyList<Rate> Rates)
{
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        string? script = null;
        var seed = 0L;
        var rates = new List<Rate>();
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count
                ? arguments[i + 1]
                : throw new UsageException($"'{arguments[i]}' needs a value");
            switch (arguments[i])
            {
                case "--script":
                    script = value;
                    break;
                case "--seed":
                    seed = long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
                        ? number
                        : throw new UsageException($"--seed '{value}' is not a whole number");
                    break;
                case "--rate":
                    rates.Add(ParseRate(value));
                    break;
                default:
                    throw new UsageException($"unknown option '{arguments[i]}'; known: --script, --seed, --rate");
            }
        }

        return new Options(script, seed, rates);
    }

    static Rate ParseRate(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals > 0 ? text[..equals] : "";
        var dot = name.LastIndexOf('.');
        var behaviour = name[(dot + 1)..];
        if (!double.TryParse(text[(equals + 1)..], CultureInfo.InvariantCulture, out var probability)
            || probability is < 0 or > 1
            || !Chance.Behaviours.Contains(behaviour))
        {
            throw new UsageException(
                $"--rate '{text}' is not [STAGE.]BEHAVIOUR=P with P from 0 to 1; "
                    + $"behaviours: {string.Join(", ", Chance.Behaviours)}");
        }

        return new Rate(dot > 0 ? name[..dot] : null, behaviour, probability);
    }
}
