using System.Globalization;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Models;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>
/// The real Claude Code and Codex, as eng/agents pins them, in a real swarm; only the model is played. What it answers
/// follows from what it is asked, so nothing here depends on who comes first.
/// </summary>
public sealed class AgentTests
{
    const string Finding = "the empty case is not handled";

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    public async Task A_real_agent_edits_commits_and_lands(string kind)
    {
        await using var server = await ModelServer.StartAsync(Good);
        using var repository = RealAgents.Repository(server, kind, [new("a-1")], agents: 1, RealAgents.OneStage);

        var (summary, journal) = await RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        Assert.Equal("status: done\nsound", repository.Git("show", "main:src/a-1.txt"));
        Assert.Contains("What a-1 is about.", server.Requests[0].Prompt, StringComparison.Ordinal);
        var used = Entry(journal, "agent.used");
        Assert.Equal(kind == "codex" ? 1 : 2, used.GetProperty("calls").GetInt32());
        Assert.Equal(2000, used.GetProperty("inputTokens").GetInt32());
        Assert.Equal(40, used.GetProperty("outputTokens").GetInt32());
        Assert.NotEqual("", used.GetProperty("conversation").GetString());
    }

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    public async Task A_second_attempt_goes_on_in_the_conversation_and_is_told_what_failed(string kind)
    {
        await using var server = await ModelServer.StartAsync(request => request switch
        {
            { Task.Verb: "Check", Turn: 0 } => new ModelReply.Run("cat src/a-1.txt"),
            { Task.Verb: "Check" } => request.Said("polished")
                ? new ModelReply.Verdict(true, "good")
                : new ModelReply.Verdict(false, Finding),
            { Turn: 0 } => Commit("a-1", request.Asks(Finding) ? "polished" : "draft"),
            _ => new ModelReply.Say("It is done."),
        });
        using var repository = RealAgents.Repository(server, kind, [new("a-1")], agents: 1, RealAgents.TwoStages);

        var (summary, _) = await RunAsync(repository);

        Assert.Equal((1, 2), (summary.Landed, summary.Attempts));
        var second = server.Requests.First(request =>
            request.Task.Verb == "Implement" && request.Asks(Finding));
        Assert.Equal((0, 2), (second.Turn, second.Answers));

        // Who reviews a second time does not remember the first.
        Assert.All(server.Requests.Where(request => request.Task.Verb == "Check"), review =>
            Assert.Equal(review.Turn, review.Answers));
    }

    [Theory]
    [InlineData("claude-code", "rate limited", 1)]
    [InlineData("claude-code", "overloaded", 2)]
    [InlineData("codex", "rate limited", 2)]
    [InlineData("codex", "overloaded", 1)]
    public async Task An_agent_that_is_refused_for_a_while_waits_and_no_attempt_is_counted(
        string kind, string how, int callsRefused)
    {
        var calls = 0;
        await using var server = await ModelServer.StartAsync(request =>
            Interlocked.Increment(ref calls) > callsRefused ? Good(request)
            : how == "overloaded" ? new ModelReply.Refuse(ModelFault.Overloaded)
            : new ModelReply.Refuse(ModelFault.RateLimited));
        using var repository = RealAgents.Repository(server, kind, [new("a-1")], agents: 1, RealAgents.OneStage);

        var (summary, journal) = await RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        var first = Entry(journal, "stage.ended");
        Assert.Equal("error", first.GetProperty("status").GetString());
        Assert.Contains(
            how == "overloaded" ? "" : "rate limited", first.GetProperty("summary").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_an_account_is_refused_its_fallback_works()
    {
        await using var server = await ModelServer.StartAsync(request =>
            request.Wire == ModelWire.Anthropic ? new ModelReply.Refuse(ModelFault.RateLimited) : Good(request));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1"), new("a-2")], agents: 1, RealAgents.OneStage, fallback: "codex",
            delays: "retryDelayMin: 1h, retryDelayMax: 1h");

        var (summary, _) = await RunAsync(repository);

        Assert.Equal((2, 2), (summary.Landed, summary.Attempts));
        Assert.Single(server.Requests, request => request.Wire == ModelWire.Anthropic);
    }

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    public async Task Agents_that_are_not_let_in_stop_the_swarm_with_one_message(string kind)
    {
        await using var server = await ModelServer.StartAsync(_ => new ModelReply.Refuse(ModelFault.Unauthorized));
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
        await using var server = await ModelServer.StartAsync(request => request switch
        {
            _ when !GoesOn(request) => new ModelReply.Run($"echo {request.Turn} > src/part-{request.Turn}.md"),
            { Turn: 0 } => Commit("a-1", "sound"),
            _ => new ModelReply.Say("It is done."),
        });
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage, arguments: "--max-turns, \"2\"");

        var (summary, _) = await RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        var second = server.Requests.First(GoesOn);
        Assert.Contains("This is continuation 1 of 3.", second.Prompt, StringComparison.Ordinal);
        Assert.Contains("- added: src/part-0.md", second.Prompt, StringComparison.Ordinal);
        Assert.InRange(second.Answers, 2, int.MaxValue);
    }

