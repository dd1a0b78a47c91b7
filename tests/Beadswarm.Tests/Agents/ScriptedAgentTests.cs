using System.Runtime.InteropServices;
using System.Text;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Tests.Processes;

namespace Beadswarm.Tests.Agents;

/// <summary>The shipped program in a real repository, started by the real host.</summary>
public sealed class ScriptedAgentTests : IAsyncLifetime
{
    static readonly AgentLimits Generous = new(
        ChildFixture.Patience, ChildFixture.Patience, ChildFixture.NoGrace, 10_000_000);

    static readonly Dictionary<string, string> OwnEnvironment = new()
    {
        ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
        ["HOME"] = "/nonexistent",
        ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
    };

    readonly ChildFixture _fixture = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_fixture["work"]);
        await Git("init", "-q", "-b", "agent-7/bd-1");
        await Git("commit", "-q", "--allow-empty", "-m", "start");
    }

    [Fact]
    public async Task Contract_implement_and_review_do_the_usual()
    {
        await Run("contract");
        await Run("implement");
        var review = Assert.IsType<AgentEnd.Finished>((await Run("qa-enforcer")).End);

        Assert.True(review.Verdict!.Passed);
        Assert.Equal(
            "Implement bd-1\nWrite the contract of bd-1\nstart\n", await Git("log", "--format=%s"));
        Assert.EndsWith("status: done\n", await Git("show", "HEAD:src/bd-1.txt"), StringComparison.Ordinal);
        Assert.Empty(await Git("status", "--porcelain"));
    }

    [Fact]
    public async Task The_first_matching_rule_of_a_script_decides()
    {
        await Script(
            """
            {"rules": [
              {"bead": "bd-2", "actions": [{"do": "exit", "code": 9}]},
              {"bead": "bd-*", "stage": "contract|implement", "attempt": 2, "actions": [
                {"do": "write", "path": "a.txt", "content": "one\ntwo\n"},
                {"do": "edit", "path": "a.txt", "find": "two", "replace": "{{bead}} {{stage}} {{attempt}} {{agent}}"},
                {"do": "append", "path": "a.txt", "content": "three\n"},
                {"do": "commit", "message": "By script"},
                {"do": "print", "text": "hello {{bead}}", "times": 2},
                {"do": "result", "verdict": "fail", "findings": [{"severity": "minor", "title": "{{bead}}"}]},
                {"do": "exit", "code": 0}, {"do": "crash"}]},
            ]} // the rest is the usual
            """);

        var finished = Assert.IsType<AgentEnd.Finished>((await Run("implement", "--script", _fixture["script"])).End);

        Assert.Equal("bd-1", Assert.Single(finished.Verdict!.Findings).Title);
        Assert.Equal("one\nbd-1 implement 2 7\nthree\n", await Git("show", "HEAD:a.txt"));
        Assert.Equal("hello bd-1\nhello bd-1\n", await File.ReadAllTextAsync(Stdout, Cancellation));
    }

    [Theory]
    [InlineData("lie", "start", "Finished")]
    [InlineData("broken", "Implement bd-1", "Finished")]
    [InlineData("no-commit", "start", "Finished")]
    [InlineData("uncommitted", "start", "Finished")]
    [InlineData("exit", "start", "Failed")]
    [InlineData("crash", "start", "Crashed")]
    [InlineData("broken-result", "Implement bd-1", "Finished")]
    [InlineData("wrong-branch", "start", "Finished")]
    [InlineData("edit-beads", "Implement bd-1", "Finished")]
    [InlineData("outside", "Implement bd-1", "Finished")]
    [InlineData("leak", "Implement bd-1", "Finished")]
    public async Task Each_misbehaviour_is_what_it_says(string behaviour, string subjectOnBranch, string end)
    {
        var outcome = await Run("implement", "--rate", $"implement.{behaviour}=1");

        Assert.Equal(end, outcome.End.GetType().Name);
        Assert.Equal(subjectOnBranch + "\n", await Git("log", "-1", "--format=%s", "agent-7/bd-1"));
        Assert.Equal(behaviour == "leak", !outcome.Leaks.Clean);
        Assert.Equal(behaviour == "outside", File.Exists(_fixture["outside-bd-1.txt"]));
        Assert.Equal(
            behaviour == "broken-result", outcome.End is AgentEnd.Finished { VerdictProblem: not null });
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_hanging_agent_stalls_and_does_not_survive_being_ended()
    {
        var limits = Generous with { IdleTimeout = TimeSpan.FromSeconds(1) };

        var outcome = await Run(limits, "implement", "--rate", "hang=1");

        Assert.IsType<AgentEnd.Stalled>(outcome.End);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_flooding_agent_hits_the_limit_of_its_log()
    {
        var limits = Generous with { LogBytesMax = 1_000_000 };

        Assert.IsType<AgentEnd.LogLimit>((await Run(limits, "implement", "--rate", "flood=1")).End);
    }

    [Fact]
    public async Task A_broken_script_is_named()
    {
        await Script("[]");

        var failed = Assert.IsType<AgentEnd.Failed>((await Run("implement", "--script", _fixture["script"])).End);

        Assert.Equal(65, failed.ExitCode);
        Assert.Contains("is not a script", failed.OutputTail, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync()
    {
        _fixture.Dispose();
        return ValueTask.CompletedTask;
    }

    string Stdout => new AgentFiles(_fixture["session"]).Stdout;

    Task Script(string json) => File.WriteAllTextAsync(_fixture["script"], json, Cancellation);

    Task<AgentOutcome> Run(string stage, params string[] arguments) => Run(Generous, stage, arguments);

    async Task<AgentOutcome> Run(AgentLimits limits, string stage, params string[] arguments)
    {
        var runner = new ScriptedRunner(Path.Combine(AppContext.BaseDirectory, "beadswarm-scripted-agent"));
        var host = new AgentHost(OwnEnvironment, [runner], TimeProvider.System);
        var session = await host.StartAsync(
            new AgentLaunch
            {
                Agent = new AgentNumber(7),
                Bead = BeadId.Parse("bd-1"),
                Stage = new StageName(stage),
                Attempt = 2,
                Workspace = _fixture["work"],
                SessionFolder = _fixture["session"],
                Prompt = "do it",
                BeadJson = "{}",
                Runner = new RunnerSpec { Name = "s", Kind = "scripted", Command = arguments },
                Limits = limits,
                Tag = _fixture.Tag,
            },
            Cancellation);
        return await session.WaitAsync(Cancellation);
    }

    async Task<string> Git(params string[] arguments)
    {
        var result = await Command.RunAsync(
            new CommandSpec
            {
                FileName = "git",
                Arguments = ["-c", "user.name=t", "-c", "user.email=t@t", .. arguments],
                WorkingDirectory = _fixture["work"],
                Environment = OwnEnvironment,
            },
            Cancellation);
        Assert.True(result.ExitCode == 0, Encoding.UTF8.GetString(result.Stderr));
        return Encoding.UTF8.GetString(result.Stdout);
    }
}
