using System.Text;

namespace Beadswarm.Git;

/// <summary>One git command: where, as whom and with which input.</summary>
sealed record GitCall(IReadOnlyList<string> Arguments)
{
    /// <summary>Exit codes that are answers, not failures.</summary>
    public IReadOnlyList<int> Answers { get; init; } = [0];

    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Configuration for this call alone: name and value.</summary>
    public IReadOnlyList<(string Name, string Value)> Configuration { get; init; } = [];

    /// <summary>Variables for this call alone.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = EmptyEnvironment;

    /// <summary>Author and committer date; calls that make commits must give it.</summary>
    public DateTimeOffset? When { get; init; }

    /// <summary>Overrides <see cref="GitSettings.Timeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>More output than this is a failure.</summary>
    public int OutputBytesMax { get; init; } = 64 * 1024 * 1024;

    static readonly Dictionary<string, string> EmptyEnvironment = [];

    public static GitCall Of(params string[] arguments) => new(arguments);

    public GitCall With(string text) => this with { Input = Encoding.UTF8.GetBytes(text) };

    public GitCall Answering(params int[] exitCodes) => this with { Answers = exitCodes };
}

/// <summary>What a git command answered.</summary>
sealed record GitOutput(int ExitCode, byte[] Stdout, string StandardErrorTail)
{
    public bool Succeeded => ExitCode == 0;

    public string Text => Encoding.UTF8.GetString(Stdout);

    /// <summary>The whole answer as one line.</summary>
    public string Line => Text.TrimEnd('\n');

    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// The answer to a <c>-z</c> option. Empty fields are kept except the one after the last separator.
    /// </summary>
    public string[] Fields => SplitFields(Text);

    /// <summary>
    /// As <see cref="Fields"/>, one character per byte, so that a path in any encoding comes back to git as it came.
    /// </summary>
    public string[] RawFields => SplitFields(Encoding.Latin1.GetString(Stdout));

    static string[] SplitFields(string text) =>
        text.Length == 0 ? [] : (text[^1] == '\0' ? text[..^1] : text).Split('\0');
}
