using System.Globalization;
using System.Text;

namespace Beadswarm.Pipelines;

/// <summary>How people write lengths of time: <c>90s</c>, <c>10m</c>, <c>1h30m</c>, <c>250ms</c>, <c>2d</c>.</summary>
static class Durations
{
    /// <summary>Longer than any limit makes sense, and far from the edge of the type.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(366);

    static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)),
        ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Each unit at most once, from large to small; a number without a unit is refused.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        var nextUnit = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 12 || !long.TryParse(rest[..digits], CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            rest = rest[digits..];
            var end = rest.IndexOfAnyInRange('0', '9');
            var name = (end < 0 ? rest : rest[..end]).ToString();
            rest = end < 0 ? [] : rest[end..];

            var unit = Array.FindIndex(Units, nextUnit, candidate => candidate.Unit == name);
            if (unit < 0 || count > Max / Units[unit].Length)
            {
                return false;
            }

            duration += count * Units[unit].Length;
            nextUnit = unit + 1;
        }

        return duration <= Max;
    }

    public static string Format(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder();
        var rest = duration;
        foreach (var (unit, length) in Units)
        {
            var count = (long)(rest / length);
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
                rest -= count * length;
            }
        }

        return text.Length > 0 ? text.ToString() : "1ms";
    }
}
