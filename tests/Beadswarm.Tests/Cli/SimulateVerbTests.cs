using System.Security.Cryptography;
using System.Text.Json;
using Beadswarm.Cli;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>What <c>simulate</c> says about a repository, and that it changes nothing there.</summary>
public sealed class SimulateVerbTests
{
    /// <summary>The shape of a real backlog: an epic, a chain, something in a person's hands, a circle.</summary>
    static readonly string[] Backlog =
    [
        Line("s-1", "open", "epic", ""),
        Line("s-2", "open", "task", Needs("s-2", "parent-child", "s-1")),
        Line("s-3", "open", "task", Needs("s-3", "blocks", "s-2")),
        Line("s-4", "open", "bug", Needs("s-4", "blocks", "s-3")),
        Line("s-5", "in_progress", "task", "\"assignee\":\"ann\""),
        Line("s-6", "open", "task", Needs("s-6", "blocks", "s-5")),
        Line("s-7", "open", "task", Needs("s-7", "blocks", "s-8")),
        Line("s-8", "open", "task", Needs("s-8", "blocks", "s-7")),
        Line("s-9", "open", "feature", ""),
        Line("s-10", "closed", "task", "\"closed_at\":\"2026-10-02T00:00:00Z\""),
        Line("s-11", "open", "task", Needs("s-11", "blocks", "s-10")),
    ];

    [Fact]
    public async Task It_tells_how_long_the_backlog_takes_and_where_it_would_stall()
    {
        await using var bench = await RepositoryAsync(Backlog);
        Snapshot.Match(
            await bench.RunAsync("simulate", "--agents", "1,4", "--seeds", "2", "--failure-rate", "0") + "\n"
            + await bench.RunAsync("simulate", "--agents", "2", "--seeds", "1", "--seed", "7", "--format", "json"));
    }

    [Fact]
    public async Task The_same_seed_prints_the_same_bytes_and_nothing_is_written()
    {
        await using var bench = await RepositoryAsync(Backlog);
        var before = Hash(bench.Path);
        string[] call = ["simulate", "--agents", "2", "--seeds", "2", "--seed", "9"];

        var (exitCode, first, error) = await bench.InvokeAsync(call);
        var (_, second, _) = await bench.InvokeAsync(call);

        Assert.True(exitCode == ExitCodes.Ok, error);
        Assert.Equal(first, second);
        Assert.NotEqual(first, (await bench.InvokeAsync([.. call[..^1], "10"])).Output);
        Assert.Equal(before, Hash(bench.Path));
    }

    [Fact]
    public async Task What_cannot_be_simulated_is_said_with_its_code()
    {
        await using var bench = await RepositoryAsync(Backlog);
        Snapshot.Match(
            await bench.RunAsync("simulate", "--priority", "p4") + "\n"
            + await bench.RunAsync("simulate", "--id", "s-6") + "\n"
            + await bench.RunAsync("simulate", "--agents", "0,4") + "\n"
            + await bench.RunAsync("simulate", "--agents", "four") + "\n"
            + await bench.RunAsync("simulate", "--seeds", "0") + "\n"
            + await bench.RunAsync("simulate", "--failure-rate", "1") + "\n"
            + await bench.RunAsync("simulate", "--gate-minutes", "-1"));
    }

    [Fact]
    public async Task With_faults_it_says_what_was_simulated_and_what_did_not_hold()
    {
        await using var bench = new CliBench();

        var (exitCode, output, error) = await bench.InvokeAsync(
            "simulate", "--faults", "--seeds", "2", "--seed", "1", "--format", "json");

        Assert.True(exitCode == ExitCodes.Ok, output + error);
        using var summary = JsonDocument.Parse(output);
        Assert.Equal(2, summary.RootElement.GetProperty("seeds").GetInt32());
        Assert.Equal(0, summary.RootElement.GetProperty("violations").GetInt32());
        Assert.True(summary.RootElement.GetProperty("steps").GetInt64() > 1000);
    }

    static async Task<CliBench> RepositoryAsync(string[] lines)
    {
        var bench = new CliBench(repository: false);
        bench.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "";
        bench.Environment["HOME"] = bench.Path;
        await bench.GitAsync("init", "-q", "-b", "main");
        Directory.CreateDirectory(bench[".beads"]);
        Directory.CreateDirectory(bench[".beadswarm"]);
        await File.WriteAllLinesAsync(bench[".beads/issues.jsonl"], lines, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            bench[".beadswarm/swarm.yaml"], "gates:\n  test:\n    run: ./test\nlimits:\n  gatesMax: 2\n",
            TestContext.Current.CancellationToken);
        await bench.GitAsync("add", ".beads");
        await bench.GitAsync("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first");
        return bench;
    }

    static string Hash(string folder) => string.Join('\n', Directory
        .GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(path => $"{path} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}"));

    static string Needs(string id, string type, string on) =>
        $$"""
        "dependencies":[{"issue_id":"{{id}}","depends_on_id":"{{on}}","type":"{{type}}"}]
        """;

    static string Line(string id, string status, string type, string more) =>
        $$"""
        {"id":"{{id}}","title":"Title of {{id}}","status":"{{status}}","priority":1,"issue_type":"{{type}}",
        """
        + $$"""
        "created_at":"2026-10-01T00:00:00Z","updated_at":"2026-10-01T00:00:00Z"{{(more.Length > 0 ? "," : "")}}{{more}}}
        """;
}
