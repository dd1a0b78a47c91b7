using System.CommandLine;
using Beadswarm.Cli.Completions;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli.Completions;

public sealed class CompletionScriptsTests
{
    [Theory]
    [InlineData("beadswarm st", "status stop")]
    [InlineData("beadswarm --format json st", "status stop")]
    [InlineData("beadswarm config sh", "show")]
    [InlineData("beadswarm status --format ", "json text")]
    [InlineData("beadswarm config show --format j", "json")]
    [InlineData("beadswarm completion ", "--format bash fish zsh")]
    [InlineData("beadswarm status --w", "--watch")]
    [InlineData("beadswarm stop --w", "")]
    [InlineData("beadswarm hid", "")]
    public async Task Bash_offers_what_fits_at_the_cursor(string line, string expected) =>
        Assert.Equal(expected, await CompleteInBash(line));

    [Fact]
    public void Help_with_quotes_stays_one_word_of_the_script()
    {
        var root = new RootCommand { new Command("land", "it's a bead's way") };
        var script = CompletionScripts.Fish(CompletionTree.Of(root));

        Assert.Contains(@"-a 'land' -d 'it'\''s a bead'\''s way'", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_verb_of_the_program_is_in_every_script()
    {
        using var folder = new TemporaryFolder();
        var tree = CompletionTree.Of(SampleTree());

        foreach (var script in new[]
        {
            CompletionScripts.Bash(tree), CompletionScripts.Zsh(tree), CompletionScripts.Fish(tree),
        })
        {
            Assert.All(tree, node => Assert.Contains($"{node.Name}", script, StringComparison.Ordinal));
        }
    }

    static async Task<string> CompleteInBash(string line)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            folder["completion"], CompletionScripts.Bash(CompletionTree.Of(SampleTree())),
            TestContext.Current.CancellationToken);
        const string Ask = """
            . ./completion
            read -ra COMP_WORDS <<<"$1"
            [[ $1 == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _beadswarm
            printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
            """;
        var output = await Shell.RunAsync(folder.Path, "bash", "-c", Ask, "bash", line);
        Assert.Equal("", output.Error);
        return output.Out.Trim();
    }

    static RootCommand SampleTree()
    {
        var format = new Option<string>("--format") { Recursive = true };
        format.CompletionSources.Add("text", "json");
        var shell = new Argument<string>("shell");
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var root = new RootCommand
        {
            format,
            new Command("status", "Show it") { new Option<bool>("--watch", "-w") },
            new Command("stop", "Stop it"),
            new Command("config", "Look at the configuration") { new Command("show"), new Command("validate") },
            new Command("completion", "Print a script") { shell },
            new Command("hidden-verb") { Hidden = true },
        };
        root.Options.OfType<Option>().Where(option => option.Name is "--help" or "--version").ToList()
            .ForEach(option => root.Options.Remove(option));
        return root;
    }
}
