using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Models;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>The ways in which the work of real Claude Code and Codex ends, and what the swarm makes of each.</summary>
public sealed class AgentEndTests
{
    // Long enough that a second call would come before it, if somebody made one.
    const int ResetSeconds = 6;

    const string Meaningless = "this call has no meaning";

    static readonly ModelReply Limited = new ModelReply.Refuse(new ModelFault.RateLimited());
    static readonly ModelReply Overloaded = new ModelReply.Refuse(new ModelFault.Overloaded());
    static readonly ModelReply Invalid = new ModelReply.Refuse(new ModelFault.Invalid(Meaningless));
    static readonly ModelReply Killed = new ModelReply.Run("echo half > src/half.md; kill -9 $PPID");

    /// <summary>One bead whose agent comes to one end after the other before it does its work.</summary>
    [Fact]
    public async Task Claude_Code_rests_begins_again_or_fails_by_how_its_work_ended()
    {
        // Its own retries take a call more each.
        await using var server = ModelServer.Start(PlayedModel.First(
            [Limited, Overloaded, Overloaded, Killed], GoodOnceItFailed));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage);

        var (summary, journal) = await RealAgents.RunAsync(repository);

        Ended(
            journal, "error: the agent is rate limited", "error: API Error: 529 Overloaded",
            "error: the agent crashed: signal 9", "failed: the agent exited with code 1", "passed: passed");
        Assert.Equal((1, 2), (summary.Landed, summary.Attempts));
        Assert.Equal("half", repository.Git("show", "main:src/half.md"));
        var last = server.Requests[^1];
        Assert.True(last.Asks(Meaningless) && last.Answers > last.Turn);
    }

    [Fact]
    public async Task Codex_rests_begins_again_or_fails_by_how_its_work_ended()
    {
        await using var server = ModelServer.Start(PlayedModel.First(
            [Limited, Overloaded, new ModelReply.Wait(), Killed], GoodOnceItFailed));
        using var repository = RealAgents.Repository(
            server, "codex", [new("a-1")], agents: 1, RealAgents.OneStage,
            limits: "retryDelayMin: 20ms, retryDelayMax: 100ms, idleTimeout: 8s");

        var (summary, journal) = await RealAgents.RunAsync(repository);

        Ended(
            journal, "error: the agent is rate limited", "error: Selected model is at capacity",
            "error: the agent printed nothing", "error: the agent crashed: signal 9",
            "failed: the agent exited with code 1", "passed: passed");
        Assert.Equal((1, 2), (summary.Landed, summary.Attempts));
        Assert.Equal("half", repository.Git("show", "main:src/half.md"));
        var last = server.Requests[^1];
        Assert.True(last.Asks(Meaningless) && last.Answers > last.Turn);
    }

    /// <summary>A subscription says until when; a key does not.</summary>
    [Fact]
    public async Task An_agent_whose_plan_is_used_up_rests_until_its_reset_and_asks_once()
    {
        DateTimeOffset? reset = null;
        await using var server = ModelServer.Start(request =>
        {
            var now = TimeProvider.System.GetUtcNow();
            reset ??= DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds() + ResetSeconds);
            return now < reset ? new ModelReply.Refuse(new ModelFault.RateLimited(reset)) : PlayedModel.Good(request);
        });
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage, login: "CLAUDE_CODE_OAUTH_TOKEN");

        var (summary, journal) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        Assert.Equal(["error", "passed"], RealAgents.Stages(journal).Select(stage => stage.Status));

        // The refused call, and the two of the work that came after the reset.
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task An_agent_that_is_ended_with_its_swarm_goes_on_in_its_conversation_with_the_next()
    {
        await using var server = ModelServer.Start(PlayedModel.First(
            [new ModelReply.Run("echo half > src/half.md"), new ModelReply.Wait()], PlayedModel.Good));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage);
        await using (var run = RunningSwarm.Start(repository))
        {
            await server.AskedAsync(times: 2);
            run.Signal(RunningSwarm.Terminate);
            Assert.Equal(130, Summary.Of(await run.EndAsync()).ExitCode);
        }

        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
        var (summary, _) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        Assert.Equal("half", repository.Git("show", "main:src/half.md"));
        Assert.True(server.Requests[2].Answers > 0);
    }

    [Fact]
    public async Task While_an_account_is_refused_its_fallback_works()
    {
        await using var server = ModelServer.Start(request =>
            request.Wire == ModelWire.Anthropic
                ? new ModelReply.Refuse(new ModelFault.RateLimited())
                : PlayedModel.Good(request));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1"), new("a-2")], agents: 1, RealAgents.OneStage, fallback: "codex",
            limits: "retryDelayMin: 1h, retryDelayMax: 1h");

        var (summary, _) = await RealAgents.RunAsync(repository);

        Assert.Equal((2, 2), (summary.Landed, summary.Attempts));
        Assert.Single(server.Requests, request => request.Wire == ModelWire.Anthropic);
    }

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    public async Task Agents_that_are_not_let_in_stop_the_swarm_with_one_message(string kind)
    {
        await using var server = ModelServer.Start(_ => new ModelReply.Refuse(new ModelFault.Unauthorized()));
        using var repository = RealAgents.Repository(
            server, kind, [new("a-1"), new("a-2"), new("a-3")], agents: 3, RealAgents.OneStage);

        var output = await repository.MustAsync(21, "run");

        Assert.Equal(
            1, output.Out.Split('\n').Count(line => line.Contains("is not let in", StringComparison.Ordinal)));
        Assert.Contains("runner real is not authorized", output.Out, StringComparison.Ordinal);
        Assert.Contains("0 of 3 landed, 0 blocked", output.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_out_of_turns_goes_on_in_its_conversation_with_a_handoff()
    {
        await using var server = ModelServer.Start(request => request switch
        {
            _ when !GoesOn(request) => new ModelReply.Run($"echo {request.Turn} > src/part-{request.Turn}.md"),
            { Turn: 0 } => PlayedModel.Commit("a-1", "sound"),
            _ => new ModelReply.Say("It is done."),
        });
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage, arguments: "--max-turns, \"2\"");

        var (summary, _) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        var second = server.Requests.First(GoesOn);
        Assert.Contains("This is continuation 1 of 3.", second.Prompt, StringComparison.Ordinal);
        Assert.Contains("- added: src/part-0.md", second.Prompt, StringComparison.Ordinal);
        Assert.InRange(second.Answers, 2, int.MaxValue);
    }

    [Fact]
    public async Task An_agent_out_of_context_goes_on_in_a_new_conversation_with_a_handoff()
    {
        await using var server = ModelServer.Start(request => request switch
        {
            _ when GoesOn(request) => PlayedModel.Good(request),
            { Turn: 0 } => new ModelReply.Run("echo half > src/half.md"),
            _ => new ModelReply.Refuse(new ModelFault.TooLong()),
        });
        using var repository = RealAgents.Repository(
            server, "codex", [new("a-1")], agents: 1, RealAgents.OneStage);

        var (summary, _) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        var second = server.Requests.First(GoesOn);
        Assert.Equal(0, second.Answers);
        Assert.Contains("- added: src/half.md", second.Prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_that_is_gone_is_begun_anew()
    {
        await using var server = ModelServer.Start(request => request.Turn == 0
            ? PlayedModel.Commit("a-1", request.Asks("it is not sound") ? "sound" : "red")
            : new ModelReply.Say("It is done."));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage,
            gate: "grep sound src/a-1.txt || { rm -rf \"$HOME/.claude/projects\"; echo it is 'not' sound; exit 1; }");

        var (summary, journal) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 2), (summary.Landed, summary.Attempts));
        Assert.All(server.Requests, request => Assert.Equal(request.Turn, request.Answers));
        Assert.Contains(
            journal,
            entry => entry.TryGetProperty("summary", out var text)
                && text.GetString()!.Contains("conversation is not there", StringComparison.Ordinal));
    }

    static ModelReply GoodOnceItFailed(ModelRequest request) =>
        request.Asks(Meaningless) ? PlayedModel.Good(request) : Invalid;

    static bool GoesOn(ModelRequest request) =>
        request.Asks("# Go on where the work stopped");

    /// <summary>Holds the ends of all executions to how each is to begin.</summary>
    static void Ended(IReadOnlyList<JsonElement> journal, params string[] expected)
    {
        var ends = RealAgents.Stages(journal).Select(stage => $"{stage.Status}: {stage.Summary}").ToArray();
        Assert.Equal(expected, ends.Select((end, i) =>
            i < expected.Length && end.StartsWith(expected[i], StringComparison.Ordinal) ? expected[i] : end));
    }
}
