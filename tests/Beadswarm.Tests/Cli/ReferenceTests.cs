using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text;
using Beadswarm.Cli;

namespace Beadswarm.Tests.Cli;

/// <summary>Keeps docs/reference/cli.md the same as the command tree. <c>UPDATE_SNAPSHOTS=1</c> writes it.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public async Task The_reference_of_the_command_line_is_what_the_program_accepts()
    {
        await using var bench = new CliBench();
        var actual = Format(CommandTree.Create(bench.Host(TextWriter.Null, TextWriter.Null)));
        var path = Path.Combine(Root(), "docs", "reference", "cli.md");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, actual, TestContext.Current.CancellationToken);
            return;
        }

        Assert.True(File.Exists(path), "docs/reference/cli.md is missing; run with UPDATE_SNAPSHOTS=1");
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), actual);
    }

    static string Format(Command root)
    {
        var text = new StringBuilder(
            """
            # Command line

            Generated from the program by a test; do not edit.

            Standard output is for results, standard error for messages. With `--format json` every verb prints JSON:
            one object, or one object per line where it lists something. An error is one line on standard error,
            `{"type":"error","code":…,"message":…,"hint":…}`, with the exit code as `code`. Fields are never renamed or
            removed; new ones may come. Absent values are `null`, instants are UTC, durations are milliseconds.

            - `run` prints journal entries, `{"type":…,"seq":…,"at":…,"bead":…,"agent":…, …}` with the event's own
              fields, and last `{"type":"summary","landed":…,"blocked":…,"pending":…,"target":…,"attempts":…,
              "durationMs":…,"exitCode":…}`. `target` is the number asked for, or that of all selected beads.
            - `status` prints one object: `state` (`none`, `starting`, `running`, `stopping`, `stopped`, `completed`, or
              `interrupted` when it was killed), `target`, `landed`, `inProgress` (held by an agent or on the way
              onto the target), `blocked`, `pending`, `agents`, and more.
            - `beads --ready` prints one array of ids in the order in which they would be claimed.

            Colours are used on a terminal only, and never when `NO_COLOR` is set.

            ## Options of every verb


            """.ReplaceLineEndings("\n"));
        AppendOptions(text, root.Options);
        text.Append("\n## Verbs\n");
        foreach (var verb in root.Subcommands.Where(verb => !verb.Hidden))
        {
            Append(text, verb, $"beadswarm {verb.Name}");
        }

        text.Append("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
        foreach (var (code, meaning) in ExitCodes.All)
        {
            text.Append($"| {code} | {meaning} |\n");
        }

        return text.ToString();
    }

    static void Append(StringBuilder text, Command command, string path)
    {
        var usage = string.Concat(command.Arguments.Select(argument =>
            argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}]" : $" {argument.Name}"));
        text.Append($"\n### `{path}{usage}`\n\n{command.Description}.\n");
        foreach (var argument in command.Arguments.Where(argument => argument.Description is not null))
        {
            text.Append($"\n`{argument.Name}`: {argument.Description}.\n");
        }

        var options = command.Options.Where(option => !option.Hidden && !option.Recursive).ToArray();
        if (options.Length > 0)
        {
            text.Append('\n');
            AppendOptions(text, options);
        }

        foreach (var below in command.Subcommands.Where(verb => !verb.Hidden))
        {
            Append(text, below, $"{path} {below.Name}");
        }
    }

    static void AppendOptions(StringBuilder text, IEnumerable<Option> options)
    {
        text.Append("| option | meaning |\n|---|---|\n");
        foreach (var option in options)
        {
            var names = string.Join(", ", option.Aliases.Prepend(option.Name).Distinct().Select(name => $"`{name}`"));
            var value = (" " + option.HelpName).TrimEnd().Replace("|", "\\|", StringComparison.Ordinal);
            text.Append($"| {names}{value} | {option.Description} |\n");
        }
    }

    static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