    [Fact]
    public async Task An_agent_out_of_context_goes_on_in_a_new_conversation_with_a_handoff()
    {
        await using var server = await ModelServer.StartAsync(request => request switch
        {
            _ when GoesOn(request) => Good(request),
            { Turn: 0 } => new ModelReply.Run("echo half > src/half.md"),
            _ => new ModelReply.Refuse(ModelFault.TooLong),
        });
        using var repository = RealAgents.Repository(
            server, "codex", [new("a-1")], agents: 1, RealAgents.OneStage);

        var (summary, _) = await RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        var second = server.Requests.First(GoesOn);
        Assert.Equal(0, second.Answers);
        Assert.Contains("- added: src/half.md", second.Prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_that_is_gone_is_begun_anew()
    {
        await using var server = await ModelServer.StartAsync(request => request.Turn == 0
            ? Commit("a-1", request.Asks("it is not sound") ? "sound" : "red")
            : new ModelReply.Say("It is done."));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage,
            gate: "grep sound src/a-1.txt || { rm -rf \"$HOME/.claude/projects\"; echo it is 'not' sound; exit 1; }");

        var (summary, journal) = await RunAsync(repository);

        Assert.Equal((1, 2), (summary.Landed, summary.Attempts));
        Assert.All(server.Requests, request => Assert.Equal(request.Turn, request.Answers));
        Assert.Contains(
            journal,
            entry => entry.TryGetProperty("summary", out var text)
                && text.GetString()!.Contains("conversation is not there", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Twelve_real_agents_bring_twelve_beads_through_the_whole_pipeline()
    {
        await using var server = await ModelServer.StartAsync(Good);
        var beads = Enumerable.Range(1, 12)
            .Select(i => new BeadLine(string.Create(CultureInfo.InvariantCulture, $"a-{i}"))).ToArray();
        using var repository = RealAgents.Repository(server, "claude-code", beads, agents: 12);
        var before = Baseline.Take(repository);

        var (summary, journal) = await RunAsync(repository);

        Assert.Equal((12, 12), (summary.Landed, summary.Attempts));
        Assert.Equal(
            ["Attack", "Check", "Implement", "Write the contract of"],
            server.Requests.Select(request => request.Task.Verb).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(
            server.Requests,
            request => request.Task.Verb == "Implement"
                && request.Asks("what done means"));
        await OutsideAudit.PassAsync(repository, before);
    }

    /// <summary>A model that does each stage's work at once.</summary>
    static ModelReply Good(ModelRequest request) => request switch
    {
        { Task.Verb: "Check" or "Attack" } => new ModelReply.Verdict(true, "looked at it"),
        { Turn: > 0 } => new ModelReply.Say("It is done."),
        { Task.Verb: "Implement" } => Commit(request.Task.Bead, "sound"),
        _ => new ModelReply.Run("echo 'what done means' > \"$BEADSWARM_CONTEXT/contract.md\""),
    };

    static ModelReply.Run Commit(string bead, string note) => new(
        $"printf 'status: done\\n{note}\\n' > src/{bead}.txt && git add -A && git commit -q -m '{bead}: {note}'");

    static bool GoesOn(ModelRequest request) =>
        request.Asks("# Go on where the work stopped");

    /// <summary>Runs the swarm to its good end.</summary>
    static async Task<(Summary Summary, IReadOnlyList<JsonElement> Journal)> RunAsync(GitRepository repository)
    {
        var output = await repository.MustAsync(0, "run", "--format", "json");
        var lines = output.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (Summary.Of(output), [.. lines.Select(line => JsonDocument.Parse(line).RootElement)]);
    }

    static JsonElement Entry(IReadOnlyList<JsonElement> journal, string type) =>
        journal.First(entry => entry.GetProperty("type").GetString() == type);
}
