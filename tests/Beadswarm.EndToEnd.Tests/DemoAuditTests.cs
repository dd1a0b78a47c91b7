using System.Text;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>What the demo leaves is held to the same invariants as every other swarm.</summary>
public sealed class DemoAuditTests
{
    [Theory]
    [InlineData(25)]
    [InlineData(12, "--agents", "5", "--beads", "12")]
    public async Task A_demo_s_repository_passes_the_audit(int beads, params string[] arguments)
    {
        using var repository = GitRepository.ToBeMade();

        var output = await repository.MustAsync(
            0, ["demo", "--seed", "1", "--format", "json", "--keep", repository.Path, .. arguments]);

        var lines = output.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var demo = JsonDocument.Parse(lines[^1]).RootElement;
        var summary = Summary.Of(new Output(2, string.Join('\n', lines[..^1]), ""));
        Assert.Equal("demo", demo.GetProperty("type").GetString());
        Assert.Equal((beads - 1, 1, 0), (summary.Landed, summary.Blocked, summary.Pending));
        Assert.Contains(
            demo.GetProperty("beads").EnumerateArray()
                .SelectMany(bead => bead.GetProperty("setbacks").EnumerateArray()),
            setback => setback.GetString()!.StartsWith("conflict in", StringComparison.Ordinal));

        var root = repository.Git("rev-list", "--max-parents=0", "HEAD");
        var tracker = repository.Git("show", $"{root}:{GitRepository.TrackerFile}") + "\n";
        var before = Baseline.Take(repository) with { Tip = root, Tracker = Encoding.UTF8.GetBytes(tracker) };
        Assert.All(before.Refs.Keys, name => Assert.True(
            name == "refs/heads/main" || name.StartsWith("refs/beadswarm/", StringComparison.Ordinal), name));
        Assert.Equal("!! .beadswarm/", before.Status);
        await OutsideAudit.PassAsync(repository, before, new AuditTerms
        {
            Gates = new Dictionary<string, string> { ["test"] = "sh test.sh" },
            ContentOf = _ => null,
        });
    }
}
