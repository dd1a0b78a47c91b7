using System.Collections.Concurrent;
using System.Globalization;
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
        await using var server = ModelServer.Start(PlayedModel.Good);
        using var repository = RealAgents.Repository(server, kind, [new("a-1")], agents: 1, RealAgents.OneStage);

        var (summary, journal) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        Assert.Equal("status: done\nsound", repository.Git("show", "main:src/a-1.txt"));
        Assert.Contains("What a-1 is about.", server.Requests[0].Prompt, StringComparison.Ordinal);
        var used = RealAgents.Entry(journal, "agent.used");
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
        await using var server = ModelServer.Start(request => request switch
        {
            { Task.Verb: "Check", Turn: 0 } => new ModelReply.Run("cat src/a-1.txt"),
            { Task.Verb: "Check" } => request.Said("polished")
                ? new ModelReply.Verdict(true, "good")
                : new ModelReply.Verdict(false, Finding),
            { Turn: 0 } => PlayedModel.Commit("a-1", request.Asks(Finding) ? "polished" : "draft"),
            _ => new ModelReply.Say("It is done."),
        });
        using var repository = RealAgents.Repository(server, kind, [new("a-1")], agents: 1, RealAgents.TwoStages);

        var (summary, _) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 2), (summary.Landed, summary.Attempts));
        var second = server.Requests.First(request =>
            request.Task.Verb == "Implement" && request.Asks(Finding));
        Assert.Equal((0, 2), (second.Turn, second.Answers));

        // Who reviews a second time does not remember the first.
        Assert.All(server.Requests.Where(request => request.Task.Verb == "Check"), review =>
            Assert.Equal(review.Turn, review.Answers));
    }

    [Fact]
    public Task Three_real_agents_bring_three_beads_through_the_whole_pipeline() => PipelineAsync(3);

    /// <summary>Takes a minute of a machine of two cores, and two gigabytes.</summary>
    [Fact(Explicit = true)]
    public Task Twelve_real_agents_bring_twelve_beads_through_the_whole_pipeline() => PipelineAsync(12);

    [Fact]
    public Task Real_agents_whose_plan_is_used_up_in_the_middle_ask_once_each_and_all_land() => UsedUpAsync(5);

    /// <summary>Takes a minute of processor time.</summary>
    [Fact(Explicit = true)]
    public Task Twelve_real_agents_whose_plan_is_used_up_in_the_middle_ask_once_each_and_all_land() => UsedUpAsync(12);

    /// <summary>
    /// The plan is used up after some calls, until a time that the vendor tells. Whoever is at work then is refused,
    /// and asks no more; who is not does not begin. After the reset one agent tries alone.
    /// </summary>
    static async Task UsedUpAsync(int count)
    {
        const int ResetSeconds = 8;
        var callsMax = count / 2;
        var calls = 0;
        DateTimeOffset? reset = null;
        var refused = new ConcurrentQueue<string>();
        var closing = new Lock();
        await using var server = ModelServer.Start(request =>
        {
            lock (closing)
            {
                var now = TimeProvider.System.GetUtcNow();
                if (++calls > callsMax)
                {
                    reset ??= DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds() + ResetSeconds);
                }

                if (now < reset)
                {
                    refused.Enqueue(request.Task.Bead);
                    return new ModelReply.Refuse(new ModelFault.RateLimited(reset));
                }
            }

            return PlayedModel.Good(request);
        });
        var beads = Enumerable.Range(1, count)
            .Select(i => new BeadLine(string.Create(CultureInfo.InvariantCulture, $"a-{i}"))).ToArray();
        using var repository = RealAgents.Repository(
            server, "claude-code", beads, agents: count, RealAgents.OneStage, login: "CLAUDE_CODE_OAUTH_TOKEN");

        var (summary, journal) = await RealAgents.RunAsync(repository);

        Assert.Equal((count, count), (summary.Landed, summary.Attempts));
        Assert.InRange(refused.Count, 1, count);
        Assert.Equal(refused.Distinct(), refused);

        // Two calls do the work of a bead; whoever was refused begins its turn again, at most with one call more.
        Assert.InRange(
            server.Requests.Count, (2 * count) + refused.Count, (2 * count) + (2 * refused.Count));
        var limits = RealAgents.Entries(journal, "runner.limited");
        Assert.Equal(1, limits[0].GetProperty("atOnce").GetInt32());
        Assert.True(limits[0].GetProperty("until").GetDateTimeOffset() >= reset);
        Assert.Contains(limits.Skip(1), limit => limit.GetProperty("atOnce").GetInt32() > 1);
    }

    static async Task PipelineAsync(int count)
    {
        AgentFigures? figures = null;
        await using var server = ModelServer.Start(request =>
        {
            figures?.Look();
            return PlayedModel.Good(request);
        });
        var beads = Enumerable.Range(1, count)
            .Select(i => new BeadLine(string.Create(CultureInfo.InvariantCulture, $"a-{i}"))).ToArray();
        using var repository = RealAgents.Repository(server, "claude-code", beads, agents: count);
        figures = new AgentFigures(repository.Root);
        var before = Baseline.Take(repository);

        var (summary, journal) = await RealAgents.RunAsync(repository);

        Assert.Equal((count, count), (summary.Landed, summary.Attempts));
        Assert.Equal(
            ["Attack", "Check", "Implement", "Write the contract of"],
            server.Requests.Select(request => request.Task.Verb).Distinct().Order(StringComparer.Ordinal));
        Assert.All(
            server.Requests.Where(request => request.Task.Verb == "Implement"),
            request => Assert.True(request.Asks("what done means")));
        await OutsideAudit.PassAsync(repository, before);
        TestContext.Current.TestOutputHelper?.WriteLine(figures.Tell(journal, server.Requests, summary));
    }
}
