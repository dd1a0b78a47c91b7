using System.Text.Json.Nodes;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>
/// Twelve agents work a real backlog. It is the record of a team that itself works with a swarm (charlieyou/mala, 1469
/// beads): of its epics three with the longest chains are set back to open, 81 beads of three priorities over 13 levels
/// of blocks edges, inside a file whose other 1385 lines must not change by a byte.
/// </summary>
public sealed class RealBacklogTests
{
    static readonly string[] Epics = ["mala-smaj", "mala-vk19", "mala-n1y1"];

    const int LevelsMin = 10;

    [Fact]
    public async Task Twelve_agents_land_a_real_backlog_in_dependency_order()
    {
        if (SharedData.Path("beads/charlieyou_mala.jsonl") is not { } path)
        {
            return;
        }

        var tracker = Scenario.Reopen(await File.ReadAllBytesAsync(path, Machine.Cancel), OfAnEpic);
        var lines = TrackerLines.Parse(tracker);
        var open = lines.Ids.Where(id => lines.Status(id) == "open" && !Epics.Contains(id)).ToArray();
        var order = open.SelectMany(id => lines.Blockers(id).Where(open.Contains).Select(blocker => (id, blocker)))
            .ToArray();
        Assert.True(open.Length >= 60);
        Assert.True(Levels(order) >= LevelsMin);
        using var repository = Scenario.Repository(
            tracker, order,
            "--seed 20 --rate implement.broken=0.06 --rate implement.uncommitted=0.05 --rate qa-enforcer.fail=0.06 "
            + "--rate red-queen.fail=0.05 --rate implement.leak=0.03 --rate contract.edit-beads=0.05",
            agents: 12, more: "pipeline: { maxAttempts: 8 }");
        var before = Baseline.Take(repository);

        var output = await repository.RunAsync("run", "--format", "json");

        var summary = Summary.Of(output);
        // The one bead that somebody left in progress is not the swarm's to take.
        Assert.Equal((open.Length, 0, 1), (summary.Landed, summary.Blocked, summary.Pending));
        Assert.True(summary.Attempts > open.Length, "no attempt failed, so nothing was proven about failing ones");
        await OutsideAudit.PassAsync(repository, before);
    }

    static int Levels(IEnumerable<(string Bead, string Blocker)> order)
    {
        var blockers = order.ToLookup(pair => pair.Bead, pair => pair.Blocker);
        return blockers.Max(group => Depth(group.Key));

        int Depth(string bead) => blockers[bead].Select(blocker => 1 + Depth(blocker)).DefaultIfEmpty(0).Max();
    }

    static bool OfAnEpic(JsonObject bead) =>
        Epics.Contains((string?)bead["id"])
        || (bead["dependencies"]?.AsArray().Any(edge =>
            (string?)edge!["type"] == "parent-child" && Epics.Contains((string?)edge["depends_on_id"])) ?? false);
}
