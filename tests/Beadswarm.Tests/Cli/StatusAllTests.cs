using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Swarms;
using Beadswarm.Tests.Storage.Postgres;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>Verbs that look at swarms which no orchestrator of this clone works.</summary>
public sealed class StatusAllTests : IAsyncLifetime
{
    static readonly TimeSpan Living = TimeSpan.FromHours(1);

    readonly CliBench _bench = new();
    PostgresDatabase _database = null!; // made before each test

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.MakeAsync();
        _bench.Environment["BEADSWARM_STORE"] = _database.Server.Url(_database.Name);
        _bench.Width = 200;
    }

    public async ValueTask DisposeAsync()
    {
        _database.Drop();
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task Status_of_all_lists_every_swarm_of_the_database_with_its_nodes_and_those_it_cannot_read()
    {
        await using var ours = await OpenAsync("beadswarm");
        await BeginAsync(ours, "build-1", Living, beads: 3);
        await EnterAsync(ours, "build-2", Living);
        await using var other = await OpenAsync("other");
        await BeginAsync(other, "alone", TimeSpan.Zero, beads: 1); // nothing was heard of it since
        await using (var newer = await OpenAsync("newer"))
        {
            await _database.ExecuteAsync("INSERT INTO newer.migrations (version) VALUES (999)");
        }

        var text = await _bench.RunAsync("status", "--all");
        var (_, json, _) = await _bench.InvokeAsync("status", "--all", "--format", "json");

        var rows = text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Equal(
            "beadswarm starting 0 of 3 1 0 2 1 of 4 2 $0.00 build-1", string.Join(' ', rows[2]));
        Assert.StartsWith("newer unreadable - - - - - - - -", string.Join(' ', rows[3]), StringComparison.Ordinal);
        Assert.Equal("other interrupted 0 of 1 1 0 0 0 of 0 0 $0.00 -", string.Join(' ', rows[4]));
        var lines = json.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(
            ["beadswarm starting", "newer unreadable", "other interrupted"],
            lines.Select(line => $"{line.GetProperty("swarm")} {line.GetProperty("state")}"));
        Assert.Equal((2, 4, 1), (
            lines[0].GetProperty("nodes").GetInt32(), lines[0].GetProperty("agents").GetInt32(),
            lines[0].GetProperty("working").GetInt32()));
        Assert.Contains(
            "newer than this program", lines[1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.EndsWith(
            "schema=other", lines[2].GetProperty("store").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clone_without_an_orchestrator_sees_a_swarm_that_other_clones_work_as_it_is()
    {
        await using var store = await OpenAsync("beadswarm");
        var swarm = await BeginAsync(store, "build-1", Living, beads: 2);
        await store.SetSwarmStatusAsync(swarm.Epoch, SwarmStatus.Running, null, Token);

        Assert.Contains("running: 0 of 2 landed", await _bench.RunAsync("status"), StringComparison.Ordinal);
        var watching = _bench.InvokeAsync("watch");
        await store.SetSwarmStatusAsync(swarm.Epoch, SwarmStatus.Completed, "enough", Token);

        Assert.Contains("enough", (await watching).Output, StringComparison.Ordinal);
        Assert.Contains("1", await _bench.RunAsync("agents"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_of_all_with_sqlite_is_the_one_swarm_of_the_repository()
    {
        _bench.Environment["BEADSWARM_STORE"] = "sqlite";

        Assert.Contains(
            "no swarm has run here yet", await _bench.RunAsync("status", "--all"), StringComparison.Ordinal);
    }

    Task<PostgresStore> OpenAsync(string schema) => PostgresStore.OpenAsync(
        _database.Address with { Schema = schema }, "node", PostgresDatabase.Limits, TimeProvider.System, Token);

    static async Task<SwarmRecord> BeginAsync(PostgresStore store, string host, TimeSpan lease, int beads)
    {
        var swarm = Assert.IsType<NodeEntry.Holds>(await EnterAsync(store, host, lease)).Swarm;
        await store.UpdateBacklogAsync(
            swarm.Epoch,
            [
                .. Enumerable.Range(1, beads).Select(n => new BacklogEntry(
                    BeadId.Parse($"x-{n}"), $"Title {n}", 1, 0, DateTimeOffset.UnixEpoch, n, true)),
            ],
            3, Token);
        Assert.NotNull(await store.ClaimAsync(swarm.Epoch, 1, host));
        return swarm;
    }

    static Task<NodeEntry> EnterAsync(PostgresStore store, string host, TimeSpan lease) => store.EnterAsync(
        new NodeCard($"clone-of-{host}", host, 1, "boot", "git.example/r", "main"),
        new SwarmBegin(
            host, null, null, SelectOrder.Triage, PostgresSwarm.Contract,
            [.. Enumerable.Range(1, 2).Select(n => new AgentSlot(new AgentNumber(n), "worker", "scripted"))], false),
        lease, Token);
}
