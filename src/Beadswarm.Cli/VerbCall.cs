using System.CommandLine;

namespace Beadswarm.Cli;

/// <summary>One call of one verb: what was asked for, and where the answer goes.</summary>
sealed class VerbCall(ParseResult parsed, CliHost host)
{
    public CliHost Host { get; } = host;

    /// <summary>The name of the verb.</summary>
    public string Verb => parsed.CommandResult.Command.Name;

    /// <summary>The words of the command line, as they can be given to another call.</summary>
    public IReadOnlyList<string> Words => [.. parsed.Tokens.Select(token => token.Value)];

    public OutputFormat Format { get; } = parsed.GetValue(GlobalOptions.Format);

    public bool Json => Format == OutputFormat.Json;

    /// <summary>Writes to standard output as it is.</summary>
    public void Print(string text) => Host.Out.Write(text);

    /// <summary>Writes a line to standard output.</summary>
    public void PrintLine(string line) => Host.Out.Write(line + "\n");

    /// <summary>Writes a line to standard error: what a person should know and a program need not.</summary>
    public void Note(string line) => Host.Error.Write(line + "\n");

    /// <summary>The root of the git repository that is worked on.</summary>
    /// <exception cref="UserError">The folder is missing or in no repository.</exception>
    public string RepositoryPath => RepositoryFolder.Find(StartFolder);

    /// <summary>The folder that <c>--repo</c> names, or the current one; it need not be in a repository.</summary>
    public string StartFolder =>
        Path.GetFullPath(parsed.GetValue(GlobalOptions.Repo) ?? ".", Host.WorkingFolder);

    /// <summary>The same call with another outside.</summary>
    public VerbCall On(CliHost host) => new(parsed, host);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T? Get<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>Whether the option was written on the command line, and is not just its default.</summary>
    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };
}
