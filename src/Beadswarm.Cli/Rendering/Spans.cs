using System.Globalization;

namespace Beadswarm.Cli.Rendering;

/// <summary>Lengths of time for people: two units, never more.</summary>
static class Spans
{
    public static string Format(TimeSpan span)
    {
        var positive = span < TimeSpan.Zero ? TimeSpan.Zero : span;
        return positive switch
        {
            { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{positive.TotalSeconds:0.0}s"),
            { TotalMinutes: < 1 } => $"{positive.Seconds}s",
            { TotalHours: < 1 } => $"{positive.Minutes}m{positive.Seconds:00}s",
            { TotalDays: < 1 } => $"{positive.Hours}h{positive.Minutes:00}m",
            _ => $"{(int)positive.TotalDays}d{positive.Hours:00}h",
        };
    }
}
