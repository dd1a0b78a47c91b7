using System.CommandLine;
using System.CommandLine.Completions;

namespace Beadswarm.Cli.Completions;

/// <summary>
/// What can be typed behind one verb: verbs below it, options, and the known values of its arguments.
/// </summary>
/// <param name="Path">The verbs that lead here, without the program's own name.</param>
sealed record CompletionNode(
    IReadOnlyList<string> Path, IReadOnlyList<CompletionWord> Words, IReadOnlyList<CompletionOption> Options)
{
    public string Name => string.Join(' ', Path);
}

/// <summary>A word that fits, with one line of help.</summary>
sealed record CompletionWord(string Text, string Help);

/// <summary>An option under all its names.</summary>
/// <param name="Values">The values it can have; empty where they are not known, for example a path.</param>
sealed record CompletionOption(IReadOnlyList<string> Names, string Help, bool TakesValue, IReadOnlyList<string> Values);

/// <summary>Reads the tree of commands as far as completing a line needs it.</summary>
static class CompletionTree
{
    public static IReadOnlyList<CompletionNode> Of(Command root) => [.. Nodes(root, [], [])];

    static IEnumerable<CompletionNode> Nodes(Command command, string[] path, CompletionOption[] inherited)
    {
        var verbs = command.Subcommands.Where(verb => !verb.Hidden).ToArray();
        var own = command.Options.Where(option => !option.Hidden).ToArray();
        CompletionOption[] options = [.. own.Select(Read), .. inherited];
        yield return new CompletionNode(
            path,
            [
                .. verbs.Select(verb => new CompletionWord(verb.Name, verb.Description ?? "")),
                .. command.Arguments.SelectMany(Values).Select(value => new CompletionWord(value, "")),
            ],
            options);

        CompletionOption[] passedOn = [.. own.Where(option => option.Recursive).Select(Read), .. inherited];
        foreach (var node in verbs.SelectMany(verb => Nodes(verb, [.. path, verb.Name], passedOn)))
        {
            yield return node;
        }
    }

    static CompletionOption Read(Option option) => new(
        [option.Name, .. option.Aliases.Where(alias => alias.StartsWith('-'))],
        option.Description ?? "",
        option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) && option.ValueType != typeof(void),
        option.ValueType == typeof(bool) ? [] : [.. Values(option)]);

    static IEnumerable<string> Values(Symbol symbol) =>
        symbol.GetCompletions(CompletionContext.Empty).Select(item => item.InsertText ?? item.Label);
}
