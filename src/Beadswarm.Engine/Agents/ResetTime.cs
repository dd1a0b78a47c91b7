using System.Globalization;
using System.Text.RegularExpressions;

namespace Beadswarm.Agents;

/// <summary>
/// Finds in a sentence when work is accepted again. What is not understood is null, which is not the same as now: the
/// caller then waits as long as it thinks right.
/// </summary>
static partial class ResetTime
{
    /// <param name="zone">In which a time of day is meant.</param>
    public static DateTimeOffset? Find(string sentence, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (Span().Match(sentence) is { Success: true } span)
        {
            var seconds = double.Parse(span.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
            return now + TimeSpan.FromSeconds(Math.Min(seconds, SpanMax.TotalSeconds));
        }

        if (Duration().Match(sentence) is { Success: true } duration)
        {
            int Part(string name) =>
                int.TryParse(duration.Groups[name].ValueSpan, CultureInfo.InvariantCulture, out var part) ? part : 0;

            var length = new TimeSpan(Part("hours"), Part("minutes"), Part("seconds"));
            return now + (length < SpanMax ? length : SpanMax);
        }

        if (TimeOfDay().Match(sentence) is not { Success: true } found)
        {
            return null;
        }

        var date = found.Groups["date"] is { Success: true } given ? Ordinal().Replace(given.Value, "") : null;
        var text = date is null ? found.Groups["time"].Value : $"{date} {found.Groups["time"].Value}";
        return DateTime.TryParseExact(
            text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault, out var time)
            ? Resolve(time, now, zone)
            : null;
    }

    /// <summary>The instant that is meant; a time of day without a date is the next one there is.</summary>
    static DateTimeOffset Resolve(DateTime time, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (time.Year > 1)
        {
            return At(time, zone);
        }

        var today = TimeZoneInfo.ConvertTime(now, zone).Date + time.TimeOfDay;
        var at = At(today, zone);
        return at >= now ? at : At(today.AddDays(1), zone);
    }

    // A time of day that the clocks skip is taken as if they did not.
    static DateTimeOffset At(DateTime local, TimeZoneInfo zone) =>
        new(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), zone.GetUtcOffset(
            DateTime.SpecifyKind(local, DateTimeKind.Unspecified)));

    static readonly TimeSpan SpanMax = TimeSpan.FromDays(1);

    static readonly string[] Forms = ["h:mm tt", "MMM d, yyyy h:mm tt"];

    [GeneratedRegex(@"(try again|retry) in (?<number>\d{1,9}(\.\d+)?) ?s(econds)?\b", RegexOptions.IgnoreCase)]
    private static partial Regex Span();

    [GeneratedRegex(
        @"reset after (?=\d)(?:(?<hours>\d{1,3})h)?(?:(?<minutes>\d{1,4})m)?(?:(?<seconds>\d{1,6})(?:\.\d+)?s)?",
        RegexOptions.IgnoreCase)]
    private static partial Regex Duration();

    [GeneratedRegex(
        @"try again at (?:(?<date>[A-Z][a-z]{2} \d{1,2}(?:st|nd|rd|th)?, \d{4}) )?(?<time>\d{1,2}:\d{2} [AP]M)",
        RegexOptions.IgnoreCase)]
    private static partial Regex TimeOfDay();

    [GeneratedRegex("(?<=[0-9])(st|nd|rd|th)", RegexOptions.IgnoreCase)]
    private static partial Regex Ordinal();
}
