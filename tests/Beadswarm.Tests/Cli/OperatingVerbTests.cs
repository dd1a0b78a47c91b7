using System.Text.Json;
using Beadswarm.Cli;
using Beadswarm.Configuration;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>init, config, prompts, doctor, clean, retry and release in a real repository.</summary>
public sealed class OperatingVerbTests : IAsyncLifetime
{
    readonly CliBench _bench = new(repository: false);

    public async ValueTask InitializeAsync()
    {
        _bench.Environment["PATH"] = _bench["bin"] + ":" + Environment.GetEnvironmentVariable("PATH");
        _bench.Environment["HOME"] = _bench.Path;
        Write("repo/Makefile", "test:\n\ttrue\n");
        Write("repo/.beads/issues.jsonl", Bead("ts-1", "open") + Bead("ts-2", "in_progress"));
        await Shell.MustAsync(_bench["repo"], "git", "init", "-q", "-b", "trunk");
        await Shell.MustAsync(_bench["repo"], "git", "add", "-A");
        await Shell.MustAsync(
            _bench["repo"], "git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "one");
    }

    [Fact]
    public async Task Init_writes_what_it_found_and_never_over_what_is_there()
    {
        Write("bin/claude", "#!/bin/sh\necho '9.8.7 (Claude Code)'\n");

        var first = await Run("init");
        var file = Read("repo/.beadswarm/swarm.yaml");
        Write("repo/.beadswarm/swarm.yaml", "agents: 3\n");
        var second = await Run("init");
        var third = await Run("init", "--force");

        Assert.Matches("target branch +trunk", first);
        Assert.Contains("9.8.7 (Claude Code)", first, StringComparison.Ordinal);
        Assert.Contains("make test", file, StringComparison.Ordinal);
        Assert.Contains("is there already", second, StringComparison.Ordinal);
        Assert.EndsWith("exit 1\n", second, StringComparison.Ordinal);
        Assert.EndsWith("exit 0\n", third, StringComparison.Ordinal);
        Assert.Equal(file, Read("repo/.beadswarm/swarm.yaml"));
        Assert.Equal("", await Shell.MustAsync(_bench["repo"], "git", "status", "--porcelain"));
    }

    [Fact]
    public async Task Init_dry_run_changes_nothing()
    {
        var output = await Run("init", "--dry-run");

        Assert.Contains("# pools:", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_bench["repo/.beadswarm"]));
    }

    [Fact]
    public async Task Config_show_says_where_each_value_comes_from()
    {
        Write("repo/.beadswarm/swarm.yaml", "agents: 3\n");
        _bench.Environment["BEADSWARM_LIMITS_LEASE"] = "90s";

        var output = await Run("config", "show");

        Assert.Matches(@"agents +3 +\.beadswarm/swarm\.yaml:1", output);
        Assert.Matches(@"limits\.lease +1m30s +BEADSWARM_LIMITS_LEASE", output);
        Assert.Matches(@"landing\.target +trunk +", output);
        Assert.Matches(@"select\.limit +null +default", output);
    }

