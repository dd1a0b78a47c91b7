using System.Globalization;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Models;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Processes;

namespace Beadswarm.EndToEnd.Tests;

/// <summary><c>plan</c>: a bead becomes proposals, by a real agent and whatever dies in between.</summary>
public sealed class PlanTests
{
    const string Proposal =
        """
        {"summary": "Two parts.", "assumptions": ["euros only"], "beads": [
          {"key": "parse", "title": "Parse amounts", "type": "feature", "priority": 1, "description": "d",
           "contract": "Amount.Parse(text)", "acceptance": "a", "estimateMinutes": 30, "dependsOn": []},
          {"key": "show", "title": "Show amounts", "type": "task", "priority": 2, "description": "d",
           "contract": "c", "acceptance": "a", "dependsOn": ["parse"]}]}
        """;

    [Fact]
    public async Task A_real_agent_plans_a_vague_bead_into_proposals_that_wait_for_a_person()
    {
        await using var server = ModelServer.Start(Proposes);
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage);

        var planned = await repository.MustAsync(0, "plan", "a-1");
        var accepted = await repository.MustAsync(0, "plan", "accept", "a-1");
        var costs = await CostsAsync(repository);

        Assert.Contains("2 beads are proposed", planned.Out, StringComparison.Ordinal);
        Assert.Contains("2 beads of a-1 are accepted and open", accepted.Out, StringComparison.Ordinal);
        Assert.Contains("What a-1 is about.", server.Requests[0].Prompt, StringComparison.Ordinal);
        var tracker = repository.Read(GitRepository.TrackerFile);
        Assert.Contains("\"a-1.1\"", tracker, StringComparison.Ordinal);
        Assert.Contains("Show amounts", tracker, StringComparison.Ordinal);
        Assert.Equal(("planner", 1, 2, 2000, 40), costs.Used);
        Assert.True(costs.Usd > 0);
    }

    /// <summary>
    /// The one that is killed has had one answer, and waits for the next for ever. Of that answer Claude Code has told
    /// what it was when it began: one token.
    /// </summary>
    [Fact]
    public async Task What_a_real_planner_used_before_its_planning_was_killed_counts_once()
    {
        await using var server = ModelServer.Start(PlayedModel.First(
            [new ModelReply.Run("true"), new ModelReply.Wait()], Proposes));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage);
        await using (var plan = RunningSwarm.Plan(repository, "a-1"))
        {
            await server.AskedAsync(times: 2);
            await plan.KillAsync();
        }

        await repository.MustAsync(0, "plan", "a-1");

        Assert.Equal(("planner", 2, 3, 3000, 41), (await CostsAsync(repository)).Used);
    }

    [Fact]
    public async Task A_planner_beside_a_swarm_spends_of_its_budget_and_the_swarm_counts_one_that_was_killed()
    {
        await using var server = ModelServer.Start(request => request switch
        {
            { Task.Verb: "Implement" } => new ModelReply.Wait(),
            { Task.Bead: "a-2", Turn: > 0 } => new ModelReply.Wait(),
            _ => Proposes(request),
        });
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1"), new("a-2"), new("a-3")], agents: 1,
            RealAgents.OneStage, limits: "lease: 5s, tokens: 3500");
        await using var swarm = RunningSwarm.Start(repository);
        await server.AskedAsync(times: 1);
        await using (var plan = RunningSwarm.Plan(repository, "a-2"))
        {
            await server.AskedAsync(times: 2);
            await plan.KillAsync();
        }

        var killed = await swarm.WaitForAsync("plan.used");
        await repository.MustAsync(0, "plan", "a-3");
        var planned = await swarm.WaitForAsync("plan.used");
        var refused = await repository.MustAsync(22, "plan", "a-1");
        swarm.Signal(RunningSwarm.Terminate);
        await swarm.EndAsync();

        Assert.Equal(("a-2", 1000), Told(killed));
        Assert.Equal(("a-3", 2000), Told(planned));
        Assert.Contains("limits.tokens is 3500: 3041 used", refused.Error, StringComparison.Ordinal);
        Assert.Equal(("planner", 2, 3, 3000, 41), (await CostsAsync(repository)).Used);
    }

    static (string?, int) Told(JsonElement entry) =>
        (entry.GetProperty("bead").GetString(), entry.GetProperty("inputTokens").GetInt32());

    static ModelReply Proposes(ModelRequest request) => request.Turn == 0
        ? new ModelReply.Run($"printf '%s' '{Proposal}' > \"$BEADSWARM_CONTEXT/proposal.json\"")
        : new ModelReply.Say("It is proposed.");

    /// <summary>The line of planners: executions, calls, and tokens read and written.</summary>
    static async Task<((string?, int, int, int, int) Used, decimal Usd)> CostsAsync(GitRepository repository)
    {
        var lines = (await repository.MustAsync(0, "costs", "--format", "json")).Out.Split('\n');
        using var line = JsonDocument.Parse(lines.Single(each => each.Contains("planner", StringComparison.Ordinal)));
        int Number(string name) => line.RootElement.GetProperty(name).GetInt32();
        return (
            (line.RootElement.GetProperty("key").GetString(), Number("executions"), Number("calls"),
                Number("inputTokens"), Number("outputTokens")),
            line.RootElement.GetProperty("costUsd").GetDecimal());
    }

    [Fact]
    public async Task A_planning_that_is_killed_leaves_the_tracker_as_it_was_and_the_next_one_goes_through()
    {
        using var repository = new GitRepository();
        repository.Tracker(new BeadLine("a-1")).Commit();
        repository.Write("../proposal.json", Proposal);
        repository.Write(
            ".beadswarm/planner.sh",
            $"""
            if [ ! -e '{repository[".beadswarm/once"]}' ]; then
              echo $$ > '{repository[".beadswarm/once"]}'
              echo here > '{repository[".beadswarm/arrived"]}'
              exec cat '{repository[".beadswarm/never"]}'
            fi
            cp '{repository["../proposal.json"]}' "$BEADSWARM_CONTEXT/proposal.json"
            """);
        repository.Write(
            ".beadswarm/swarm.yaml",
            $"runners: {{ mine: {{ kind: command, command: [/bin/sh, \"{repository[".beadswarm/planner.sh"]}\"] }} }}\n"
            + "runner: mine\n");
        using var arrived = new Fifo(repository[".beadswarm/arrived"]);
        using var never = new Fifo(repository[".beadswarm/never"]);
        var before = repository.Read(GitRepository.TrackerFile);
        await using (var plan = RunningSwarm.Plan(repository, "a-1"))
        {
            Assert.Equal("here", await arrived.LineAsync());
            await plan.KillAsync();
        }

        Assert.Equal(before, repository.Read(GitRepository.TrackerFile));
        var pid = int.Parse(repository.Read(".beadswarm/once"), CultureInfo.InvariantCulture);

        var again = await repository.MustAsync(0, "plan", "a-1");

        Assert.Contains("2 beads are proposed", again.Out, StringComparison.Ordinal);
        Assert.Contains("\"a-1.2\"", repository.Read(GitRepository.TrackerFile), StringComparison.Ordinal);
        Assert.False(ProcessTable.Find(pid) is { Zombie: false }, "the first planner lives on");
    }
}
