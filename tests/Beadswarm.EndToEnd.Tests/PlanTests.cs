using System.Globalization;
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
        await using var server = ModelServer.Start(request => request.Turn == 0
            ? new ModelReply.Run($"printf '%s' '{Proposal}' > \"$BEADSWARM_CONTEXT/proposal.json\"")
            : new ModelReply.Say("It is proposed."));
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage);

        var planned = await repository.MustAsync(0, "plan", "a-1");
        var accepted = await repository.MustAsync(0, "plan", "accept", "a-1");

        Assert.Contains("2 beads are proposed", planned.Out, StringComparison.Ordinal);
        Assert.Contains("2 beads of a-1 are accepted and open", accepted.Out, StringComparison.Ordinal);
        Assert.Contains("What a-1 is about.", server.Requests[0].Prompt, StringComparison.Ordinal);
        var tracker = repository.Read(GitRepository.TrackerFile);
        Assert.Contains("\"a-1.1\"", tracker, StringComparison.Ordinal);
        Assert.Contains("Show amounts", tracker, StringComparison.Ordinal);
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
