namespace Beadswarm.Git;

/// <summary>What all readers of git's answers say of one that they cannot read.</summary>
static class GitAnswers
{
    const int ShownMax = 80;

    public static FormatException Strange(string field, string command) =>
        new($"'{Cut(field)}' is no answer of git {command} that this program knows; is git older than 2.38?");

    /// <summary>The beginning of a value, for a message about it.</summary>
    public static string Cut(string text) => text.Length <= ShownMax ? text : text[..ShownMax] + "…";
}
