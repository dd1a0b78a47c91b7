using System.CommandLine;
using System.CommandLine.Parsing;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres.Servers;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>Turns failures into one clear message with an exit code.</summary>
static class CliErrors
{
    // What was typed may be a megabyte long, and may hold what moves the cursor.
    const int ShownMax = 80;
    const int MessageMax = 500;

    public static UserError OfParsing(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var path = command.Parents.OfType<Command>().Reverse().Append(command);
        var verb = string.Join(' ', path.Select(part => part.Name));
        var unknown = MistakenOption(parsed) ?? (parsed.UnmatchedTokens is [var first, ..] ? first : null);
        if (unknown is null && command is { Subcommands.Count: > 0, Action: null })
        {
            return new UserError($"'{verb}' needs a verb", $"see '{verb} --help'", ExitCodes.Usage);
        }

        if (unknown is null)
        {
            return new UserError(
                SafeText.Line(Sentence(parsed.Errors[0].Message), MessageMax), $"see '{verb} --help'", ExitCodes.Usage);
        }

        var candidates = unknown.StartsWith('-')
            ? OptionNames(command)
            : command.Subcommands.Where(known => !known.Hidden).Select(known => known.Name);
        var kind = unknown.StartsWith('-') ? "option"
            : command.Subcommands.Count > 0 ? "verb" : "argument";
        var near = Suggestion.For(unknown, candidates);
        return new UserError(
            $"'{verb}' has no {kind} '{SafeText.Line(unknown, ShownMax)}'",
            near is null ? $"see '{verb} --help'" : $"did you mean '{near}'?",
            ExitCodes.Usage);
    }

    /// <summary>
    /// An option with a typing error that the parser took for an argument, as in <c>run --agent 3</c>. An argument that
    /// really begins with a dash can be written as <c>./-name</c>, and what a hidden verb hands on to another program
    /// is not ours to judge.
    /// </summary>
    public static string? MistakenOption(ParseResult parsed) =>
        parsed.CommandResult.Command.Hidden
            ? null
            : parsed.CommandResult.Children.OfType<ArgumentResult>()
                .SelectMany(argument => argument.Tokens)
                .Select(token => token.Value)
                .FirstOrDefault(text => text.Length > 1 && text[0] == '-');

    /// <summary>The failure as a person should see it; null for a defect, which is better shown whole.</summary>
    public static UserError? From(Exception error) =>
        error switch
        {
            UserError known => known,
            TrackerException tracker => new UserError(tracker.Message, null, ExitCodes.TrackerBroken),
            SwarmHeldException held => new UserError(
                held.Message, "'beadswarm attach' follows it, 'beadswarm stop' ends it and keeps its work",
                ExitCodes.Held),
            NodeRefusedException apart => new UserError(apart.Message, apart.Remedy, ExitCodes.Held),
            SwarmRefusedException refused => new UserError(refused.Message, refused.Remedy, ExitCodes.ConfigInvalid),
            GitException git => new UserError(git.Message, null, ExitCodes.Io),
            // Nothing is wrong with the store: the disk is full, or somebody holds the file.
            StoreException { IsTransient: true } store => new UserError(store.Message, null, ExitCodes.Io),
            StoreException store => new UserError(store.Message, null, ExitCodes.StoreUnusable),
            ServerException server => new UserError(
                server.Message, server.Remedy,
                server.Trouble is ServerTrouble.ToolMissing ? ExitCodes.ToolMissing : ExitCodes.StoreUnusable),
            ControlException { Kind: ControlErrorKind.Silent } silent => new UserError(
                $"the swarm took the question and did not answer: {silent.Message}",
                "the machine may be far too busy, or the process stopped: .beadswarm/swarm.holder.json names it, "
                + "'kill -CONT' wakes it and 'kill -9' loses nothing",
                ExitCodes.Io),
            ControlException control => new UserError(
                $"the swarm did not answer: {control.Message}", "try again", ExitCodes.Io),
            OperationCanceledException => new UserError("interrupted", null, ExitCodes.Terminated),
            UnauthorizedAccessException or IOException => new UserError(Sentence(error.Message), null, ExitCodes.Io),
            _ => new UserError(
                $"a defect of beadswarm: {error}", "please report it with this text", ExitCodes.Bug),
        };

    public static int Report(UserError error, bool json, CliHost host)
    {
        if (json)
        {
            host.Error.WriteLine(ToJson(error));
        }
        else
        {
            // Messages quote files, beads, agents and the command line itself.
            host.Error.WriteLine($"beadswarm: {SafeText.Lines(error.Message)}");
            if (error.Hint is not null)
            {
                host.Error.WriteLine($"  hint: {SafeText.Lines(error.Hint)}");
            }
        }

        return error.ExitCode;
    }

    static string ToJson(UserError error) =>
        JsonLine.Object(json =>
        {
            json.WriteString("type", "error");
            json.WriteNumber("code", error.ExitCode);
            json.WriteString("message", error.Message);
            json.WriteString("hint", error.Hint);
        });

    static IEnumerable<string> OptionNames(Command command) =>
        command.Options
            .Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(o => o.Recursive)))
            .Where(option => !option.Hidden).SelectMany(option => option.Aliases.Append(option.Name));

    /// <summary>As the rest of our messages: lowercase start, no full stop.</summary>
    static string Sentence(string text) =>
        text.Length > 1 && char.IsUpper(text[0]) && !char.IsUpper(text[1])
            ? char.ToLowerInvariant(text[0]) + text[1..].TrimEnd('.')
            : text.TrimEnd('.');
}
