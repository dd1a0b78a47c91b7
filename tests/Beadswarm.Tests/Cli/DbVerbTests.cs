using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>db init, migrate, status and url against a real server.</summary>
public sealed class DbVerbTests : IAsyncLifetime
{
    const string Name = "verb_db";
    const string Role = "verb_role";

    readonly CliBench _bench = new(repository: false);
    PostgresServer _server = null!; // started before each test

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.SharedAsync();
        await DropAsync();
        Directory.CreateDirectory(_bench["repo"]);
        await Shell.MustAsync(_bench["repo"], "git", "init", "-q", "-b", "main");
        _bench.Environment["BEADSWARM_STORE"] = _server.Url(Name, $"{Role}:{Uri.EscapeDataString("a 'secret\\")}");
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task Db_init_makes_role_database_schema_and_idle_agents_and_a_second_time_nothing()
    {
        var without = await Run("db", "init");
        var first = await Run("db", "init", "--admin", _server.Url("postgres"), "--agents", "5");
        var second = await Run("db", "init", "--admin", _server.Url("postgres"), "--agents", "5");
        var status = await Run("db", "status");

        Assert.Contains("does not let 'verb_role' in", without, StringComparison.Ordinal);
        Assert.EndsWith("exit 8\n", without, StringComparison.Ordinal);
        Assert.Contains(
            "made role verb_role\nmade database verb_db\nmade the schema, version ", first, StringComparison.Ordinal);
        Assert.DoesNotContain("made ", second, StringComparison.Ordinal);
        Assert.Contains("no swarm has worked with it yet; 5 agents", status, StringComparison.Ordinal);
        Assert.Equal(
            "5", await _server.ScalarAsync(Name, "SELECT count(*) FROM agent_state WHERE status = 'idle'"));
        Assert.DoesNotContain("secret", without + first + second + status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Db_status_of_an_empty_database_says_so_and_migrate_fills_it()
    {
        await _server.ExecuteAsync("postgres", $"CREATE ROLE {Role} LOGIN");
        await _server.ExecuteAsync("postgres", $"CREATE DATABASE {Name} OWNER {Role}");

        Assert.EndsWith("exit 12\n", await Run("db", "status"), StringComparison.Ordinal);
        Assert.Contains("made the schema", await Run("db", "migrate"), StringComparison.Ordinal);
        Assert.Contains("already", await Run("db", "migrate"), StringComparison.Ordinal);
        Assert.EndsWith("exit 0\n", await Run("db", "status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Db_url_shows_the_store_in_effect_without_its_password()
    {
        Assert.Contains("postgres://verb_role@/verb_db?host=", await Run("db", "url"), StringComparison.Ordinal);
        Assert.Contains("swarm.db", await Run("db", "url", "--store", "sqlite"), StringComparison.Ordinal);
        Assert.Contains(
            "everybody on this machine",
            await Run("db", "status", "--store", "postgres://me:secret@localhost/x"), StringComparison.Ordinal);
        Assert.Contains(
            "needs no setting up", await Run("db", "init", "--store", "sqlite"), StringComparison.Ordinal);
    }

    async Task DropAsync()
    {
        await _server.ExecuteAsync("postgres", $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)");
        await _server.ExecuteAsync("postgres", $"DROP ROLE IF EXISTS {Role}");
    }

    Task<string> Run(params string[] arguments) => _bench.RunAsync(["-C", "repo", .. arguments]);
}
