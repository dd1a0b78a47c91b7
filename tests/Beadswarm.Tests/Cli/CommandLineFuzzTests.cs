using Beadswarm.Cli;
using Beadswarm.Cli.Rendering;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>Command lines that nobody meant to write.</summary>
public sealed class CommandLineFuzzTests
{
    /// <summary>Verbs that read, end by themselves, and may be carried out with any arguments.</summary>
    static readonly HashSet<string> Harmless =
    [
        "beadswarm", "status", "progress", "agents", "failures", "queue", "history", "why", "retry", "release",
        "completion", "prompts", "heartbeat", "stage", "done",
    ];

    static readonly byte[][] Corpus = FuzzInputs.Of(
        "status\0--format\0json", "history\0--bead\0demo-7\0--agent\02\0--limit\05", "why\0demo-9", "--help",
        "retry\0demo-9",
        "release\0demo-7\0--reason\0lunch", "run\0--agents\03\0--set\0limits.lease=30s\0--dry-run", "config\0show",
        "prompts\0--agents\03", "heartbeat\0--agent\03\0--bead\0demo-7\0--token\02\0--request-id\0r-1",
        "done\0--bead\0demo-7",
        "stage\0pass\0--agent\03\0--bead\0demo-7\0--token\02\0--summary\0done",
        "completion\0bash", "logs\0--bead\0demo-7\0--tail\010", "@file", "status\0-C\0",
        "agents\0--repo=.", "");

    static readonly string[] Tokens =
    [
        "\0", "--format", "--repo", "--bead", "--agent", "--limit", "--help", "--version", "--", "-C", "=", ":", "@",
        "json", "demo-7",
        "status", "why", "history", "queue", "failures", "progress", "[diagram]", "\u001b[31m",
    ];

    [Fact]
    public async Task Any_line_is_carried_out_or_refused_with_one_error_that_cannot_move_the_cursor()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());
        bench.Commands.Answer = _ => "{\"type\":\"heartbeat\",\"leaseMs\":1}";
        var inputs = new FuzzInputs(Corpus, Tokens, 2048);
        var codes = ExitCodes.All.Select(entry => entry.Code).ToHashSet();
        var (refused, done) = (0, 0);
        for (var seed = 0; seed < (FuzzInputs.Number("BEADSWARM_FUZZ") ?? 400); seed++)
        {
            // The system's call ends each argument with NUL.
            var args = new FuzzInput(inputs.Make(seed), seed).Text.Split('\0', StringSplitOptions.None);
            var parsed = CommandTree.Parse(args, bench.Host(TextWriter.Null, TextWriter.Null));
            var verb = parsed.CommandResult.Command.Name;
            if (parsed.Errors.Count == 0 && !Harmless.Contains(verb))
            {
                continue;
            }

            var (exitCode, output, error) = await bench.InvokeAsync(args);

            var said = $"seed {seed}: {string.Join(' ', args)}: exit {exitCode}, {output}{error}";
            Assert.True(codes.Contains(exitCode) && exitCode != ExitCodes.Bug, said);
            Assert.True(exitCode is ExitCodes.Ok || error.Length is > 0 and < 3000, said);
            Assert.True(exitCode is not ExitCodes.Usage || error.Split('\n').Length <= 3, said);
            Assert.True(error == SafeText.Lines(error), said);
            _ = exitCode == ExitCodes.Ok ? done++ : refused++;
        }

        Assert.True(done > 5 && refused > 20, $"{done} done, {refused} refused");
    }

    [Fact]
    public Task Whatever_is_shown_has_nothing_in_it_that_moves_the_cursor() =>
        new Fuzz<string>(
            FuzzInputs.Of("a\u001b[2Jb", "\u001b]0;title\u0007x", "\u009b31m", "line\r\nnext\ttab", "\u202eabc"),
            "\u001b", "\u001b[", "\u001bP", "\u009d", "\r", "\u2066", "\u0007")
        {
            Read = input => SafeText.Lines(input.Text),
            Holds = (input, text) =>
            {
                Assert.DoesNotContain(text,
                c => (char.IsControl(c) && c is not ('\n' or '\t')) || c is '\u202e' or '\u2066');
                Assert.Equal(text, SafeText.Lines(text));
                var line = SafeText.Line(input.Text, 20);
                Assert.InRange(line.Length, 0, 20);
                Assert.DoesNotContain(line, char.IsControl);
            },
            Count = 3000,
        }.RunAsync();

    [Fact]
    public async Task An_argument_that_begins_with_at_is_an_argument_and_no_file_is_read_for_it()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());
        await File.WriteAllTextAsync(bench["args"], "demo-9\n", TestContext.Current.CancellationToken);

        var (exitCode, _, _) = await bench.InvokeAsync("retry", $"@{bench["args"]}");

        Assert.Equal(ExitCodes.Ok, exitCode);
        var told = await bench.Commands.Told.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal($"retry @{bench["args"]}", told);
    }

    [Fact]
    public async Task An_error_about_what_was_typed_is_short_and_cannot_move_the_cursor()
    {
        await using var bench = new CliBench();

        var (exitCode, _, error) = await bench.InvokeAsync("status", "\u001b[2J" + new string('x', 10_000) + "\n\r");

        Assert.Equal(ExitCodes.Usage, exitCode);
        Assert.InRange(error.Length, 1, 300);
        Assert.Equal(error, SafeText.Lines(error));
    }
}
