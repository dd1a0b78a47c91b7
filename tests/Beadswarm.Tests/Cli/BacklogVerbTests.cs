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
    public async Task A_dry_run_says_what_would_happen_and_changes_nothing()
    {
        await using var bench = await RepositoryAsync();

        // Nothing but git on PATH: what agents this machine has must not decide the test.
        var git = Settings.Which("git", bench.Host(TextWriter.Null, TextWriter.Null))!;
        File.CreateSymbolicLink(Directory.CreateDirectory(bench[".git/bin"]).FullName + "/git", git);
        bench.Environment["PATH"] = bench[".git/bin"];
        var before = Directory.GetFileSystemEntries(bench.Path, "*", SearchOption.AllDirectories).Order();

        Snapshot.Match(
            await bench.RunAsync("run", "--dry-run", "--agents", "3") + "\n"
            + await bench.RunAsync("run", "--dry-run", "--limit", "1", "--format", "json") + "\n"
            + await bench.RunAsync("run", "--agents", "1001") + "\n"
            + await bench.RunAsync("run", "--timeout", "soon") + "\n"
            + await bench.RunAsync("run"));
        Assert.Equal(before, Directory.GetFileSystemEntries(bench.Path, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public async Task A_run_prints_an_object_per_line_and_the_summary_last_and_can_be_read_afterwards()
    {
        await using var bench = await RepositoryAsync();
        Directory.CreateDirectory(bench[".beadswarm"]);
        await File.WriteAllTextAsync(
            bench[".beadswarm/swarm.yaml"],
            """
            runners:
              sh:
                kind: command
                command:
                  - sh
                  - -c
                  - echo $BEADSWARM_STAGE >$BEADSWARM_BEAD; echo '{"verdict":"pass"}' >$BEADSWARM_RESULT
            """, TestContext.Current.CancellationToken);
        await bench.GitAsync("add", ".beads");
        await bench.GitAsync("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first");

        var (exitCode, output, error) = await bench.InvokeAsync(
            "run", "--agents", "2", "--id", "t-1,t-2", "--no-commit", "--format", "json");

        var lines = output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.All(lines, line => Assert.NotEmpty(line.GetProperty("type").GetString()!));
        var summary = lines[^1];
        Assert.Equal(
            "type landed blocked pending target attempts durationMs exitCode",
            string.Join(' ', summary.EnumerateObject().Select(field => field.Name)));
        Assert.True(exitCode == 0 && summary.GetProperty("landed").GetInt32() == 2, output + error);
        Assert.Equal(2, lines.Count(line => line.GetProperty("type").GetString() == "bead.landed"));
        Assert.Equal(2, summary.GetProperty("target").GetInt32());

        using var status = JsonDocument.Parse((await bench.InvokeAsync("status", "--format", "json")).Output);
        Assert.Equal("completed", status.RootElement.GetProperty("state").GetString());
        Assert.Equal(2, status.RootElement.GetProperty("landed").GetInt32());
        var history = (await bench.InvokeAsync("history", "--format", "json")).Output.TrimEnd('\n').Split('\n');
        Assert.Equal(8, history.Length);
        Assert.Contains("landed", (await bench.InvokeAsync("why", "t-2")).Output, StringComparison.Ordinal);
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
        await bench.GitAsync("init", "-q", "-b", "main");
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
