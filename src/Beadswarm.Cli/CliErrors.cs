using System.CommandLine;
using System.Text.Json;
using Beadswarm.Beads;

namespace Beadswarm.Cli;

/// <summary>Turns failures into one clear message with an exit code.</summary>
static class CliErrors
{
    public static UserError OfParsing(ParseResult parsed)
    {
        var names = parsed.CommandResult.Command.Parents.OfType<Command>().Reverse().Append(parsed.CommandResult.Command);
        var verb = string.Join(' ', names.Select(command => command is RootCommand ? "beadswarm" : command.Name));
        var message = parsed.Errors[0].Message;
        var unknown = parsed.UnmatchedTokens is [var first, ..] ? first : null;
        if (unknown is null)
        {
            return new UserError(Sentence(message), $"see '{verb} --help'", ExitCodes.Usage);
        }

        var known = unknown.StartsWith('-')
            ? OptionNames(parsed.CommandResult.Command)
            : parsed.CommandResult.Command.Subcommands.Where(command => !command.Hidden).Select(command => command.Name);
        var kind = unknown.StartsWith('-') ? "option"
            : parsed.CommandResult.Command.Subcommands.Count > 0 ? "verb" : "argument";
        var near = Suggestion.For(unknown, known);
        return new UserError(
            $"'{verb}' has no {kind} '{unknown}'",
            near is null ? $"see '{verb} --help'" : $"did you mean '{near}'?",
            ExitCodes.Usage);
    }

    /// <summary>The failure as a person should see it; null for a defect, which is better shown whole.</summary>
    public static UserError? From(Exception error) =>
        error switch
        {
            UserError known => known,
            TrackerException tracker => new UserError(tracker.Message, null, ExitCodes.TrackerBroken),
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
            host.Error.WriteLine($"beadswarm: {error.Message}");
            if (error.Hint is not null)
            {
                host.Error.WriteLine($"  hint: {error.Hint}");
            }
        }

        return error.ExitCode;
    }

    static string ToJson(UserError error)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", "error");
            json.WriteNumber("code", error.ExitCode);
            json.WriteString("message", error.Message);
            json.WriteString("hint", error.Hint);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(o => o.Recursive)))
            .Where(option => !option.Hidden).SelectMany(option => option.Aliases.Append(option.Name));

    /// <summary>As the rest of our messages: lowercase start, no full stop.</summary>
    static string Sentence(string text) =>
        text.Length > 1 && char.IsUpper(text[0]) && !char.IsUpper(text[1])
            ? char.ToLowerInvariant(text[0]) + text[1..].TrimEnd('.')
            : text.TrimEnd('.');
}
