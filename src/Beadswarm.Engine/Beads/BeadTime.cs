using System.Globalization;

namespace Beadswarm.Beads;

/// <summary>
/// Times as the trackers write them: RFC 3339 with none to nine fractional digits, in UTC or with an offset. Ticks are
/// finer than any program here needs; digits beyond them are cut, never rounded up.
/// </summary>
static class BeadTime
{
    const int TickDigits = 7;

    /// <summary>Characters of <c>2026-01-31</c>, which every time begins with.</summary>
    const int DateLength = 10;

    public static bool TryParse(string text, out DateTimeOffset time)
    {
        // Without its date it would be a time of today, and another one tomorrow.
        if (text.Length < DateLength || text[4] != '-' || text[7] != '-')
        {
            time = default;
            return false;
        }

        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            var end = point + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            if (end - point - 1 > TickDigits)
            {
                text = string.Concat(text.AsSpan(0, point + 1 + TickDigits), text.AsSpan(end));
            }
        }

        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces,
            out time);
    }

    /// <summary>
    /// The time to write where <paramref name="old"/> stood: later than it, and in its style (its offset, whole seconds
    /// or fractions). A tracker takes the line with the later time, so a clock that lags must not lose our change.
    /// </summary>
    public static string After(string? old, DateTimeOffset now)
    {
        if (old is null || !TryParse(old, out var before))
        {
            return Format(now.ToUniversalTime(), utc: true, fraction: true);
        }

        var fraction = old.Contains('.', StringComparison.Ordinal);
        var step = fraction ? TimeSpan.FromTicks(1) : TimeSpan.FromSeconds(1);
        var next = fraction ? now : new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), now.Offset);
        next = next > before ? next : AtTheEnd(before, step) ? before : before + step;
        var utc = old.EndsWith('Z') || old.EndsWith('z');
        return Format(next.ToOffset(before.Offset), utc, fraction);
    }

    // There is no later time: what stands there stays.
    static bool AtTheEnd(DateTimeOffset time, TimeSpan step) =>
        time.DateTime > DateTime.MaxValue - step || time.UtcDateTime > DateTime.MaxValue - step;

    // Like both trackers: up to the digits we have, trailing zeros trimmed.
    static string Format(DateTimeOffset time, bool utc, bool fraction) =>
        time.ToString(
            (fraction ? "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF" : "yyyy-MM-dd'T'HH:mm:ss") + (utc ? "'Z'" : "zzz"),
            CultureInfo.InvariantCulture);
}
