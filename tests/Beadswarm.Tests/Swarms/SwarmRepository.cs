using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// A real repository with a backlog and a gate, and agents that are a shell script. The script is called with the
/// protocol's
/// environment; by default it writes <c>work/BEAD</c> in <c>implement</c> and passes every review.
/// </summary>
sealed class SwarmRepository : IDisposable
{
    readonly TemporaryFolder? _owned;
    readonly List<Fifo> _fifos = [];
    string? _written;
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

    /// <summary>One that is there already: another process made it, and deletes it.</summary>
    SwarmRepository(string path) => Path = path;

    public SwarmRepository()
    {
        _owned = new TemporaryFolder();
        Path = _owned.Path;
        Git("init", "-q", "-b", "main");
        Git("config", "user.name", "Owner");
        Git("config", "user.email", "owner@example.org");
        Write("gate.sh", "for f in work/*; do [ -e \"$f\" ] || continue; ! grep -q broken \"$f\" || exit 1; done\n");
        Directory.CreateDirectory(In(".beads"));
        Write(".beads/issues.jsonl", "");
    }

    public string Path { get; }

    /// <summary>The same repository in another process, whose agents are as this one left them.</summary>
    public static SwarmRepository At(string path) =>
        new(path) { _written = File.ReadAllText(System.IO.Path.Combine(path, ".beadswarm/agent.sh")) };

    string In(string relative) => System.IO.Path.Combine(Path, relative);

    public string Hub => In(".beadswarm/hub.git");

    /// <summary>The tags of the living processes of this repository's swarm, or what else is known of them.</summary>
    public IReadOnlyList<string> Processes() =>
        [.. LeftProcesses.Find(new SwarmPaths(Path), open: []).Select(process => process.Tag)];

    public string AgentScript { get; set; } = DefaultAgent;

    public SwarmRepository Bead(string id, int priority = 2, params string[] dependsOn) =>
        Bead(id, bead => bead with
        {
            Priority = priority,
            Dependencies = [.. dependsOn.Select(target => new BeadDependency(target, "blocks", null))],
        });

