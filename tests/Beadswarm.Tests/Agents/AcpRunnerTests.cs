using Beadswarm.Agents;
using Beadswarm.Agents.Acp;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Tests.Processes;

namespace Beadswarm.Tests.Agents;

/// <summary>The runner acp, with our real client between the engine and an agent that is a shell script.</summary>
public sealed class AcpRunnerTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    const string Begin =
        """
        read -r hello; echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{}}}'
        read -r new; echo '{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s-1"}}'
        read -r prompt; printf '%s\n' "$prompt" >prompt.json

        """;

    readonly ChildFixture _fixture = new();

    public AcpRunnerTests() => Directory.CreateDirectory(_fixture["work"]);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_of_the_protocol_works_in_its_workspace_and_leaves_a_verdict()
    {
        var outcome = await Run(Begin +
            """
            echo hello >hello.txt
            echo '{"verdict":"pass","summary":"done"}' >"$BEADSWARM_RESULT"
            printf '{"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn",'
            echo '"usage":{"inputTokens":30,"outputTokens":2}}}'
            read -r last || exit 0
            """);

        Assert.True(outcome.End is AgentEnd.Finished { Verdict.Passed: true }, $"{outcome.End}\n{Output()}");
        Assert.Equal(new TokenCount(30, 2, 0, 0), outcome.Usage.Tokens);
        Assert.Equal("s-1", outcome.Usage.Conversation?.Id);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(_fixture["work/hello.txt"], Cancel));
        Assert.Contains(
            "do it", await File.ReadAllTextAsync(_fixture["work/prompt.json"], Cancel), StringComparison.Ordinal);
        Assert.True(outcome.Leaks.Clean);
    }

    [Theory]
    [InlineData("\"error\":\"Authentication required\",\"code\":-32000", typeof(AgentEnd.Unauthorized))]
    [InlineData("\"error\":\"x\",\"code\":-32603,\"kind\":\"rate_limit\"", typeof(AgentEnd.RateLimited))]
    [InlineData("\"error\":\"Prompt is too long\",\"code\":-32603", typeof(AgentEnd.ContextExhausted))]
    [InlineData("\"error\":\"529 overloaded\",\"code\":-32603", typeof(AgentEnd.Overloaded))]
    [InlineData("\"error\":\"gone\",\"kind\":\"session_lost\"", typeof(AgentEnd.ConversationLost))]
    [InlineData("\"error\":\"not in time\",\"kind\":\"timeout\"", typeof(AgentEnd.FailedToStart))]
    [InlineData("\"error\":\"no idea\",\"code\":-32603", typeof(AgentEnd.Failed))]
    [InlineData("\"stopReason\":\"max_turn_requests\"", typeof(AgentEnd.MaxTurns))]
    [InlineData("\"stopReason\":\"refusal\"", typeof(AgentEnd.Failed))]
    public void What_the_agent_answers_is_one_of_the_ends(string answer, Type end)
    {
        var files = new AgentFiles(_fixture["session"]);
        Directory.CreateDirectory(files.Folder);
        File.WriteAllText(files.Stdout, $"{{\"acp\":\"end\",{answer}}}\n");

        var reading = new AcpRunner("x").Interpret(new AgentReport(
            new ChildExit.Exited(1), "", new AgentResult.Missing(), files, DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc,
            null));

        Assert.IsType(end, reading.End);
    }

    [Fact]
    public async Task An_agent_of_the_protocol_is_ended_with_its_client_and_nothing_of_either_stays()
    {
        var ready = await _fixture.Pipe("ready");
        var session = await Start(Begin + $"setsid sleep 1000 & echo yes >{ready}; sleep 1000");
        await Task.Run(() => File.ReadAllText(ready), Cancel).WaitAsync(Patience, Cancel);

        var adopted = await Host().TryAdoptAsync(session.Process!, Cancel); // it was started
        await adopted!.TerminateAsync("the swarm stops", Cancel);

        Assert.Equal(new AgentEnd.Killed("the swarm stops"), (await adopted.WaitAsync(Cancel)).End);
        Assert.Empty(ProcessSweep.Members(_fixture.Tag));
    }

    [Fact]
    public async Task An_agent_that_is_not_there_is_told_by_its_name() => Assert.Contains(
        "no-such-agent",
        Assert.IsType<AgentEnd.FailedToStart>((await Run(["no-such-agent"])).End).Reason, StringComparison.Ordinal);

    public void Dispose() => _fixture.Dispose();

    string Output()
    {
        var files = new AgentFiles(_fixture["session"]);
        return File.ReadAllText(files.Stdout) + File.ReadAllText(files.Stderr);
    }

    static AgentHost Host() => new(
        new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
            ["HOME"] = Path.GetTempPath(),
            ["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "",
        },
        [new AcpRunner(Path.Combine(AppContext.BaseDirectory, "beadswarm"))],
        TimeProvider.System);

    Task<AgentOutcome> Run(string script) => Run(["/bin/sh", "-c", script]);

    async Task<AgentOutcome> Run(IReadOnlyList<string> command) =>
        await (await Start(command)).WaitAsync(Cancel);

    Task<IAgentSession> Start(string script) => Start(["/bin/sh", "-c", script]);

    Task<IAgentSession> Start(IReadOnlyList<string> command) => Host().StartAsync(
        new AgentLaunch
        {
            Agent = new AgentNumber(7),
            Bead = BeadId.Parse("bd-1"),
            Stage = StageName.Implement,
            Attempt = 1,
            Workspace = _fixture["work"],
            SessionFolder = _fixture["session"],
            Prompt = "do it",
            BeadJson = "{}",
            Runner = new RunnerSpec { Name = "x", Kind = AcpRunner.KindName, Command = command },
            Limits = new AgentLimits(Patience, Patience, ChildFixture.NoGrace, 10_000_000),
            Tag = _fixture.Tag,
        },
        Cancel);
}
