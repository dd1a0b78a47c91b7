using System.Globalization;
using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>What may be written for a key.</summary>
abstract record ConfigType
{
    ConfigType() { }

    /// <summary>Any text of one line or more; <paramref name="Pattern"/> restricts it.</summary>
    public sealed record Text(string? Pattern = null, string? PatternSays = null) : ConfigType;

    public sealed record Whole(long Min, long Max) : ConfigType;

    public sealed record Number(double Min, double Max) : ConfigType;

    public sealed record Switch : ConfigType;

    public sealed record Duration(TimeSpan Min, TimeSpan Max) : ConfigType;

    /// <summary>
    /// One of a few words; those of <paramref name="Later"/> are known but not supported by this version.
    /// </summary>
    public sealed record Choice(IReadOnlyList<string> Accepted, IReadOnlyList<string> Later) : ConfigType;

    /// <summary>How often within which time, written <c>3/60s</c>.</summary>
    public sealed record Rate : ConfigType;

    /// <summary>Priorities 0 to 4, each also written <c>p0</c> to <c>p4</c>.</summary>
    public sealed record Priorities : ConfigType;

    /// <summary>A list of texts, each at most once.</summary>
    public sealed record Words : ConfigType;

    /// <summary>A list of texts that may repeat.</summary>
    public sealed record Arguments : ConfigType;

    /// <summary>A regular expression.</summary>
    public sealed record Expression : ConfigType;

    /// <summary>Names with texts.</summary>
    public sealed record TextMap : ConfigType;

    /// <summary>How the reference names the type.</summary>
    public string Title => this switch
    {
        Text { PatternSays: { } says } => $"text: {says}",
        Text => "text",
        Whole whole => string.Create(CultureInfo.InvariantCulture, $"whole number {whole.Min} to {whole.Max}"),
        Number number => string.Create(CultureInfo.InvariantCulture, $"number {number.Min} to {number.Max}"),
        Switch => "true or false",
        Duration span => $"duration {Durations.Format(span.Min)} to {Durations.Format(span.Max)}",
        Choice choice => string.Join(" | ", choice.Accepted),
        Rate => "count/duration",
        Priorities => "list of priorities 0 to 4 or p0 to p4",
        Words => "list of texts",
        Arguments => "list of arguments",
        Expression => "regular expression",
        TextMap => "names with texts",
    };
}

/// <summary>
/// One key of the configuration; the loader, the schema, the reference and the written file all come from it.
/// </summary>
/// <param name="Path">With <c>*</c> for a name the user chooses and <c>[]</c> for an item of a list.</param>
/// <param name="Default">As it would be written; null: nothing, or as <paramref name="DefaultNote"/> says.</param>
/// <param name="DefaultNote">How a default that is not a constant comes about.</param>
sealed record ConfigKey(string Path, ConfigType Type, string? Default, string Doc, string? DefaultNote = null)
{
    /// <summary>The key must be given wherever the thing it belongs to is.</summary>
    public bool Required { get; init; }

    /// <summary><c>null</c> is a value of its own: none.</summary>
    public bool Nullable { get; init; }

    /// <summary>The variable of the environment that sets it; null inside lists and named things.</summary>
    public string? Variable => Path.Contains('*') || Path.Contains('[')
        ? null
        : "BEADSWARM_" + string.Concat(Path.Select(
            c => c == '.' ? "_" : char.IsUpper(c) ? $"_{c}" : char.ToUpperInvariant(c).ToString()));
}