    public SwarmRepository Bead(string id, Func<Bead, Bead> change)
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(_beads++);
        var bead = change(new Bead
        {
            Id = BeadId.Parse(id),
            Title = $"Do {id}",
            Priority = 2,
            CreatedAt = at,
            UpdatedAt = at,
        });
        File.AppendAllText(
            In(".beads/issues.jsonl"), System.Text.Encoding.UTF8.GetString(BeadJson.Write(bead)) + "\n");
        return this;
    }

    /// <summary>Makes agents do this first; it may exit, and finds the repository's path in <c>$R</c>.</summary>
    public SwarmRepository Agent(string before)
    {
        AgentScript = before + "\n" + DefaultAgent;
        return this;
    }

    /// <summary>A pipe that agents and gates find at <c>$R/.beadswarm/NAME</c>.</summary>
    public Fifo Fifo(string name)
    {
        Directory.CreateDirectory(In(".beadswarm"));
        var fifo = new Fifo(In($".beadswarm/{name}"));
        _fifos.Add(fifo);
        return fifo;
    }

    public void Write(string relative, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(In(relative))!);
        File.WriteAllText(In(relative), content);
    }

    public string Read(string relative) => File.ReadAllText(In(relative));

    public void Commit(string message = "Start")
    {
        Git("add", "-A");
        Git("commit", "-qm", message);
    }

    /// <summary>A bare repository that has what was committed, as the remote <c>origin</c>.</summary>
    /// <returns>Where it is.</returns>
    public string AddOrigin()
    {
        var origin = In(".git/remote.git");
        Git("init", "-q", "--bare", "-b", "main", origin);
        Git("remote", "add", "origin", origin);
        Git("push", "-q", "-u", "origin", "main");
        return origin;
    }

    /// <summary>Somebody else changes the origin's main, in a clone of their own.</summary>
    public static void Elsewhere(string origin, params string[] change) =>
        Elsewhere(origin, clone => GitIn(clone, change));

    public static void Elsewhere(string origin, Action<string> change)
    {
        using var folder = new TemporaryFolder();
        var clone = folder["clone"];
        GitIn(folder.Path, "clone", "-q", origin, "clone");
        GitIn(clone, "config", "user.name", "Somebody");
        GitIn(clone, "config", "user.email", "somebody@example.org");
        change(clone);
        GitIn(clone, "push", "-q", "--force", "origin", "main");
    }

    /// <summary>As a person asks the swarm that is at work.</summary>
    public Task<CommandReply> AskAsync(QueueRequest request) =>
        new ControlClient(new SwarmPaths(Path).Socket).AskQueueAsync(request, Cancel);

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
        Write(".beadswarm/agent.sh", _written ?? $"R='{Path}'\n{AgentScript}\n");
        var gates = new Dictionary<string, GateSpec> { ["check"] = new() { Name = "check", Run = "sh gate.sh" } };
        var pipeline = PipelinePresets.Build(PipelinePresets.Default, ["check"], PipelinePresets.MaxAttempts);
        var config = new SwarmConfig
        {
            Tracker = new TrackerConfig("jsonl", null, Commit: true, TimeSpan.FromMinutes(1), "beadswarm"),
            Select = new SelectConfig(),
            Pools = [new PoolConfig("worker", agents, "sh", [.. pipeline.Stages.Select(stage => stage.Name)])],
            Runners = new Dictionary<string, RunnerSpec>
            {
                ["sh"] = new() { Name = "sh", Kind = "command", Command = ["/bin/sh", In(".beadswarm/agent.sh")] },
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

    public async Task<SwarmOutcome> RunAsync(SwarmConfig config, Func<SwarmSetup, SwarmSetup>? change = null)
    {
        await using var run = await StartAsync(config, change);
        return await EndAsync(run);
    }

    public Task<SwarmRun> StartAsync(SwarmConfig config, Func<SwarmSetup, SwarmSetup>? change = null)
    {
        var setup = Setup(config);
        return SwarmRun.StartAsync(change?.Invoke(setup) ?? setup, Cancel);
    }

    public static Task<SwarmOutcome> EndAsync(SwarmRun run) => run.Completion.WaitAsync(Swarms.Fifo.Patience, Cancel);

    /// <summary>Waits for an entry of the journal, past or future; fails when the run ends without it.</summary>
    public static async Task<JournalEntry> UntilAsync(SwarmRun run, Func<JournalEntry, bool> wanted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Swarms.Fifo.Patience);
        await foreach (var entry in run.FollowAsync(0, patience.Token))
        {
            if (wanted(entry))
            {
                return entry;
            }
        }

        throw new InvalidOperationException("the run ended without what was waited for");
    }

    public static Task<JournalEntry> UntilAsync<TEvent>(SwarmRun run, string bead) where TEvent : JournalEvent =>
        UntilAsync(run, entry => entry.Bead?.Value == bead && entry.Event is TEvent);

    /// <summary>Asks the store, when no swarm runs.</summary>
    public async Task<T> AskAsync<T>(Func<IStore, Task<T>> question)
    {
        await using var store = await SqliteStore.OpenAsync(
            In(".beadswarm/swarm.db"), TimeProvider.System, Cancel);
        return await question(store);
    }

    public Task<BeadWork> WorkAsync(string bead) =>
        AskAsync(async store => (await store.ReadBeadAsync(BeadId.Parse(bead), Cancel))!); // a test's own bead is there

    /// <summary>Executions as <c>stage attempt status</c>, oldest first.</summary>
    public async Task<IReadOnlyList<string>> HistoryAsync(string bead) =>
        await AskAsync(async store => (IReadOnlyList<string>)
        [
            .. (await store.ReadHistoryAsync(BeadId.Parse(bead), null, int.MaxValue, Cancel)).Select(run =>
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture, $"{run.Stage} {run.Attempt} {run.Status}")),
        ]);

    public Task<IReadOnlyList<JournalEntry>> JournalAsync() =>
        AskAsync(store => store.ReadJournalAsync(0, null, int.MaxValue, Cancel));

    /// <summary>Waits until another process, which runs the swarm, has written that.</summary>
    public async Task RecordedAsync(Func<IReadOnlyList<JournalEntry>, bool> wanted)
    {
        // Readers are not told: the file's own changes are the signal.
        using var watcher = new FileSystemWatcher(In(".beadswarm"), "swarm.db*");
        using var changed = new SemaphoreSlim(0);
        watcher.Changed += (_, _) => changed.Release();
        watcher.EnableRaisingEvents = true;
        while (!wanted(await JournalAsync()))
        {
            await changed.WaitAsync(Swarms.Fifo.Patience, Cancel);
        }

        watcher.EnableRaisingEvents = false;
    }

    /// <summary>The newest artifact of that name.</summary>
    public async Task<string> ArtifactAsync(string bead, string name) =>
        await AskAsync(async store => System.Text.Encoding.UTF8.GetString(
            (await store.ReadArtifactsAsync(BeadId.Parse(bead), Cancel)).Last(one => one.Name == name).Content.Span));

    /// <summary>What an agent was given: <c>prompt.md</c>, <c>context/feedback.md</c> and so on.</summary>
    public string Given(string bead, string stage, int attempt, string file) =>
        File.ReadAllText(System.IO.Path.Combine(
            Directory.GetDirectories(In($".beadswarm/sessions/{bead}"), $"*-{stage}-{attempt}").Order().Last(), file));

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The beads that landed, in the order in which each was merged onto the one before.</summary>
    public IReadOnlyList<string> Landed() =>
        [.. Git("log", "--topo-order", "--reverse", "--format=%(trailers:key=Bead,valueonly,separator=)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    public string StatusOf(string bead) => Find(bead).Status;

    /// <summary>The bead as the tracker's file has it.</summary>
    public Bead Find(string bead) => Beads().Single(one => one.Id.Value == bead);

    public IReadOnlyList<Bead> Beads() =>
        Backlog.Parse(
            In(".beads/issues.jsonl"), File.ReadAllBytes(In(".beads/issues.jsonl")), TrackerDialect.Bd).Beads;

    /// <summary>
    /// A test may leave an agent at work, whose orchestrator it killed. It writes into the folder that is about to go.
    /// </summary>
    void EndProcesses()
    {
        // Whoever is killed is gone in a moment; what it had begun to start meanwhile is found by the next look.
        while (LeftProcesses.Find(new SwarmPaths(Path), open: []) is { Count: > 0 } left)
        {
            foreach (var process in left)
            {
                _ = Libc.kill(process.Identity.Pid, Libc.SignalKill);
            }
        }
    }

    public void Dispose()
    {
        _fifos.ForEach(fifo => fifo.Dispose());
        if (_owned is not null)
        {
            EndProcesses();
            FolderTree.MakeWritable(Path);
            _owned.Dispose();
        }
    }
}
