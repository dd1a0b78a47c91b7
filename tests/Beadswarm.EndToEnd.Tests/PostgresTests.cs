using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Chaos;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>The built program with a real PostgreSQL server as its store.</summary>
public sealed class PostgresTests : IAsyncLifetime
{
    const string Password = "pa55-of-nobody";

    PostgresServer _server = null!; // started before each test

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync(durable: false);
        await _server.ExecuteAsync("postgres", $"CREATE ROLE locked LOGIN PASSWORD '{Password}'");
        await _server.ExecuteAsync("postgres", "CREATE DATABASE swarm OWNER locked");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_swarm_on_postgresql_is_killed_goes_on_and_is_read_by_every_verb_without_showing_the_password()
    {
        using var repository = Repository();
        var before = Baseline.Take(repository);
        string said;
        await using (var run = RunningSwarm.Start(repository))
        {
            await run.WaitForAsync("landing.queued");
            await run.KillAsync();
            said = string.Join('\n', run.Lines);
        }

        var output = await repository.MustAsync(0, "run", "--format", "json");
        Assert.Equal((6, 0, 0), Landed(output));
        said += output;
        foreach (var verb in (string[])["status", "history", "progress", "agents", "queue", "audit", "config show"])
        {
            said += await repository.MustAsync(0, verb.Split(' '));
        }

        Assert.False(File.Exists(repository[".beadswarm/swarm.db"]));
        Assert.Equal("6", await _server.ScalarAsync("swarm", "SELECT completed FROM beadswarm.v_swarm_progress"));
        Assert.DoesNotContain(Password, said, StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(
            repository[".beadswarm"], "*", new EnumerationOptions
            {
                RecurseSubdirectories = true,
                AttributesToSkip = FileAttributes.ReparsePoint,
            }))
        {
            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            Assert.False(text.Contains(Password, StringComparison.Ordinal), file);
        }

        Assert.Equal(
            "0",
            await _server.ScalarAsync(
                "swarm", $"SELECT count(*) FROM beadswarm.journal WHERE body::text LIKE '%{Password}%'"));
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task A_server_that_crashes_in_the_middle_of_a_run_costs_nothing()
    {
        using var repository = Repository();
        var before = Baseline.Take(repository);
        await using var run = RunningSwarm.Start(repository);

        await run.WaitForAsync("stage.ended", 2);
        await _server.RestartAsync();
        var output = await run.EndAsync();

        Assert.True(output.ExitCode == 0, $"{output}");
        Assert.Equal((6, 0, 0), Landed(output));
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task A_server_that_takes_over_in_the_middle_of_a_run_costs_nothing()
    {
        await using var second = await _server.StartFollowerAsync();
        await _server.WaitForFollowersAsync();
        using var repository = Repository(Scenario.AllWait);
        repository.Environment["BEADSWARM_STORE"] =
            $"postgres://locked:{Password}@/swarm?host={second.Folder},{_server.Folder}";
        var before = Baseline.Take(repository);
        await using var run = RunningSwarm.Start(repository);

        await run.WaitForAsync("stage.ended", 3);
        await _server.StopAsync();
        await second.PromoteAsync();
        Scenario.GoOn(repository);
        var output = await run.EndAsync();

        Assert.True(output.ExitCode == 0, $"{output}");
        Assert.Equal((6, 0, 0), Landed(output));
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task A_server_whose_disk_is_full_in_the_middle_of_a_run_is_waited_for_and_costs_nothing()
    {
        using var folder = new TemporaryFolder();
        var small = Directory.CreateDirectory(folder["disk"]).FullName;
        using var disk = Mount.SmallDisk(small, megabytes: 48);
        var given = await Machine.RunAsync(
            "/", Machine.Environment("/"), "chown", PostgresServer.OtherUser(), folder.Path, small);
        Assert.True(given.ExitCode == 0, $"{given}");
        await _server.ExecuteAsync("postgres", $"CREATE TABLESPACE small LOCATION '{small}'");
        await _server.ExecuteAsync("postgres", "CREATE DATABASE on_small OWNER locked TABLESPACE small");
        using var repository = Repository(Scenario.AllWait);
        repository.Environment["BEADSWARM_STORE"] = _server.Url("on_small", $"locked:{Password}");
        var before = Baseline.Take(repository);
        await using var run = RunningSwarm.Start(repository);

        await run.WaitForAsync("stage.ended", 3);
        using (new Ballast(small, leave: 0))
        {
            Scenario.GoOn(repository);
            await _server.SaysAsync("No space left on device");
        }

        var output = await run.EndAsync();

        Assert.True(output.ExitCode == 0, $"{output}");
        Assert.Equal((6, 0, 0), Landed(output));
        await OutsideAudit.PassAsync(repository, before);
        await _server.ExecuteAsync("postgres", "DROP DATABASE on_small WITH (FORCE)");
        await _server.ExecuteAsync("postgres", "DROP TABLESPACE small");
    }

    [Fact]
    public async Task A_password_on_the_command_line_and_a_wrong_one_are_refused_and_nothing_is_changed()
    {
        using var repository = Repository();

        var shown = await repository.MustAsync(1, "run", "--store", $"postgres://locked:{Password}@localhost/swarm");
        Assert.Contains("everybody on this machine", shown.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, shown.ToString(), StringComparison.Ordinal);

        repository.Environment["BEADSWARM_STORE"] = _server.Url("swarm", "locked:wr0ng-one");
        var wrong = await repository.MustAsync(8, "run");
        Assert.Contains("does not let 'locked' in", wrong.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-one", wrong.ToString(), StringComparison.Ordinal);
    }

    GitRepository Repository(string? script = null)
    {
        var repository = Scenario.Repository(
            [.. Enumerable.Range(1, 6).Select(n => new BeadLine($"a-{n}", n % 3, n > 3 ? [$"a-{n - 3}"] : []))],
            agents: 3, script: script);
        repository.Environment["BEADSWARM_STORE"] = _server.Url("swarm", $"locked:{Password}");
        return repository;
    }

    static (int Landed, int Blocked, int Pending) Landed(Output output)
    {
        var summary = Summary.Of(output);
        return (summary.Landed, summary.Blocked, summary.Pending);
    }
}
