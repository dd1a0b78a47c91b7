using System.Text.Json;
using System.Text.RegularExpressions;
using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Configuration;

public sealed class ConfigWriterTests
{
    static readonly Detected Rich = new()
    {
        Dialect = TrackerDialect.BdClassic,
        TargetBranch = "trunk",
        Remote = "upstream",
        Gates =
        [
            new(new GateSpec { Name = "build", Run = "make \"all\" && echo 'a: b' # c" }, "target build of Makefile"),
            new(
                new GateSpec
                {
                    Name = "1st",
                    Run = "./test",
                    Timeout = TimeSpan.FromSeconds(90),
                    CountPattern = @"warning\b: ",
                    Cleanup = "rm -rf\ttmp",
                    BeforeCommit = true,
                    Cached = false,
                },
                "script test"),
        ],
        Runners = [new("claude", "claude-code", "bin/claude")],
        Processors = 2,
        MemoryGb = 16,
    };

    [Fact]
    public void Written_file_explains_itself() => Snapshot.Match(ConfigWriter.Text(Rich));

    [Fact]
    public void File_of_an_empty_repository_explains_itself() => Snapshot.Match(ConfigWriter.Text(new()));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reading_the_written_file_back_is_the_same_as_having_none(bool rich)
    {
        var detected = rich ? Rich : new Detected();

        var without = Load(detected, null);
        var with = Load(detected, ConfigWriter.Text(detected));

        Assert.Equal(Text(without.Config), Text(with.Config));
        Assert.Equal(without.RunProblems, with.RunProblems);
    }

    [Fact]
    public void Each_commented_key_can_be_switched_on()
    {
        // Uncommenting one line (and the name of its section) must give a file that is still accepted.
        var lines = ConfigWriter.Text(new()).Split('\n');
        var tried = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!Regex.IsMatch(lines[i], "^ *# [a-zA-Z]+: .")
                || lines[i].Contains("# runner: ", StringComparison.Ordinal)
                || lines[i].Contains("beadswarm", StringComparison.Ordinal)
                || lines[i].Contains("[build, test]", StringComparison.Ordinal)
                || !ConfigKeys.All.Any(key => key.Path.EndsWith(KeyOf(lines[i]), StringComparison.Ordinal)))
            {
                continue;
            }

            var changed = lines.ToArray();
            changed[i] = changed[i].Replace("# ", "", StringComparison.Ordinal);
            var section = Array.FindLastIndex(changed, i, line => Regex.IsMatch(line, "^# [a-z]+:$"));
            if (section >= 0 && changed[i].StartsWith(' '))
            {
                changed[section] = changed[section][2..];
            }

            if (ConfigLoader.Load(new() { Detected = new(), FileText = string.Join('\n', changed) })
                is ConfigResult.Refused refused)
            {
                Assert.Fail($"{changed[i]}: {string.Join('\n', refused.Errors)}");
            }

            tried++;
        }

        Assert.InRange(tried, 25, 100);
    }

    static string KeyOf(string line) => line.Trim().TrimStart('#').Trim().Split(':')[0];

    static ConfigResult.Loaded Load(Detected detected, string? file) =>
        ConfigLoader.Load(new() { Detected = detected, FileText = file }) switch
        {
            ConfigResult.Loaded loaded => loaded,
            ConfigResult.Refused refused => throw new InvalidOperationException(string.Join('\n', refused.Errors)),
        };

    static string Text(SwarmConfig config) => JsonSerializer.Serialize(config, JsonSerializerOptions.Web);
}
