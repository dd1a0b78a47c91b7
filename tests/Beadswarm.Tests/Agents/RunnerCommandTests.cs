using System.Text.Json;
using System.Text.RegularExpressions;
using Beadswarm.Agents;
using Beadswarm.Agents.Deeds;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

public sealed class RunnerCommandTests
{
    static readonly RunnerSpec Plain = new() { Name = "mine", Kind = "any" };

    static readonly RunnerSpec Chosen = Plain with
    {
        Command = ["/opt/agent", "--first"],
        Model = "some-model",
        Effort = "high",
        Permission = AgentPermission.Edits,
        ExtraArguments = ["--extra", "a b"],
        Environment = new Dictionary<string, string> { ["A"] = "1" },
    };

    static readonly Conversation Earlier = new("c-1", default, null);

    [Fact]
    public void Each_kind_is_started_with_what_it_needs_and_what_was_chosen() => Snapshot.Match(string.Concat(
        from runner in Known(privileged: true)
        from launch in new[]
        {
            Launch(Plain), Launch(Chosen), Launch(Plain) with { VerdictRequired = true },
            Launch(Chosen) with { Continues = Earlier },
        }
        let command = runner.Prepare(launch, new AgentFiles("/session"))
        select $"{command.FileName}\n"
            + string.Concat(command.Arguments.Select(argument => $"  {argument.ReplaceLineEndings("")}\n"))
            + string.Concat(command.Environment.Select(variable => $"  {variable.Key}={variable.Value}\n"))
            + string.Concat(command.Files.Select(file => $"  file {file.Name}\n"))));

