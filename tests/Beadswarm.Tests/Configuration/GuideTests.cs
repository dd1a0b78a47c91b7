using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Beadswarm.Configuration;

namespace Beadswarm.Tests.Configuration;

/// <summary>What people copy from the guide for agents works as it stands there.</summary>
public sealed partial class GuideTests
{
    [Fact]
    public void Every_configuration_in_the_guide_for_agents_is_accepted()
    {
        var examples = Block().Matches(File.ReadAllText(Guide())).Select(match => match.Groups["yaml"].Value).ToArray();

        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var loaded = Assert.IsType<ConfigResult.Loaded>(Load(example));
            Assert.Empty(loaded.RunProblems);
        }
    }

    [Fact]
    public void In_the_guide_what_one_cli_has_written_another_one_reviews()
    {
        var example = Block().Matches(File.ReadAllText(Guide())).Select(match => match.Groups["yaml"].Value)
            .Single(yaml => yaml.Contains("preset: roles", StringComparison.Ordinal));

        var config = ((ConfigResult.Loaded)Load(example)).Config;

        Assert.Equal(
            [
                "planner claude-code plan", "test-writer claude-code contract", "implementer claude-code implement",
                "reviewer codex qa-enforcer red-queen",
            ],
            config.Pools.Select(pool => $"{pool.Role} {config.Runners[pool.Runner].Kind} "
                + string.Join(' ', pool.Stages)));
    }

    static ConfigResult Load(string yaml) => ConfigLoader.Load(new ConfigSources
    {
        FileText = yaml,
        Detected = new Detected { Runners = RunnerDetection.Detect(program => $"/usr/bin/{program}") },
    });

    static string Guide([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here) ?? "", "..", "..", "..", "docs", "guides", "agents.md");

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
