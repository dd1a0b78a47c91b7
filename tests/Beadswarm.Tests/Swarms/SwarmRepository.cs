using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// A real repository with a backlog and a gate, and agents that are a shell script. The script is called with the
/// protocol's
/// environment; by default it writes <c>work/BEAD</c> in <c>implement</c> and passes every review.
/// </summary>
sealed class SwarmRepository : IDisposable
{
    readonly TemporaryFolder _folder = new();
    int _beads;

    public const string DefaultAgent =
        """
        case $BEADSWARM_STAGE in
        implement) mkdir -p work; echo "$BEADSWARM_ATTEMPT" > "work/$BEADSWARM_BEAD"
          git add -A; git commit -qm "$BEADSWARM_BEAD" ;;
        qa-enforcer|red-queen) echo '{"verdict":"pass"}' > "$BEADSWARM_RESULT" ;;
        contract) echo "contract of $BEADSWARM_BEAD" > "$BEADSWARM_CONTEXT/contract.md" ;;
        esac
        """;

    public SwarmRepository()
    {
        Git("init", "-q", "-b", "main");
        Git("config", "user.name", "Owner");
        Git("config", "user.email", "owner@example.org");
        Write("gate.sh", "for f in work/*; do [ -e \"$f\" ] || continue; ! grep -q broken \"$f\" || exit 1; done\n");
        Directory.CreateDirectory(_folder[".beads"]);
        Write(".beads/issues.jsonl", "");
    }

    public string Path => _folder.Path;

    public string AgentScript { get; set; } = DefaultAgent;

    public SwarmRepository Bead(string id, int priority = 2, params string[] dependsOn)
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(_beads++);
        File.AppendAllText(
            _folder[".beads/issues.jsonl"],
            System.Text.Encoding.UTF8.GetString(BeadJson.Write(new Bead
            {
                Id = BeadId.Parse(id),
                Title = $"Do {id}",
                Priority = priority,
                CreatedAt = at,
                UpdatedAt = at,
                Dependencies = [.. dependsOn.Select(target => new BeadDependency(target, "blocks", null))],
            })) + "\n");
        return this;
    }

    public void Write(string relative, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_folder[relative])!);
        File.WriteAllText(_folder[relative], content);
    }

    public string Read(string relative) => File.ReadAllText(_folder[relative]);

    public void Commit(string message = "Start")
    {
        Git("add", "-A");
        Git("commit", "-qm", message);
    }

    public string Git(params string[] arguments) => GitIn(Path, arguments);

    public static string GitIn(string directory, params string[] arguments)
    {
        var spec = new CommandSpec
        {
            FileName = "git",
            Arguments = arguments,
            WorkingDirectory = directory,
            Environment = Environment,
        };
        var result = Command.RunAsync(spec, CancellationToken.None).ConfigureAwait(false).GetAwaiter().GetResult();
        var output = System.Text.Encoding.UTF8.GetString(result.Stdout);
        Assert.True(
            result.ExitCode == 0,
            $"git {string.Join(' ', arguments)}: {output}{System.Text.Encoding.UTF8.GetString(result.Stderr)}");
        return output.TrimEnd();
    }

    public static Dictionary<string, string> Environment { get; } = new()
    {
        ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
        ["HOME"] = System.IO.Path.GetTempPath(),
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
    };

    public SwarmConfig Config(int agents = 3, Func<SwarmConfig, SwarmConfig>? change = null)
    {
        Write("../agent.sh".Replace("..", ".beadswarm", StringComparison.Ordinal), AgentScript);
        var gates = new Dictionary<string, GateSpec> { ["check"] = new() { Name = "check", Run = "sh gate.sh" } };
        var pipeline = PipelinePresets.Build(PipelinePresets.Default, ["check"], PipelinePresets.MaxAttempts);
        var config = new SwarmConfig
        {
            Tracker = new TrackerConfig("jsonl", null, Commit: true, TimeSpan.FromMinutes(1), "beadswarm"),
            Select = new SelectConfig(),
            Pools = [new PoolConfig("worker", agents, "sh", [.. pipeline.Stages.Select(stage => stage.Name)])],
            Runners = new Dictionary<string, RunnerSpec>
            {
                ["sh"] = new() { Name = "sh", Kind = "command", Command = ["/bin/sh", _folder[".beadswarm/agent.sh"]] },
            },
            Pipeline = pipeline,
            Gates = gates,
            Landing = new LandingConfig(LandingMode.Queue, "main", null, ["check"], 8, "swarm/integration", false),
            Workspace = new WorkspaceConfig("git-worktree"),
            Store = "sqlite",
            Limits = new LimitsConfig
            {
                Grace = TimeSpan.FromSeconds(2),
                RetryDelayMin = TimeSpan.FromMilliseconds(10),
                RetryDelayMax = TimeSpan.FromMilliseconds(50),
            },
        };
        return change?.Invoke(config) ?? config;
    }

    public SwarmSetup Setup(SwarmConfig config) => new()
    {
        RepositoryPath = Path,
        Config = config,
        Environment = Environment,
        ScriptedAgentPath = "",
        Time = TimeProvider.System,
    };

    public async Task<SwarmOutcome> RunAsync(SwarmConfig config)
    {
        await using var run = await SwarmRun.StartAsync(Setup(config), TestContext.Current.CancellationToken);
        return await run.Completion.WaitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The beads that landed, in the order of the target's first parents.</summary>
    public IReadOnlyList<string> Landed() =>
        [.. Git("log", "--first-parent", "--reverse", "--format=%(trailers:key=Bead,valueonly,separator=)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    public string StatusOf(string bead) =>
        Backlog.Parse(
            _folder[".beads/issues.jsonl"], File.ReadAllBytes(_folder[".beads/issues.jsonl"]), TrackerDialect.Bd)
            .Beads.Single(one => one.Id.Value == bead).Status;

    public void Dispose() => _folder.Dispose();
}
