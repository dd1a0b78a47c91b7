using System.Text.Json;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Swarms;
using Beadswarm.Tests.Auditing;

namespace Beadswarm.Tests.Cli;

/// <summary>audit: what it prints, as text and JSON, and its exit codes.</summary>
public sealed class AuditVerbTests(FinishedSwarm finished) : IClassFixture<FinishedSwarm>, IAsyncDisposable
{
    readonly CliBench _bench = new()
    {
        Environment = { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! },
    };

    [Fact]
    public async Task Where_no_swarm_ever_was_there_is_nothing_to_audit()
    {
        await _bench.GitAsync("init", "-q");

        Assert.EndsWith("exit 12\n", await RunAsync(_bench.Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sound_swarm_is_said_to_be_so_and_its_seal_proves_later_that_the_journal_only_grew()
    {
        using var copy = await finished.CopyAsync();

        var (exitCode, text, error) = await InvokeAsync(copy.Path);
        var seal = text.TrimEnd('\n').Split('\n')[^1];
        var since = await InvokeAsync(copy.Path, "--since", seal["seal ".Length..]);
        var wrong = await InvokeAsync(copy.Path, "--since", "12");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches(@"swarm 1, completed: 3 beads, \d+ journal entries, \d+ commits of the target", text);
        Assert.Matches(@"\d+ rules checked: 0 violations, \d+ note", text);
        Assert.Equal(0, since.ExitCode);
        Assert.Equal(seal, since.Output.TrimEnd('\n').Split('\n')[^1]);
        Assert.Equal(1, wrong.ExitCode);
    }

    [Fact]
    public async Task A_violation_has_its_rule_its_bead_and_its_remedy_and_an_exit_code_of_its_own()
    {
        using var copy = await finished.CopyAsync();
        using (var session = SqliteSession.Open(
            new SwarmPaths(copy.Path).Store, writable: true, TimeProvider.System))
        {
            session.Script("UPDATE bead SET attempts_allowed = 99 WHERE id = 't-3'");
        }

        var text = await RunAsync(copy.Path);
        var (exitCode, json, _) = await InvokeAsync(copy.Path, "--format", "json");
        var objects = json.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var finding = Assert.Single(
            objects, one => Text(one, "type") == "finding" && Text(one, "severity") == "violation");
        var summary = objects[^1];

        Assert.Contains(
            """
            violation  attempt.allowed (I16): the table allows t-3 99 attempts
                       found:  the journal allowed 1
                       remedy: 
            """.ReplaceLineEndings("\n"), text, StringComparison.Ordinal);
        Assert.EndsWith("exit 14\n", text, StringComparison.Ordinal);
        Assert.Equal(("attempt.allowed", "I16", "t-3"),
            (Text(finding, "rule"), Text(finding, "invariants"), Text(finding, "bead")));
        Assert.Equal(("summary", "completed", 1, 14, 14), (
            Text(summary, "type"), Text(summary, "state"), summary.GetProperty("violations").GetInt32(),
            summary.GetProperty("exitCode").GetInt32(), exitCode));
    }

    static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    Task<string> RunAsync(string repository, params string[] arguments) =>
        _bench.RunAsync(["audit", "--repo", repository, .. arguments]);

    Task<(int ExitCode, string Output, string Error)> InvokeAsync(string repository, params string[] arguments) =>
        _bench.InvokeAsync(["audit", "--repo", repository, .. arguments]);

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
