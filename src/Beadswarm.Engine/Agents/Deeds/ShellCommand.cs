namespace Beadswarm.Agents.Deeds;

/// <summary>A part of a shell script, in the order in which it stands there.</summary>
abstract record ShellPart
{
    /// <summary>Stands in a word for what only the shell will know.</summary>
    public const char Unknown = '\uFFFF';

    ShellPart() { }

    /// <summary>A script within the script, with a folder of its own: a subshell or a substitution.</summary>
    public sealed record Inner(string Script) : ShellPart;

    /// <summary>One program and its arguments; words are without quotes.</summary>
    /// <param name="Writes">Files that its output is sent to.</param>
    /// <param name="Input">Text that stands in the script as its input; null: none does.</param>
    public sealed record Call(IReadOnlyList<string> Words, IReadOnlyList<string> Writes, string? Input) : ShellPart;
}
