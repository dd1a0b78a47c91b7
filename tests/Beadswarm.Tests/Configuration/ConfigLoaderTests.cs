using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Pipelines;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Configuration;

public sealed class ConfigLoaderTests
{
    const string Mine = "runners: { mine: { command: [agent, -p] } }\n";

    static readonly Detected Found = new()
    {
        TargetBranch = "trunk",
        Remote = "origin",
        Gates =
        [
            new(new GateSpec { Name = "build", Run = "make" }, "Makefile"),
            new(new GateSpec { Name = "test", Run = "make test" }, "Makefile"),
        ],
        Runners = [new("claude", "claude-code", "bin/claude")],
        Processors = 4,
        MemoryGb = 16,
    };

    [Fact]
    public void Nothing_but_detected_values_gives_a_whole_configuration()
    {
        var config = Loaded(null).Config;

        Assert.Equal(12, config.AgentCount);
        Assert.Equal(
            ["contract", "implement", "qa-enforcer", "red-queen"],
            config.Pipeline.Stages.Select(stage => stage.Name.Value));
        Assert.Equal([0, 2, 2, 2], config.Pipeline.Stages.Select(stage => stage.Gates.Count));
        Assert.Equal(("trunk", "origin"), (config.Landing.Target, config.Landing.Remote));
        Assert.Equal(["build", "test"], config.Landing.Gates);
        Assert.Equal(new LimitsConfig { GatesMax = 4, AgentMemoryGb = 8, MemoryFreeGbMin = 1 }, config.Limits);
        Assert.Equal(3, config.Pipeline.MaxAttempts);
    }

    [Fact]
    public void Everything_can_be_given()
    {
        var result = Loaded(Everything);

        Assert.Empty(result.RunProblems);
        Snapshot.Match(Show(result));
    }

    [Fact]
    public void Every_mistake_is_listed_with_its_place() => Snapshot.Match(string.Join('\n', Errors("""
        trakcer: { kind: bd }
        tracker: { kind: github, commit: yes, actor: "A B" }
        select: { priority: [p9, 1], order: triaged, limit: 0, ids: [ok-1, ok-1], epic: "two words" }
        agents: many
        pools:
          - { role: worker, agent: 3 }
          - { role: tester }
          - { agents: 2, stages: [implment] }
          - 7
        runners:
          a: { kind: comand, command: run me }
          b: { kind: command }
          Big Name: { kind: command }
          c: { command: [x], environment: { BEADSWARM_BEAD: x } }
          d: { command: [x], environment: { A-B: x } }
          g: { kind: acp }
          f: { command: [x], sandbox: docker, network: yes, homeReadable: [/etc, "~/x", a/../b] }
        runner: e
        pipeline:
          preset: rusty
          maxAttempts: 99
          retryFrom: nowhere
        gates:
          build: { run: "", timeout: 10 }
          test: make test
          lint: { timeout: 10m, countPattern: "(" }
        landing: { mode: push, target: "a..b", gates: [biuld], batch: 1.5 }
        workspace: { kind: jj }
        store: mysql://user:secret@host/db
        limits: { lease: 1s, restarts: 3 per minute, retryDelayMin: 10m, retryDelayMax: 5m, budgetUsd: 50 }
        """)));

    [Theory]
    [InlineData("limits: { budgetUsd: -1 }")]
    [InlineData("limits: { budgetUsd: fifty }")]
    [InlineData("limits: { budgetUsdPerBead: 2000000 }")]
    [InlineData("limits: { budgetUsdPerRun: 5 }")]
    [InlineData("limits: { tokens: 1.5 }")]
    [InlineData("limits: { tokensPerDay: [1] }")]
    [InlineData("limits: { unpriced: maybe }")]
    [InlineData("prices: { mine: { input: 1 } }")]
    [InlineData("prices: { mine: { input: -1, output: 2 } }")]
    public void A_wrong_budget_is_one_error_that_names_its_key(string yaml)
    {
        var error = Assert.Single(Errors(yaml));

        Assert.Matches(@"limits\.(budgetUsd|tokens|unpriced)|prices\.mine", error);
    }

    [Fact]
    public void Stage_list_is_checked() => Snapshot.Match(string.Join('\n', Errors("""
        pipeline:
          preset: default
          stages:
            - { name: contract }
            - { name: build, kind: command, verdictRequired: true, gates: [buidl] }
            - { name: contract }
            - { name: mystery }
            - { name: outside, prompt: ../secret.md }
            - { prompt: contract }
        """)));

