using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Beadswarm.Configuration;

namespace Beadswarm.Tests.Configuration;

public sealed class ConfigReferenceTests
{
    [Fact]
    public void Reference_is_up_to_date() => Match("config.md", ConfigReference.Text());

    [Fact]
    public void Schema_is_up_to_date() => Match("swarm.schema.json", ConfigSchema.Json());

    [Fact]
    public void Every_default_is_accepted_by_its_own_type() => Assert.All(
        ConfigKeys.All.Where(key => key.Default is not null),
        key => Assert.IsType<Parsed.Value>(ConfigParsing.Parse(key, ConfigText.Plain(key.Default!, "default"))));

    [Fact]
    public void Every_key_has_a_section_a_doc_and_a_variable_of_its_own()
    {
        var sections = ConfigKeys.Sections.Select(section => section.Name).ToHashSet();
        var variables = ConfigKeys.All.Select(key => key.Variable).OfType<string>().ToArray();

        Assert.All(ConfigKeys.All, key => Assert.EndsWith(".", key.Doc, StringComparison.Ordinal));
        Assert.All(ConfigKeys.All.Where(key => key.Path.Contains('.')),
            key => Assert.Contains(key.Path[..key.Path.IndexOfAny(['.', '['])], sections));
        Assert.Equal(variables.Length, variables.Distinct().Count());
        Assert.Empty(variables.Intersect(EnvironmentNames.Protocol));
    }

    [Theory]
    [InlineData("10m", true)]
    [InlineData("1h30m", true)]
    [InlineData("250ms", true)]
    [InlineData("", false)]
    [InlineData("10", false)]
    public void Schema_and_loader_agree_about_durations(string text, bool expected)
    {
        using var schema = JsonDocument.Parse(ConfigSchema.Json());
        var pattern = schema.RootElement.GetProperty("properties").GetProperty("limits").GetProperty("properties")
            .GetProperty("stageTimeout").GetProperty("pattern").GetString()!;

        Assert.Equal(expected, Regex.IsMatch(text, pattern));
        Assert.Equal(expected, Beadswarm.Pipelines.Durations.TryParse(text, out _));
    }

    static void Match(string name, string actual, [CallerFilePath] string here = "")
    {
        var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/reference", name));
        actual = actual.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        Assert.True(File.Exists(path), $"No {path}. Run with UPDATE_SNAPSHOTS=1 and review the new file.");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }
}
