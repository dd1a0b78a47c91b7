using System.Diagnostics;
using System.Text.Json;
using Beadswarm.Cli;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>The verbs that read the tracker and the configuration of a real repository.</summary>
public sealed class BacklogVerbTests
{
    static readonly string[] Beads =
    [
        Line("t-1", "First", 1, "\"labels\":[\"ui\"]"),
        Line("t-2", "Second", 0, """
            "dependencies":[{"issue_id":"t-2","depends_on_id":"t-1","type":"blocks"}]
            """.Trim()),
        Line("t-3", "Th\\u001b[31mird", 2, "\"assignee\":\"ann\""),
        Line("t-4", "Fourth", 0, "\"defer_until\":\"2027-01-01T00:00:00Z\""),
        Line("t-5", "Fifth", 0, "\"labels\":[]"),
    ];

    [Fact]
    public async Task Beads_are_listed_as_a_run_would_take_them()
    {
        await using var bench = await RepositoryAsync();
        var text = "";
        foreach (var line in new[]
        {
            "beads", "beads --ready", "beads --ready --format json", "beads --ready --priority p1,p2 --format json",
            "beads --ready --label ui --format json", "beads --ready --assignee ann --format json",
            "beads --ready --id t-2 --id t-3 --format json", "beads --ready --epic t-9", "beads --format json",
            "beads --ready --priority p9", "why t-2", "why t-3", "why t-4 --format json", "why t-9",
        })
        {
            text += await bench.RunAsync(line.Split(' ')) + "\n";
        }

        Snapshot.Match(text);
    }

    [Fact]
    public async Task A_blocked_bead_is_explained_by_its_dossier()
    {
        await using var bench = (await RepositoryAsync(Line("demo-9", "Never passes", 1, "\"labels\":[]")))
            .Running(FixedReader.Busy());

        Snapshot.Match(await bench.RunAsync("why", "demo-9"));
        using var json = JsonDocument.Parse((await bench.InvokeAsync("why", "demo-9", "--format", "json")).Output);
        Assert.Equal("3 of 3 attempts failed: qa-enforcer", json.RootElement.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_broken_tracker_or_configuration_is_named_with_its_place()
    {
        await using var bench = await RepositoryAsync("{\"id\":");
        var tracker = await bench.InvokeAsync("beads");
        Assert.Equal(ExitCodes.TrackerBroken, tracker.ExitCode);
        Assert.Contains("issues.jsonl", tracker.Error, StringComparison.Ordinal);

        Directory.CreateDirectory(bench[".beadswarm"]);
        await File.WriteAllTextAsync(
            bench[".beadswarm/swarm.yaml"], "selct: {}\n", TestContext.Current.CancellationToken);
        var config = await bench.InvokeAsync("beads");
        Assert.Equal(ExitCodes.ConfigInvalid, config.ExitCode);
        Assert.Contains("select", config.Error, StringComparison.Ordinal);
    }

    static async Task<CliBench> RepositoryAsync(params string[] lines)
    {
        var bench = new CliBench(repository: false);
        bench.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "";
        bench.Environment["HOME"] = bench.Path;
        using var git = Process.Start(new ProcessStartInfo("git", ["init", "-q", "-b", "main", bench.Path]))!;
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        Directory.CreateDirectory(bench[".beads"]);
        await File.WriteAllLinesAsync(
            bench[".beads/issues.jsonl"], lines.Length > 0 ? lines : Beads, TestContext.Current.CancellationToken);
        return bench;
    }

    static string Line(string id, string title, int priority, string more) =>
        $$"""
        {"id":"{{id}}","title":"{{title}}","status":"open","priority":{{priority}},"issue_type":"task",{{more}},
        """
        + $$"""
        "created_at":"2026-01-0{{id[^1]}}T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}
        """;
}