    [Fact]
    public void Conflicts_are_settled_by_a_command_or_by_union()
    {
        var rules = Loaded(Mine + """
            landing:
              resolve:
                - { paths: [Cargo.lock, "web/**/package-lock.json"], command: make locks, timeout: 2m }
                - { paths: ["src/**/mod.rs"], union: true }
            """).Config.Landing.Resolve;

        Assert.Equal(
            [("`make locks`", TimeSpan.FromMinutes(2)), ("union", TimeSpan.FromMinutes(10))],
            rules.Select(rule => (rule.By, rule.Timeout)));
        Assert.True(rules[0].Covers("web/a/package-lock.json"));
        Assert.False(rules[1].Covers("Cargo.lock"));
    }

    [Fact]
    public void A_review_before_landing_is_the_last_stage_and_has_an_agent()
    {
        var plain = Loaded("landing: { reviewStage: merger }").Config;
        var roles = Loaded("pipeline: { preset: roles }\nlanding: { reviewStage: merger }").Config;

        var review = plain.Pipeline.Stages[^1];
        Assert.Equal(
            ("merger", "merger", true, 2),
            (review.Name.Value, review.Prompt, review.VerdictRequired, review.Gates.Count));
        Assert.Contains(review.Name, Assert.Single(plain.Pools).Stages);
        Assert.Equal(("merger", 1, "merger"), (
            roles.Pools[^1].Role, roles.Pools[^1].Agents, Assert.Single(roles.Pools[^1].Stages).Value));
        Assert.Contains(
            "the pipeline has a stage 'red-queen' already",
            Assert.Single(Errors("landing: { reviewStage: red-queen }")), StringComparison.Ordinal);
        Assert.Contains(
            "unknown prompt 'mergr'; did you mean 'merger'?", Assert.Single(Errors("landing: { reviewStage: mergr }")),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("paths: [a]", "say how: 'union: true' keeps the lines of both sides, 'command' regenerates the files")]
    [InlineData("paths: [a], union: true, command: b", "both a command and 'union: true'; give one of them")]
    [InlineData("union: true", "name the files that this resolves")]
    [InlineData("union: true, paths: a", "expected a list, for example [a, b]")]
    [InlineData("union: true, paths: [/etc/passwd]", "'/etc/passwd' is absolute")]
    [InlineData("union: true, paths: [../a]", "'../a' has an empty part, '.' or '..' in it")]
    [InlineData("union: true, paths: [a], comand: x", "unknown key 'comand'; did you mean 'command'?")]
    public void A_wrong_way_to_settle_conflicts_is_one_error(string rule, string expected) => Assert.Contains(
        expected, Assert.Single(Errors($"landing: {{ resolve: [ {{ {rule} }} ] }}\n")), StringComparison.Ordinal);

    [Theory]
    [InlineData("", null)]
    [InlineData("sandbox: bwrap\n", true)]
    [InlineData("sandbox: bwrap\nnetwork: off\n", false)]
    public void Every_runner_has_the_sandbox_of_the_swarm_unless_it_has_its_own(string top, bool? network)
    {
        var config = Loaded(top + """
            runners:
              mine: { command: [agent] }
              free: { command: [agent], sandbox: none }
              own: { command: [agent], sandbox: bwrap, network: off, homeWritable: [.agent], homeReadable: [] }
            """).Config;

        Assert.Equal(network, config.Runners["mine"].Sandbox?.Network);
        Assert.Equal(network, config.Runners["scripted"].Sandbox?.Network);
        Assert.Null(config.Runners["free"].Sandbox);
        Assert.Equal(
            (false, ".agent", 0),
            config.Runners["own"].Sandbox is { } own
                ? (own.Network, own.HomeWritable.Single(), own.HomeReadable.Count)
                : default);
    }

    [Theory]
    [InlineData("postgres:/u:secret@h/db")]
    [InlineData("mysql://u:secret@h/db")]
    public void Secret_of_a_wrong_database_url_is_not_repeated(string url) =>
        Assert.DoesNotContain("secret", Errors($"store: {url}").Single(), StringComparison.Ordinal);

    [Fact]
    public void Secret_of_a_database_url_is_not_shown()
    {
        var loaded = (ConfigResult.Loaded)ConfigLoader.Load(new ConfigSources
        {
            FileText = Mine + "store: postgres://u:secret@h/db\n",
            Detected = new Detected(),
        });

        Assert.Equal("postgres://u:secret@h/db", loaded.Config.Store);
        Assert.Equal("\"postgres://u@h/db\"", loaded.Values.Single(value => value.Path == "store").Value);
    }

    [Fact]
    public void Flag_beats_environment_beats_file_beats_default()
    {
        var file = Mine + "limits: { lease: 10s, grace: 20s, stageTimeout: 30s }\n";
        var environment = new Dictionary<string, string>
        {
            ["BEADSWARM_LIMITS_LEASE"] = "11s",
            ["BEADSWARM_LIMITS_GRACE"] = "21s",
            ["BEADSWARM_BEAD"] = "bd-1",
            ["BEADSWARM_SELECT_PRIORITY"] = "p0, 1",
        };
        var result = Assert.IsType<ConfigResult.Loaded>(ConfigLoader.Load(new()
        {
            Detected = Found,
            FileText = file,
            Environment = environment,
            Flags = [new("limits.lease", "12s", "--lease"), new("agents", "5", "--agents")],
        }));

        Assert.Equal(TimeSpan.FromSeconds(12), result.Config.Limits.Lease);
        Assert.Equal(TimeSpan.FromSeconds(21), result.Config.Limits.Grace);
        Assert.Equal(TimeSpan.FromSeconds(30), result.Config.Limits.StageTimeout);
        Assert.Equal([0, 1], result.Config.Select.Priority);
        Assert.Equal(5, result.Config.AgentCount);
        Assert.Equal(
            [
                new("limits.stageTimeout", "30s", ".beadswarm/swarm.yaml:2:49"),
                new("limits.idleTimeout", "10m", "default"),
                new("limits.lease", "12s", "--lease"),
                new("limits.grace", "21s", "BEADSWARM_LIMITS_GRACE"),
            ],
            result.Values.Where(value =>
                value.Path is "limits.stageTimeout" or "limits.idleTimeout" or "limits.lease" or "limits.grace"));
    }

    [Fact]
    public void Mistyped_variable_is_an_error_and_a_foreign_one_is_not()
    {
        var environment = new Dictionary<string, string>
        {
            ["BEADSWARM_LIMITS_LEESE"] = "1s",
            ["BEADSWARM_HOME"] = "x",
        };

        var refused = Assert.IsType<ConfigResult.Refused>(
            ConfigLoader.Load(new() { Detected = Found, Environment = environment }));

        Assert.Equal(
            ["BEADSWARM_LIMITS_LEESE: unknown variable; did you mean 'BEADSWARM_LIMITS_LEASE'?"],
            refused.Errors.Select(error => error.ToString()));
    }

    [Theory]
    [InlineData(13, "4 4 4 1")]
    [InlineData(4, "1 1 1 1")]
    [InlineData(5, "2 1 1 1")]
    [InlineData(100, "31 31 31 7")]
    public void Agents_are_spread_over_the_pools_in_proportion(int agents, string expected)
    {
        var config = Loaded(Mine + $"agents: {agents}\npipeline: {{ preset: roles }}\n").Config;

        Assert.Equal(expected, string.Join(' ', config.Pools.Select(pool => pool.Agents)));
        Assert.Equal(agents, config.AgentCount);
    }

    [Fact]
    public void Roles_know_their_stages_in_every_preset() => Snapshot.Match(string.Join('\n',
        from preset in PipelinePresets.All
        let pipeline = PipelinePresets.Build(preset, [], 3)
        from role in PipelinePresets.Roles
        select $"{preset.Name,-8} {role,-12} {string.Join(' ', PipelinePresets.StagesOf(role, pipeline))}"));

    [Fact]
    public void Agent_cli_that_is_on_path_needs_no_entry()
    {
        var loaded = Loaded(null);

        Assert.Empty(loaded.RunProblems);
        Assert.Equal("claude-code", loaded.Config.Runners[loaded.Config.Pools[0].Runner].Kind);
        Assert.Empty(Loaded("runners: { mine: { kind: claude-code } }").RunProblems);
        Assert.Empty(Loaded("runner: scripted").RunProblems);
        Assert.Empty(Loaded(Mine).RunProblems);
    }

    [Theory]
    [InlineData("runner: codex",
        "runner 'codex' is of kind codex, whose program 'codex' is not on PATH; install it, or name it with its path, "
        + "for example runners: { codex: { kind: codex, command: [/opt/agent] } }")]
    [InlineData("runners: { mine: { kind: codex } }",
        "runner 'mine' is of kind codex, whose program 'codex' is not on PATH; install it, or name it with its path, "
        + "for example runners: { mine: { kind: codex, command: [/opt/agent] } }")]
    [InlineData("runner: gemini",
        "runner 'gemini' is of kind gemini, whose program 'gemini' is not on PATH; install it, or name it with its "
        + "path, for example runners: { gemini: { kind: gemini, command: [/opt/agent] } }")]
    public void Runner_that_cannot_run_is_a_run_problem_with_the_remedy(string yaml, string expected) =>
        Assert.Equal(expected, Assert.Single(Loaded(yaml).RunProblems).Message);

    [Fact]
    public void Without_any_runner_the_problem_says_what_was_looked_for() => Assert.Contains(
        "no agent CLI was found on PATH",
        Loaded(null, new()).RunProblems.Single().Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("b: { kind: codex, command: [x] }", "")]
    [InlineData(
        "b: { kind: codex, command: [x], fallback: a }", "'b' leads back to 'a'; the last of them must have none")]
    [InlineData("c: { kind: codex, command: [x] }", "unknown runner 'b'; did you mean")]
    public void Fallback_is_a_known_runner_and_no_circle(string other, string expected)
    {
        var yaml = $"runner: a\nrunners:\n  a: {{ kind: claude-code, fallback: b }}\n  {other}\n";
        var result = ConfigLoader.Load(new() { Detected = Found, FileText = yaml });
        var text = result is ConfigResult.Refused refused ? refused.Errors[0].Message : "";

        Assert.StartsWith(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Agent_cli_with_a_program_of_its_own_need_not_be_on_path() => Assert.Empty(
        Loaded("runners: { mine: { kind: codex, command: [/opt/codex], model: m, effort: high } }").RunProblems);

    [Fact]
    public void Gates_section_replaces_what_was_detected()
    {
        Assert.Equal(["only"], Loaded("gates: { only: { run: make } }").Config.Gates.Keys);
        Assert.Empty(Loaded("gates: {}").Config.Gates);
        Assert.Equal(["build", "test"], Loaded("gates:").Config.Gates.Keys);
    }

    [Fact]
    public void Null_remote_means_none() => Assert.Null(Loaded("landing: { remote: null }").Config.Landing.Remote);

    const string Everything = """
        agents: 6
        sandbox: bwrap
        network: on
        runner: mine
        store: sqlite
        tracker: { kind: jsonl, dialect: br, commit: false, commitInterval: 1h30m, actor: bot }
        select:
          priority: [p0, 1]
          epic: bd-12
          labels: [a, "b c"]
          types: [bug]
          assignees: [ann]
          ids: [bd-1, bd-2]
          order: tracker
          limit: 25
          target: 20
        pools:
          - { role: test-writer, agents: 1 }
          - role: maker
            agents: 2
            runner: other
            stages: [check, make]
        runners:
          mine:
            kind: command
            command: [agent, --fast, "--fast"]
            environment: { MODE: "1", LEVEL: 2 }
            passEnvironment: [TOKEN]
            sandbox: none
            network: off
            homeWritable: [.agent]
            homeReadable: []
          other: { kind: scripted }
        pipeline:
          maxAttempts: 4
          retryFrom: make
          stages:
            - { name: contract, artifact: contract.md }
            - { name: make, prompt: prompts/make.md, progressRequired: true, timeout: 45m }
            - { name: check, kind: command, gates: [build] }
        gates:
          build: { run: make, timeout: 90s, beforeCommit: true }
          warnings: { run: make lint, countPattern: 'warning:', cleanup: make clean, cached: false }
        landing:
          { mode: integration, target: release/1, remote: null, gates: [build], batch: 2, tests: 3, reruns: 0,
            integrationBranch: next, squash: true }
        workspace: { kind: git-worktree }
        limits:
          stageTimeout: 1h
          idleTimeout: 5m
          lease: 30s
          grace: 0s
          diskGb: 2.5
          diskFreeGbMin: 0
          agentMemoryGb: 6.5
          memoryFreeGbMin: 0.5
          restarts: 5/2m
          infrastructureRetriesMax: 0
          retryDelayMin: 500ms
          retryDelayMax: 1m
          feedbackBytesMax: 8192
          logBytesMax: 1048576
          logsMax: 1073741824
          gatesMax: 2
        """;

    static ConfigResult.Loaded Loaded(string? file, Detected? detected = null) =>
        ConfigLoader.Load(new() { Detected = detected ?? Found, FileText = file }) switch
        {
            ConfigResult.Loaded loaded => loaded,
            ConfigResult.Refused refused => throw new InvalidOperationException(string.Join('\n', refused.Errors)),
        };

    static IEnumerable<string> Errors(string file) =>
        Assert.IsType<ConfigResult.Refused>(ConfigLoader.Load(new() { Detected = Found, FileText = file }))
            .Errors.Select(error => error.ToString());

    static string Show(ConfigResult result) =>
        string.Join('\n', result.Values.Select(value => $"{value.Path} = {value.Value}  # {value.Origin}"));
}
