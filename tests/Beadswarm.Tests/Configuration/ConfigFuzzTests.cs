using System.Text;
using System.Text.Json;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Configuration;

/// <summary>Configurations as people mistype them, and as nobody would.</summary>
public sealed class ConfigFuzzTests
{
    /// <summary>Whatever the text, every key there is gets a value.</summary>
    const int AllKeysBytesMax = 1024 * 1024;

    static readonly string[] Tokens =
    [
        "gates:\n", "  test: { run: make }\n", "pools: [{ role: worker, agents: 3 }]\n", "limits: { lease: 30s }\n",
        "- ", ": ",
        "\n", "  ", "\t", "{ ", " }", "[", "]", "&a ", "*a", "!!int ", "---\n", "...\n", "|\n", ">-\n", "# ", "? ",
        "<<: ", "'", "\"",
        "countPattern: '(a+)+$'\n", "true", "~", "0x10", "1e3", "1h30m", "p0", "3/60s", "stages:\n",
        "- { name: a, kind: command }\n",
        "%YAML 1.2\n", "- &a [*a, *a]\n",
    ];

    [Fact]
    public Task Mutated_text_gives_a_configuration_or_errors_with_places() =>
        new Fuzz<ConfigResult>(
            [.. FuzzInputs.Of(HostileYamlTests.Good, "", "agents: 3\n"), .. FuzzInputs.Of(ConfigWriter.Text(new()))],
            Tokens)
        {
            Read = input => HostileYamlTests.Load(input.Text),
            Refused = result => result is ConfigResult.Refused refused
                ? refused.Errors.Select(error => error.ToString()).MaxBy(text => text.Length)
                : null,
            Holds = (_, result) =>
            {
                switch (result)
                {
                    case ConfigResult.Loaded loaded:
                        Assert.NotEmpty(loaded.Config.Pools);
                        Assert.NotEmpty(loaded.Config.Pipeline.Stages);
                        break;
                    case ConfigResult.Refused refused:
                        Assert.InRange(refused.Errors.Count, 1, ConfigLoader.ErrorsMax);
                        Assert.All(
                            refused.Errors, error => Assert.True(error.Position.Line > 0 || error.Path.Length > 0,
                            $"{error}"));
                        break;
                }
            },
            Count = 3000,
            AllocatedAtRestMax = AllKeysBytesMax,
            AllocatedPerByteMax = 1500,
        }.RunAsync();

    [Fact]
    public Task Any_value_of_a_flag_or_variable_is_taken_or_refused_where_it_was_given() =>
        new Fuzz<ConfigResult>(
            FuzzInputs.Of("4", "p0,1", "30s", "3/60s", "main", "true", "sqlite", "jsonl", "0.5", "a b", "bd-1"),
            ",", "p4", "2147483648", "1e9", "feature/x", "..", "postgres://u:p@h/d")
        {
            AllocatedAtRestMax = AllKeysBytesMax,
            Read = input =>
            {
                var keys = ConfigKeys.All.Where(key => key.Variable is not null).ToArray();
                var key = keys[input.Choices().Next(keys.Length)];
                return ConfigLoader.Load(new()
                {
                    Detected = new(),
                    Environment = new Dictionary<string, string> { [key.Variable!] = input.Text },
                    Flags = input.Bytes.Length % 2 == 0 ? [] : [new ConfigFlag(key.Path, input.Text, "--flag")],
                });
            },
            Refused = result => result is ConfigResult.Refused refused ? string.Join('\n', refused.Errors) : null,
            Holds = (_, result) => Assert.All(
                (result as ConfigResult.Refused)?.Errors ?? [],
                error => Assert.True(error.Origin is "--flag" or ['B', 'E', ..], $"{error}")),
            Count = 1500,
            AllocatedPerByteMax = 1500,
        }.RunAsync();

