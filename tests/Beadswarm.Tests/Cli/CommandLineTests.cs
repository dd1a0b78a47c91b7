using System.CommandLine;
using System.Text;
using Beadswarm.Cli;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Every_verb_explains_itself()
    {
        await using var bench = new CliBench();
        var text = new StringBuilder(await bench.RunAsync("--help"));
        foreach (var path in Paths(CommandTree.Create(bench.Host(TextWriter.Null, TextWriter.Null)), []))
        {
            text.Append('\n').Append(await bench.RunAsync([.. path, "--help"]));
        }

        Snapshot.Match(text.ToString());
    }

    [Fact]
    public async Task Mistakes_on_the_line_are_named_with_their_remedy()
    {
        await using var bench = new CliBench();
        string[][] lines =
        [
            [], ["--version"], ["sttus"], ["frobnicate"], ["status", "--formt", "json"], ["status", "--format", "xml"],
            ["status", "extra"], ["history", "--agent", "zero"], ["history", "--limit", "0"],
            ["history", "--limit", "x"],
            ["history", "--bead"], ["why"], ["why", "two words"], ["status", "--repo", "nowhere"],
            ["--format", "json", "sttus"], ["--format=json", "status", "--repo", "nowhere"],
        ];
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append(await bench.RunAsync(line)).Append('\n');
        }

        Snapshot.Match(text.ToString());
    }

    [Fact]
    public async Task A_folder_outside_of_a_repository_is_refused()
    {
        await using var bench = new CliBench(repository: false);

        var (exitCode, output, error) = await bench.InvokeAsync("status");

        Assert.Equal((ExitCodes.NotARepository, ""), (exitCode, output));
        Assert.Equal(
            "beadswarm: 'REPO' is not inside a git repository\n"
            + "  hint: change into one, name one with --repo PATH, or make one with 'git init'\n", error);
    }

    [Fact]
    public async Task A_verb_works_from_a_folder_inside_of_the_repository_and_from_elsewhere()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());
        Directory.CreateDirectory(bench["src/deep"]);
        await using var elsewhere = new CliBench(repository: false);

        var inside = await bench.InvokeAsync("progress", "-C", bench["src/deep"]);
        var outside = await elsewhere.InvokeAsync("progress", "--repo", bench.Path);

        Assert.StartsWith("[##############................]  48%", inside.Output, StringComparison.Ordinal);
        Assert.Equal(inside.Output, outside.Output);
    }

    [Fact]
    public async Task A_defect_is_told_from_a_mistake_by_its_exit_code()
    {
        await using var bench = new CliBench();
        var error = CliErrors.From(new InvalidOperationException("boom"))!;

        Assert.Equal(ExitCodes.Bug, error.ExitCode);
        Assert.Contains("boom", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Exit_codes_are_distinct_and_each_is_documented()
    {
        var constants = typeof(ExitCodes).GetFields().Where(field => field.IsLiteral)
            .Select(field => (int)field.GetRawConstantValue()!).ToArray();

        Assert.Equal(constants.Length, constants.Distinct().Count());
        Assert.Equal(constants.Order(), ExitCodes.All.Select(entry => entry.Code));
    }

    static IEnumerable<string[]> Paths(Command command, string[] above) =>
        command.Subcommands.Where(verb => !verb.Hidden)
            .SelectMany(verb => Paths(verb, [.. above, verb.Name]).Prepend([.. above, verb.Name]));
}
