using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>
/// Several clones of one repository, each with an orchestrator of its own, work one backlog through one PostgreSQL
/// server and one remote.
/// </summary>
[Trait("Speed", "slow")]
public sealed class NodeTests : IAsyncLifetime
{
    const int Beads = 6;
    const int Agents = 2;
    const string Config = ".beadswarm/swarm.yaml";

    static int _databases;

    readonly string _database = $"nodes_{Interlocked.Increment(ref _databases)}";
    PostgresServer _server = null!; // found before each test

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.SharedAsync();
        await _server.ExecuteAsync("postgres", $"CREATE DATABASE {_database}");
    }

    public async ValueTask DisposeAsync() =>
        await _server.ExecuteAsync("postgres", $"DROP DATABASE {_database} WITH (FORCE)");

    [Fact]
    public async Task Three_nodes_land_one_backlog_and_every_bead_once()
    {
        using var first = Repository(beads: Beads - Agents);
        using var second = first.CloneAs("second");
        using var third = first.CloneAs("third");

        // The last of them are what is left for the third node.
        first.Tracker(Backlog(Beads)).Commit("More beads").Git("push", "-q", "origin", "main");
        await using var a = RunningSwarm.Start(first);
        await ClaimedAsync(a, 1);
        await using var b = RunningSwarm.Start(second);
        var joined = await b.WaitForAsync("node.joined");
        Assert.False(joined.GetProperty("holder").GetBoolean());
        Assert.Equal(3, joined.GetProperty("firstAgent").GetInt32());
        await ClaimedAsync(b, 3);
        await using var c = RunningSwarm.Start(third);
        await ClaimedAsync(c, 5);

        var status = JsonDocument.Parse((await third.MustAsync(0, "status", "--format", "json")).Out).RootElement;
        Assert.Equal(
            ["True living 1", "False living 3", "False living 5"],
            status.GetProperty("nodes").EnumerateArray().Select(node =>
                $"{node.GetProperty("holder").GetBoolean()} {node.GetProperty("status")} "
                + node.GetProperty("firstAgent")));
        Assert.Equal(
            6, status.GetProperty("agents").EnumerateArray().Count(agent => agent.TryGetProperty("node", out _)));
        var shown = (await third.MustAsync(0, "status")).Out;
        Assert.Contains("holds the swarm, agents 1-2", shown, StringComparison.Ordinal);
        var holder = status.GetProperty("nodes").EnumerateArray()
            .Single(node => node.GetProperty("holder").GetBoolean()).GetProperty("node").GetString();
        foreach (var verb in (string[])["claim --agent 50", "stage pass --agent 50 --bead n-1 --token 1"])
        {
            Assert.Contains(
                $"node {holder} holds this swarm: ask in its clone",
                (await third.MustAsync(19, verb.Split(' '))).Error, StringComparison.Ordinal);
        }

        Scenario.GoOn(first);

        await EndedAsync(a, b, c);
        await CheckAsync(first);
        await first.MustAsync(0, "audit");
        Assert.Equal("", third.GitIn(third[".beadswarm/hub.git"], "for-each-ref", "refs/heads/"));
    }

    [Fact]
    public async Task A_joined_node_that_is_killed_in_the_middle_of_a_stage_leaves_its_beads_to_the_others()
    {
        using var first = Repository("5s");
        using var second = first.CloneAs("second");
        await using var a = RunningSwarm.Start(first);
        await ClaimedAsync(a, 1);
        await using var b = RunningSwarm.Start(second);
        await ClaimedAsync(b, 3);

        await b.KillAsync();
        Scenario.GoOn(first);

        await EndedAsync(a);
        await CheckAsync(first);
        Assert.NotEqual("0", await CountAsync("node.lost"));
    }

    [Fact]
    public async Task A_joined_node_takes_over_when_the_holder_is_killed()
    {
        using var first = Repository("15s");
        using var second = first.CloneAs("second");
        using var third = first.CloneAs("third");
        await using var a = RunningSwarm.Start(first);
        await ClaimedAsync(a, 1);
        await using var b = RunningSwarm.Start(second);
        await ClaimedAsync(b, 3);
        await using var c = RunningSwarm.Start(third);
        await ClaimedAsync(c, 5);

        await a.KillAsync();
        Scenario.GoOn(first);

        await EndedAsync(b, c);
        await CheckAsync(second);
        Assert.NotEqual("1", await CountAsync("swarm.started"));
    }

    [Fact]
    public async Task A_joined_node_that_slept_longer_than_its_lease_is_fenced_and_goes_on()
    {
        using var first = Repository("15s");
        using var second = first.CloneAs("second");
        await using var a = RunningSwarm.Start(first);
        await ClaimedAsync(a, 1);
        await using var b = RunningSwarm.Start(second);
        await ClaimedAsync(b, 3);

        b.Signal(RunningSwarm.Stop);
        await a.WaitForAsync("node.lost");
        b.Signal(RunningSwarm.Continue);
        await a.WaitForAsync(line => line.GetProperty("type").GetString() == "node.joined"
            && line.GetProperty("firstAgent").GetInt32() == 3);
        Scenario.GoOn(first);

        await EndedAsync(a, b);
        await CheckAsync(first);
    }

    [Fact]
    public async Task Stop_on_a_joined_node_stops_that_node_alone_and_on_the_holder_all()
    {
        using var first = Repository();
        using var second = first.CloneAs("second");
        await using var a = RunningSwarm.Start(first);
        await ClaimedAsync(a, 1);
        await using var b = RunningSwarm.Start(second);
        await ClaimedAsync(b, 3);

        await second.MustAsync(0, "stop");
        Assert.Equal(130, (await b.EndAsync()).ExitCode);
        await a.WaitForAsync("node.left");
        Assert.Equal(
            "0",
            await _server.ScalarAsync(
                _database, "SELECT count(*) FROM beadswarm.beads WHERE state = 'held' AND claimed_by > 2"));

        await using var again = RunningSwarm.Start(second);
        await ClaimedAsync(again, 3);
        a.Signal(RunningSwarm.Interrupt);
        await again.WaitForAsync(line => line.GetProperty("type").GetString() == "swarm.status"
            && line.GetProperty("status").GetString() == "stopping");
        Scenario.GoOn(first);
        Assert.Equal(3, (await again.EndAsync()).ExitCode);
        Assert.Equal(3, (await a.EndAsync()).ExitCode);
        await first.MustAsync(0, "run", "--resume");
        await CheckAsync(first);
    }

    [Fact]
    public async Task A_clone_that_cannot_exchange_branches_with_the_holder_is_refused()
    {
        using var first = Repository();
        using var second = first.CloneAs("second");
        await using var a = RunningSwarm.Start(first);
        await ClaimedAsync(a, 1);

        second.Git("branch", "other");
        second.Environment["BEADSWARM_LANDING_TARGET"] = "other";
        var target = await second.MustAsync(5, "run");
        second.Environment.Remove("BEADSWARM_LANDING_TARGET");
        Assert.Contains("lands on 'other', and that node on 'main'", target.Error, StringComparison.Ordinal);
        second.Git("clone", "-q", "--bare", first.Origin, second[".git/elsewhere.git"]);
        second.Git("remote", "set-url", "origin", second[".git/elsewhere.git"]);
        Assert.Contains("its remote is ", (await second.MustAsync(5, "run")).Error, StringComparison.Ordinal);
        Scenario.GoOn(first);
        await EndedAsync(a);
    }

    /// <param name="lease">Short only where a test waits for its end: who is busy must not be taken for dead.</param>
    GitRepository Repository(string lease = "60s", int beads = Beads)
    {
        var repository = Scenario.Repository(
            Backlog(beads), agents: Agents, more: "landing: { remote: origin }", script: Scenario.AllWait);
        repository.Write(
            Config,
            repository.Read(Config).Replace("grace: 2s", $"grace: 2s, lease: {lease}", StringComparison.Ordinal));
        repository.AddOrigin();
        repository.Environment["BEADSWARM_STORE"] = _server.Url(_database);
        return repository;
    }

    static BeadLine[] Backlog(int beads) => [.. Enumerable.Range(1, beads).Select(n => new BeadLine($"n-{n}"))];

    /// <summary>All agents of a node, from this number on, are in the middle of implementing a bead.</summary>
    static async Task ClaimedAsync(RunningSwarm node, int first)
    {
        var (begun, running) = (new HashSet<int>(), new HashSet<int>());
        await node.WaitForAsync(line =>
        {
            if (line.TryGetProperty("agent", out var number) && number.ValueKind == JsonValueKind.Number
                && number.GetInt32() is var agent && agent >= first && agent < first + Agents)
            {
                var type = line.GetProperty("type").GetString();
                if (type == "stage.started" && line.GetProperty("stage").GetString() == "implement")
                {
                    begun.Add(agent);
                }
                else if (type == "process.started" && begun.Contains(agent))
                {
                    running.Add(agent);
                }
            }

            return running.Count == Agents;
        });
    }

    static async Task EndedAsync(params RunningSwarm[] nodes)
    {
        foreach (var node in nodes)
        {
            var output = await node.EndAsync();
            Assert.True(output.ExitCode == 0, $"{output}");
        }
    }

    /// <summary>Each bead has landed, once, by the records, on the remote and in the tracker.</summary>
    async Task CheckAsync(GitRepository holder)
    {
        Assert.Equal($"{Beads}", await CountAsync("bead.landed"));
        Assert.Equal(
            $"{Beads}",
            await _server.ScalarAsync(
                _database,
                "SELECT count(DISTINCT bead_id) FROM beadswarm.journal WHERE type = 'bead.landed'"));
        holder.Git("fetch", "-q", "origin");
        var files = holder.Git("ls-tree", "--name-only", "origin/main", "src/").Split('\n');
        Assert.Equal(Beads, files.Count(file => file.EndsWith(".txt", StringComparison.Ordinal)));
        var tracker = holder.Git("show", $"origin/main:{GitRepository.TrackerFile}").Split('\n');
        Assert.All(tracker, line => Assert.Contains("\"closed\"", line, StringComparison.Ordinal));
        Assert.Equal("", holder.GitIn(holder.Root, "ls-remote", holder.Origin, "refs/beadswarm/*"));
    }

    Task<string> CountAsync(string type) => _server.ScalarAsync(
        _database, $"SELECT count(*) FROM beadswarm.journal WHERE type = '{type}'");
}