    [Fact]
    public Task Any_text_is_a_length_of_time_that_reads_back_or_none() =>
        new Fuzz<TimeSpan?>(FuzzInputs.Of("90s", "10m", "1h30m", "250ms", "2d", "365d", "0s"), "1d", "2h", "3m", "4s",
        "5ms")
        {
            Read = input => Durations.TryParse(input.Text, out var duration) ? duration : null,
            Refused = duration => duration is null ? "no duration" : null,
            Holds = (_, duration) =>
            {
                if (duration > TimeSpan.Zero)
                {
                    Assert.True(Durations.TryParse(Durations.Format(duration.Value), out var again));
                    Assert.Equal(duration, again);
                }
            },
            Count = 3000,
        }.RunAsync();

    [Fact]
    public Task Any_files_of_a_repository_suggest_gates_that_a_configuration_can_hold() =>
        new Fuzz<IReadOnlyList<DetectedGate>>(
            FuzzInputs.Of(
                """{"scripts":{"build":"tsc","test":"jest","lint":"eslint ."}}""",
                "build: a\n\tcc a.c\ntest check: build\n.PHONY: test\nlint ::\nX := 1\n",
                "[tool.ruff]\n[tool.mypy]\npytest\n"),
            "\"scripts\":", "\"test\":", "test:", "\n", "\t", ": ", "lint", "{")
        {
            Read = input =>
            {
                string[] names = ["package.json", "Makefile", "pyproject.toml"];
                return GateDetection.Detect(new Dictionary<string, string?>
                {
                    [names[input.Bytes.Length % 3]] = input.Text,
                    [$"src/{Name(input)}.csproj"] = null,
                });
            },
            Holds = (_, gates) =>
            {
                var detected = new Detected { Gates = gates };
                var loaded = Assert.IsType<ConfigResult.Loaded>(
                    ConfigLoader.Load(new() { Detected = detected, FileText = ConfigWriter.Text(detected) }));
                Assert.Equal(
                    JsonSerializer.Serialize(gates.Select(gate => gate.Gate)),
                    JsonSerializer.Serialize(loaded.Config.Gates.Values));
            },
            Count = 500,
            AllocatedPerByteMax = 256,
        }.RunAsync();

    [Fact]
    public void A_delay_that_cannot_be_read_is_one_error_and_not_two() =>
        Assert.Equal(
            "limits.retryDelayMax",
            Assert.Single(Assert.IsType<ConfigResult.Refused>(
                HostileYamlTests.Load("limits: { retryDelayMin: 2s, retryDelayMax: soon }\n")).Errors).Path);

    [Theory]
    [InlineData("a\u2028gates: {}\u2028b.csproj")]
    [InlineData("a\u0085landing: { target: evil }\u0085b.csproj")]
    [InlineData("a\nlanding: { target: evil }\nb.csproj")]
    public void The_name_of_a_file_cannot_end_a_comment_of_the_written_configuration(string name)
    {
        var gates = GateDetection.Detect(new Dictionary<string, string?> { [name] = null });
        var detected = new Detected { Gates = gates };

        var config = Assert.IsType<ConfigResult.Loaded>(
            ConfigLoader.Load(new() { Detected = detected, FileText = ConfigWriter.Text(detected) })).Config;

        Assert.Equal(("main", gates[0].Gate.Run), (config.Landing.Target, config.Gates["build"].Run));
    }

    [Fact]
    public void Half_a_character_in_a_package_hides_none_of_its_scripts() =>
        Assert.Equal(
            "test",
            Assert.Single(GateDetection.Detect(new Dictionary<string, string?>
            {
                ["package.json"] = """{"\ud800":1,"scripts":{"test":"jest \udc00"}}""",
            })).Gate.Name);

    [Fact]
    public void Fifty_thousand_mistakes_are_answered_with_a_hundred()
    {
        var text = new StringBuilder();
        for (var i = 0; text.Length < YamlText.CharactersMax - 100; i++)
        {
            text.Append($"agent{i}: x\n");
        }

        var refused = Assert.IsType<ConfigResult.Refused>(HostileYamlTests.Load(text.ToString()));

        Assert.True(refused.Errors.Count <= ConfigLoader.ErrorsMax);
    }

    /// <summary>What a file may be called.</summary>
    static string Name(FuzzInput input) =>
        Encoding.UTF8.GetString([.. input.Bytes.Where(one => one is not (0 or (byte)'/')).Take(20)]);
}