    [Fact]
    public async Task Config_validate_names_every_mistake_with_its_place()
    {
        Write("repo/.beadswarm/swarm.yaml", "agents: none\ngates:\n  test: { runn: make }\n");

        var output = await Run("config", "validate");

        Assert.Contains("swarm.yaml:1", output, StringComparison.Ordinal);
        Assert.Contains("did you mean 'run'", output, StringComparison.Ordinal);
        Assert.EndsWith("exit 14\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_schema_is_json()
    {
        var output = await Run("config", "schema");

        using var schema = JsonDocument.Parse(output.Split('\n', 2)[1].Split("\nexit ")[0]);
        Assert.Equal("object", schema.RootElement.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Prompts_are_rendered_for_each_agent()
    {
        Write("repo/.beadswarm/prompts/implement.md", "You are {N}, at {{stage}}.\n");

        Assert.Equal(
            """
            $ beadswarm -C repo prompts --agents 2 --stage implement
            === agent 1, stage implement (implement)

            You are 1, at implement.

            === agent 2, stage implement (implement)

            You are 2, at implement.
            exit 0

            """,
            await Run("prompts", "--agents", "2", "--stage", "implement"));
    }

    [Fact]
    public async Task An_agent_session_gets_a_prompt_with_its_number_and_the_repository_may_have_its_own()
    {
        var shipped = await Run("prompts", "--agents", "12");
        for (var agent = 1; agent <= 12; agent++)
        {
            Assert.Contains(
                $"=== agent {agent}\n\n# Agent {agent}: take part in the swarm\n", shipped, StringComparison.Ordinal);
            Assert.Contains($"`beadswarm claim --agent {agent} --wait 10`", shipped, StringComparison.Ordinal);
        }

        Write("repo/.beadswarm/prompts/external.md", "You are {N} of {{target}}.\n");

        Assert.Equal(
            """
            $ beadswarm -C repo prompts --agents 2 --first 5
            === agent 5

            You are 5 of trunk.

            === agent 6

            You are 6 of trunk.
            exit 0

            """,
            await Run("prompts", "--agents", "2", "--first", "5"));
    }

    [Fact]
    public async Task Doctor_fix_makes_a_wrecked_backlog_workable_and_twice_is_as_once()
    {
        if (SharedData.Path("beads/lprior-repo_oya.largest.jsonl") is not { } wrecked || !File.Exists(wrecked))
        {
            return;
        }

        Write("repo/.beads/issues.jsonl", await File.ReadAllTextAsync(wrecked, TestContext.Current.CancellationToken));
        Write("repo/.beadswarm/swarm.yaml", "runners: { mine: { command: [true] } }\n");

        var look = await Run("doctor");
        var fix = await Run("doctor", "--fix");
        var repaired = Read("repo/.beads/issues.jsonl");
        var again = await Run("doctor", "--fix");

        Assert.Contains("199 beads are in_progress and nobody works on them", look, StringComparison.Ordinal);
        Assert.EndsWith("exit 14\n", look, StringComparison.Ordinal);
        Assert.Contains("reopened 199 beads", fix, StringComparison.Ordinal);
        Assert.EndsWith("no problems\nexit 0\n", fix, StringComparison.Ordinal);
        Assert.DoesNotContain("\"in_progress\"", repaired, StringComparison.Ordinal);
        Assert.EndsWith("no problems\nexit 0\n", again, StringComparison.Ordinal);
        Assert.Equal(repaired, Read("repo/.beads/issues.jsonl"));
    }

    [Fact]
    public async Task Doctor_moves_the_spare_backlog_aside_and_then_repairs_the_other()
    {
        Write("repo/.beads/beads.jsonl", Bead("ts-1", "open"));

        var output = await Run("doctor", "--fix");

        Assert.Contains("beads.jsonl.superseded", output, StringComparison.Ordinal);
        Assert.Contains("reopened 1 beads", output, StringComparison.Ordinal);
        Assert.True(File.Exists(_bench["repo/.beads/beads.jsonl.superseded"]));
    }

    [Fact]
    public async Task Doctor_names_line_and_remedy_and_changes_nothing_it_cannot_repair()
    {
        Write("repo/.beads/issues.jsonl", Bead("ts-1", "open") + "<<<<<<< ours\n");

        var output = await Run("doctor", "--fix");

        Assert.Contains("issues.jsonl:2", output, StringComparison.Ordinal);
        Assert.Contains("resolve the conflict", output, StringComparison.Ordinal);
        Assert.EndsWith("exit 14\n", output, StringComparison.Ordinal);
        Assert.EndsWith("<<<<<<< ours\n", Read("repo/.beads/issues.jsonl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_removes_a_socket_nobody_listens_on_and_leaves_the_users_lock()
    {
        Write("repo/.beadswarm/swarm.sock", "");
        Write("repo/.git/index.lock", "");
        File.SetLastWriteTimeUtc(_bench["repo/.git/index.lock"], new DateTime(2026, 1, 1));

        var output = await Run("doctor", "--fix");

        Assert.False(File.Exists(_bench["repo/.beadswarm/swarm.sock"]));
        Assert.True(File.Exists(_bench["repo/.git/index.lock"]));
        Assert.Contains("lock.user", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_tells_a_store_that_cannot_be_used()
    {
        Write("repo/.beadswarm/swarm.db", "no database, and longer than its header would have to be. " + Long());

        Assert.Contains("store.unusable", await Run("doctor"), StringComparison.Ordinal);

        static string Long() => new('x', 4096);
    }

    [Fact]
    public async Task Doctor_json_has_one_object_a_line_and_a_summary_last()
    {
        var lines = (await Run("doctor", "--format", "json")).Split('\n')[1..^2];

        Assert.All(lines, line => JsonDocument.Parse(line).Dispose());
        using var summary = JsonDocument.Parse(lines[^1]);
        Assert.Equal("summary", summary.RootElement.GetProperty("type").GetString());
        Assert.Equal(14, summary.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task Doctor_says_which_agent_clis_are_there_and_their_versions()
    {
        Write("bin/opencode", "#!/bin/sh\necho 1.18.33\n");
        Write("bin/gemini", "#!/bin/sh\nexit 3\n");

        var text = await Run("doctor");
        var json = await Run("doctor", "--format", "json");

        Assert.Contains(
            "found    agent CLI opencode: 1.18.33  (REPO/bin/opencode)\n", text, StringComparison.Ordinal);
        Assert.Contains("found    agent CLI gemini: version unknown  (", text, StringComparison.Ordinal);
        Assert.Contains(
            """
            {"type":"agentCli","name":"opencode","kind":"opencode","program":"REPO/bin/opencode","version":"1.18.33"}
            """,
            json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_cli_that_hangs_is_one_without_a_version()
    {
        Write("bin/gemini", "#!/bin/sh\nsleep 100000 &\nexec sleep 100000\n");

        var found = await CliVersions.AskAsync(
            [new FoundRunner("gemini", "gemini", _bench["bin/gemini"])],
            _bench.Host(TextWriter.Null, TextWriter.Null), TimeSpan.FromMilliseconds(50),
            TestContext.Current.CancellationToken);

        Assert.Equal("version unknown  (" + _bench["bin/gemini"] + ")", Assert.Single(found).Words);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("release")]
    public async Task A_request_about_a_bead_needs_a_swarm(string verb) =>
        Assert.EndsWith("exit 12\n", await Run(verb, "ts-1"), StringComparison.Ordinal);

    [Fact]
    public async Task Clean_needs_a_swarm() =>
        Assert.EndsWith("exit 12\n", await Run("clean", "--dry-run"), StringComparison.Ordinal);

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    static string Bead(string id, string status) =>
        $$"""{"id":"{{id}}","title":"T","status":"{{status}}","updated_at":"2026-01-01T00:00:00Z"}""" + "\n";

    Task<string> Run(params string[] args) => _bench.RunAsync(["-C", "repo", .. args]);

    string Read(string path) => File.ReadAllText(_bench[path]);

    void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_bench[path])!); // every path is below the folder
        File.WriteAllText(_bench[path], text);
        if (path.StartsWith("bin/", StringComparison.Ordinal))
        {
            File.SetUnixFileMode(_bench[path], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }
}
