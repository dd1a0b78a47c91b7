using System.Text;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>
/// A backlog that a crashed swarm left (lprior-repo/oya): 199 of 591 beads are in_progress and nobody works on them.
/// </summary>
public sealed class LeftoverBacklogTests
{
    const int Abandoned = 199;

    [Fact]
    public async Task Doctor_makes_the_backlog_of_a_crashed_swarm_workable()
    {
        if (SharedData.Path("beads/lprior-repo_oya.largest.jsonl") is not { } path)
        {
            return;
        }

        var left = await File.ReadAllBytesAsync(path, Machine.Cancel);
        using var repository = Scenario.Repository(left, [], "", agents: 6);

        var found = await repository.MustAsync(14, "doctor");
        Assert.Contains($"{Abandoned} beads", found.Out);
        Assert.Equal(left, await File.ReadAllBytesAsync(repository[GitRepository.TrackerFile], Machine.Cancel));
        var readyBefore = await ReadyAsync(repository);

        await repository.RunAsync("doctor", "--fix");

        var (old, now) = (TrackerLines.Parse(left), TrackerLines.Parse(
            await File.ReadAllBytesAsync(repository[GitRepository.TrackerFile], Machine.Cancel)));
        Assert.Empty(now.Faults);
        Assert.Equal(old.Ids, now.Ids);
        var reopened = old.Ids.Where(id => old.Status(id) == "in_progress").ToHashSet();
        Assert.Equal(Abandoned, reopened.Count);
        Assert.All(now.Ids, id => Assert.Equal(reopened.Contains(id) ? "open" : old.Status(id), now.Status(id)));
        Assert.All(
            now.Ids.Where(id => !reopened.Contains(id)),
            id => Assert.Equal(Encoding.UTF8.GetString(old.Line(id)), Encoding.UTF8.GetString(now.Line(id))));
        Assert.DoesNotContain($"{Abandoned} beads", (await repository.RunAsync("doctor")).Out);
        Assert.True((await ReadyAsync(repository)).Length >= readyBefore.Length + Abandoned);

        repository.Commit("doctor --fix");
        var before = Baseline.Take(repository);
        var summary = Summary.Of(await repository.MustAsync(0, "run", "--target", "10", "--format", "json"));

        Assert.Equal((10, 0), (summary.Landed, summary.Blocked));
        await OutsideAudit.PassAsync(repository, before);
    }

    static async Task<string[]> ReadyAsync(GitRepository repository) =>
        System.Text.Json.JsonSerializer.Deserialize<string[]>(
            (await repository.MustAsync(0, "beads", "--ready", "--format", "json")).Out)!;
}
