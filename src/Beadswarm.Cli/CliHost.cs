using System.Collections;

namespace Beadswarm.Cli;

/// <summary>
/// What the program sees of the outside. Tests give their own; nothing else reads the console or the environment.
/// </summary>
sealed record CliHost
{
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }
    public required TextReader In { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required string WorkingFolder { get; init; }
    public required TimeProvider Time { get; init; }

    /// <summary>Standard output is a terminal on which the cursor can be moved.</summary>
    public required bool Interactive { get; init; }

    /// <summary>Standard input is a terminal, so that a question can be asked.</summary>
    public required bool CanAsk { get; init; }

    /// <summary>The key that was pressed since the last call, if any. Never waits.</summary>
    public Func<char?> PressedKey { get; init; } = () => null;

    /// <summary>Rows of the terminal.</summary>
    public int Height { get; init; } = PlainHeight;

    /// <summary>Where times of day are shown.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Columns of the terminal; of plain output too.</summary>
    public int Width { get; init; } = PlainWidth;

    /// <summary>Colours are welcome: a terminal, and <c>NO_COLOR</c> is not set.</summary>
    public bool Color => Interactive && !Environment.ContainsKey("NO_COLOR");

    /// <summary>Columns of output that is no terminal.</summary>
    public const int PlainWidth = 120;

    const int PlainHeight = 40;

    public static CliHost OfThisProcess()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        var terminal = environment.GetValueOrDefault("TERM", "");
        var interactive = !Console.IsOutputRedirected && terminal is not ("" or "dumb");
        return new CliHost
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            Environment = environment,
            WorkingFolder = System.Environment.CurrentDirectory,
            Time = TimeProvider.System,
            Interactive = interactive,
            CanAsk = interactive && !Console.IsInputRedirected,
            PressedKey = interactive && !Console.IsInputRedirected
                ? () => Console.KeyAvailable ? Console.ReadKey(intercept: true).KeyChar : null
                : () => null,
            Zone = TimeZoneInfo.Local,
            Height = interactive && Console.WindowHeight > 0 ? Console.WindowHeight : PlainHeight,
            Width = interactive && Console.WindowWidth > 0 ? Console.WindowWidth : PlainWidth,
        };
    }
}
