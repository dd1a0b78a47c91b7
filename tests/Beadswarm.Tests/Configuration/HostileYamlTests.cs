using Beadswarm.Configuration;

namespace Beadswarm.Tests.Configuration;

public sealed class HostileYamlTests
{
    internal const string Good = """
        agents: 4
        tracker: { kind: jsonl }
        select: { priority: [p0, 1], labels: ["a b"], limit: 5 }
        pools:
          - { role: worker, agents: 3, runner: mine }
        runners:
          mine: { kind: command, command: [agent, -p], environment: { A: b } }
        pipeline: { preset: default, maxAttempts: 2 }
        gates:
          test:
            run: |
              make
              make test
            timeout: 5m
        landing: { mode: queue, target: main }
        limits: { lease: 30s, restarts: 3/60s }
        """;

    [Theory]
    [InlineData("a: &x 1\n", "1:4", "anchor '&x' is not allowed")]
    [InlineData("agents: *x\n", "1:9", "alias '*x' is not allowed")]
    [InlineData("agents: !!int 3\n", "1:9", "tag 'tag:yaml.org,2002:int' is not allowed")]
    [InlineData("agents: 3\n---\nagents: 4\n", "2:1", "a second document is not allowed")]
    [InlineData("agents: 3\nagents: 4\n", "2:1", "key 'agents' is given twice, first at .beadswarm/swarm.yaml:1:1")]
    [InlineData("<<: { agents: 3 }\n", "1:1", "unknown key '<<'")]
    [InlineData("? [a, b]\n: c\n", "1:3", "a key must be a plain word")]
    [InlineData("- a\n", "1:1", "expected keys and values")]
    [InlineData("just text", "1:1", "expected keys and values")]
    [InlineData("agents: [1, 2\n", "2:1", "not valid YAML")]
    [InlineData("gates: {test: {run: \"x}}\n", "1:21", "not valid YAML")]
    [InlineData("limits:\n\tlease: 1s\n", "1:1", "not valid YAML")]
    public void Trap_is_refused_with_its_place(string text, string place, string message)
    {
        var errors = Assert.IsType<ConfigResult.Refused>(Load(text)).Errors;

        Assert.Contains(errors, error => error.Origin == $".beadswarm/swarm.yaml:{place}"
            && error.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n# nothing\n")]
    [InlineData("---\n")]
    [InlineData("null\n")]
    [InlineData("limits:\ngates:\npools:\n")]
    [InlineData("\ufeffagents: 3\n")]
    public void Empty_file_is_as_good_as_none(string text) => Assert.IsType<ConfigResult.Loaded>(Load(text));

    [Fact]
    public void Alias_bomb_is_refused_at_its_first_anchor()
    {
        var bomb = "a: &a [x]\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"b{i}: [*a, *a, *a]\n"));

        Assert.Equal(
            ".beadswarm/swarm.yaml:1:4",
            Assert.Single(Assert.IsType<ConfigResult.Refused>(Load(bomb)).Errors).Origin);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("a: b\n")]
    [InlineData("\"")]
    [InlineData("#")]
    [InlineData("!")]
    [InlineData("a,")]
    [InlineData("\u0000")]
    [InlineData(": ")]
    public void Large_repetition_is_answered(string piece)
    {
        // The runner's own time limit would catch a parser that goes quadratic on a file of the largest size.
        var text = string.Concat(Enumerable.Repeat(piece, (YamlText.CharactersMax / piece.Length) - 10));

        Assert.NotNull(Load(text));
        Assert.NotNull(Load("gates: { a: { run: [" + text[..(text.Length / 2)]));
    }

    [Fact]
    public void Too_large_a_file_is_refused_unread() => Assert.Contains(
        "the limit is 1048576",
        Assert.Single(Assert.IsType<ConfigResult.Refused>(Load(new('#', YamlText.CharactersMax + 1))).Errors).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_unchanged_text_is_accepted() => Assert.IsType<ConfigResult.Loaded>(Load(Good));

    internal static ConfigResult Load(string text) => ConfigLoader.Load(new() { Detected = new(), FileText = text });
}