    [Theory]
    [InlineData("--settings")]
    [InlineData("--settings={}")]
    [InlineData("--bare")]
    public void Arguments_that_would_take_the_hooks_away_are_refused(string argument)
    {
        var refused = Assert.Throws<ProcessStartException>(() => Claude(privileged: false).Prepare(
            Launch(Plain with { ExtraArguments = ["--verbose", argument] }), new AgentFiles("/session")));

        Assert.Contains(argument, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hook_names_the_program_the_workspace_and_where_else_may_be_written()
    {
        using var settings = JsonDocument.Parse(
            ClaudeCodeHooks.Settings("/opt/it's/beadswarm", "/work space", new AgentFiles("/session")));

        var hook = settings.RootElement.GetProperty("hooks").GetProperty("PreToolUse")[0];
        Assert.Equal(
            "'/opt/it'\\''s/beadswarm' 'agent-hook' '--workspace' '/work space' '--allow' '/session/context' "
                + "'--allow' '/session/out' || exit 2",
            hook.GetProperty("hooks")[0].GetProperty("command").GetString());
        var matcher = new Regex(hook.GetProperty("matcher").GetString()!); // just set
        Assert.All(
            (string[])["Bash", "EnterWorktree", "Reader", "Write", "mcp__x__y"],
            tool => Assert.Matches(matcher, tool));
        Assert.All((string[])["Grep", "Read"], tool => Assert.DoesNotMatch(matcher, tool));
    }

    [Theory]
    [InlineData("Bash", """{"command":"git push"}""", "runs git push")]
    [InlineData("bash", """{"command":"git push"}""", "runs git push")]
    [InlineData("Write", """{"file_path":"/a"}""", "writes /a")]
    [InlineData("write", """{"filePath":"/a"}""", "writes /a")]
    [InlineData(
        "apply_patch",
        """{"command":"*** Begin Patch\n*** Add File: a b\n+x\n*** Update File: c\n*** Move to: ../d\n"}""",
        "writes a b, c, ../d")]
    [InlineData("patch", """{"patchText":"*** Begin Patch\n*** Delete File: a\n*** End Patch"}""", "writes a")]
    [InlineData("apply_patch", """{"command":"*** Begin Patch\n*** End Patch"}""", "cannot be told")]
    [InlineData("Write", """{"content":"x"}""", "cannot be told")]
    [InlineData("EnterWorktree", "{}", "moves")]
    [InlineData("mcp__x__y", """{"z":1}""", "other")]
    public void Call_of_each_program_is_understood(string tool, string input, string expected)
    {
        using var told = JsonDocument.Parse($$"""{"cwd":"/w","tool_name":"{{tool}}","tool_input":{{input}}}""");

        var deed = AgentHook.DeedOf(told.RootElement, out var folder);

        Assert.Equal("/w", folder);
        Assert.Equal(expected, deed switch
        {
            Deed.Runs runs => $"runs {runs.Script}",
            Deed.Writes writes => $"writes {string.Join(", ", writes.Paths)}",
            Deed.Moves => "moves",
            Deed.Other => "other",
            _ => "cannot be told",
        });
    }

    [Fact]
    public void Settings_by_which_each_program_asks_or_refuses() => Snapshot.Match(string.Concat(
        from runner in Known(privileged: false).Skip(1)
        from file in runner.Prepare(Launch(Plain), new AgentFiles("/session")).Files
        select $"{file.Name}\n{file.Content}\n"));

    [Fact]
    public void Prompt_is_never_an_argument()
    {
        foreach (var runner in Known(privileged: false))
        {
            var command = runner.Prepare(Launch(Chosen), new AgentFiles("/session"));

            Assert.DoesNotContain(
                command.Arguments, argument => argument.Contains("the prompt", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Login_of_a_known_cli_passes_to_it_and_to_no_other()
    {
        var own = new Dictionary<string, string>
        {
            ["ANTHROPIC_API_KEY"] = "k",
            ["OPENAI_API_KEY"] = "o",
            ["GEMINI_API_KEY"] = "g",
            ["OPENCODE_API_KEY"] = "c",
        };
        string[] Seen(IAgentRunner runner) =>
        [
            .. AgentEnvironment.Build(
                    own, Launch(Plain), new AgentFiles("/session"),
                    runner.Prepare(Launch(Plain with { Command = ["x"] }), new AgentFiles("/session"))).Keys
                .Where(name => name.EndsWith("_KEY", StringComparison.Ordinal)),
        ];

        Assert.Equal(["ANTHROPIC_API_KEY"], Seen(Claude(privileged: false)));
        Assert.Equal(["OPENAI_API_KEY"], Seen(new CodexRunner("/bin/beadswarm")));
        Assert.Equal(["GEMINI_API_KEY"], Seen(new GeminiRunner()));
        Assert.Equal(["OPENCODE_API_KEY"], Seen(new OpencodeRunner("/bin/beadswarm")));
        Assert.Empty(Seen(new CommandRunner()));
    }

    [Fact]
    public void Variables_of_the_configuration_count_more_than_those_of_the_kind()
    {
        var launch = Launch(Plain with
        {
            Environment = new Dictionary<string, string> { ["CLAUDE_CODE_MAX_RETRIES"] = "9" },
        });
        var files = new AgentFiles("/session");

        var environment = AgentEnvironment.Build(
            new Dictionary<string, string>(), launch, files,
            Claude(privileged: false).Prepare(launch, files));

        Assert.Equal("9", environment["CLAUDE_CODE_MAX_RETRIES"]);
    }

    [Fact]
    public void Gemini_reads_the_prompt_from_a_file_of_its_own_only_where_it_would_misread_it()
    {
        var files = new AgentFiles("/session");

        Assert.Null(new GeminiRunner().Prepare(Launch(Plain), files).Input);
        Assert.Equal(
            new ContextFile(GeminiRunner.InputFile, GeminiRunner.Literal("look at @src")),
            new GeminiRunner().Prepare(Launch(Plain) with { Prompt = "look at @src" }, files).Input);
    }

    static IAgentRunner[] Known(bool privileged) =>
    [
        Claude(privileged), new CodexRunner("/bin/beadswarm"), new GeminiRunner(),
        new OpencodeRunner("/bin/beadswarm"),
    ];

    static ClaudeCodeRunner Claude(bool privileged) => new("/bin/beadswarm", privileged);

    static AgentLaunch Launch(RunnerSpec runner) => new()
    {
        Agent = new AgentNumber(1),
        Bead = BeadId.Parse("bd-1"),
        Stage = StageName.Implement,
        Attempt = 1,
        Workspace = "/workspace",
        SessionFolder = "/session",
        Prompt = "the prompt",
        BeadJson = "{}",
        Runner = runner,
        Limits = new AgentLimits(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.Zero, 1000),
        Tag = "tag",
    };
}
