using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Sandboxes;
using Beadswarm.Tests.Processes;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Sandboxes;

/// <summary>
/// A user's home with secrets and a repository in it, whose first agent is a shell script in a real sandbox.
/// </summary>
sealed class SandboxFixture : IDisposable
{
    /// <summary>Long enough for any machine; no test waits for it unless it fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static readonly AgentLimits Generous = new(Patience, Patience, Patience, 10_000_000);

    readonly GitSandbox _git = new();
    readonly ChildFixture _children = new();
    readonly Bubblewrap _bubblewrap;

    SandboxFixture(Bubblewrap bubblewrap) => _bubblewrap = bubblewrap;

    static CancellationToken Cancel => GitSandbox.Cancel;

    public GitSandbox Git => _git;

    /// <summary>The user's checkout.</summary>
    public string User => _git["home/app"];

    public string Home => _git["home"];

    public Workspace Workspace { get; private set; } = new(new AgentNumber(1), "", new BranchName("agent-1/bd-1"));

    public Workspace Other { get; private set; } = new(new AgentNumber(2), "", new BranchName("agent-2/bd-2"));

    public string HubFolder => Path.Combine(User, ".beadswarm", "hub.git");

    public string Session => Path.Combine(User, ".beadswarm", "sessions", "bd-1", "1-implement-1");

    public AgentFiles Files => new(Session);

    public ChildFixture Children => _children;

    public string this[string relative] => _git[relative];

    /// <summary>The ground of the first agent's workspace, as a swarm gives it.</summary>
    SandboxGround Ground { get; set; } = new([], [], []);

    public static async Task<SandboxFixture> CreateAsync()
    {
        var fixture = new SandboxFixture(await RequireAsync());
        await fixture.PrepareAsync();
        return fixture;
    }

    /// <summary>bubblewrap of this machine; a test that needs it fails with what to do where there is none.</summary>
    public static async Task<Bubblewrap> RequireAsync()
    {
        var finding = await Bubblewrap.FindAsync(
            new Dictionary<string, string> { ["PATH"] = "/usr/local/bin:/usr/bin:/bin" }, TimeProvider.System, Cancel);
        Assert.True(
            finding is SandboxFinding.Works,
            $"the tests of the sandbox need bubblewrap: {finding.Trouble?.Message}; {finding.Trouble?.Remedy}");
        return ((SandboxFinding.Works)finding).Bubblewrap;
    }

    /// <summary>Starts the first agent.</summary>
    public Task<IAgentSession> StartAsync(
        string script, bool network = true, Func<AgentLimits, AgentLimits>? limits = null)
    {
        var launch = new AgentLaunch
        {
            Agent = Workspace.Agent,
            Bead = BeadId.Parse("bd-1"),
            Stage = StageName.Implement,
            Attempt = 1,
            Workspace = Workspace.Path,
            SessionFolder = Session,
            Prompt = "do it",
            BeadJson = "{}",
            Ground = Ground,
            Runner = new RunnerSpec
            {
                Name = "x",
                Kind = "command",
                Command = ["bash", "-c", script],
                Sandbox = new SandboxPolicy(network, [".claude", ".claude.json"], [".cargo/bin"]),
            },
            Limits = limits?.Invoke(Generous) ?? Generous,
            Tag = _children.Tag,
        };
        return Host().StartAsync(launch, Cancel);
    }

    public AgentHost Host() => new(
        new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = Home },
        [new CommandRunner()], TimeProvider.System)
    {
        Bubblewrap = _bubblewrap,
    };

    /// <summary>Runs the first agent to its end and says what it printed.</summary>
    public async Task<(AgentOutcome Outcome, string Output)> RunAsync(
        string script, bool network = true, Func<AgentLimits, AgentLimits>? limits = null)
    {
        var session = await StartAsync(script, network, limits);
        var outcome = await session.WaitAsync(Cancel);
        return (outcome, File.Exists(Files.Stdout)
            ? await File.ReadAllTextAsync(Files.Stdout, Cancel) + await File.ReadAllTextAsync(Files.Stderr, Cancel)
            : "");
    }

    public string Written(string relative) => Path.Combine(Workspace.Path, relative);

    public void Dispose()
    {
        _children.Dispose();
        _git.Dispose();
    }

    async Task PrepareAsync()
    {
        await _git.InitAsync(User, ("a.txt", "1\n"), (".gitignore", ".env\n"));
        GitSandbox.Write(Home, ".ssh/id", "secret of ssh\n");
        GitSandbox.Write(Home, ".claude/settings.json", "{}");
        GitSandbox.Write(Home, ".claude/sessions", "");
        GitSandbox.Write(Home, ".claude.json", "{}");
        GitSandbox.Write(Home, ".cargo/bin/tool", "#!/bin/sh\necho tool\n");
        GitSandbox.Write(User, ".env", "secret of app\n");
        GitSandbox.Write(User, ".beads/issues.jsonl", "{}\n");
        GitSandbox.Write(User, ".beadswarm/swarm.db", "store\n");
        GitSandbox.Write(User, ".beadswarm/sessions/bd-2/1-implement-1/prompt.md", "of another agent\n");
        var start = await _git.HeadAsync(User);
        var hub = await _git.OpenHubAsync(User);
        var pool = new WorkspacePool(hub, new WorkspaceOptions());
        Other = await pool.AcquireAsync(new WorkspaceRequest(Other.Agent, BeadId.Parse("bd-2"), start), Cancel);
        await pool.AcquireAsync(new WorkspaceRequest(Workspace.Agent, BeadId.Parse("bd-0"), start), Cancel);
        Workspace = await pool.AcquireAsync(
            new WorkspaceRequest(Workspace.Agent, BeadId.Parse("bd-1"), start), Cancel);
        var ground = pool.GroundOf(Workspace);
        Assert.NotNull(ground);
        Ground = new SandboxGround(
            [.. ground.Private, Path.Combine(User, ".beadswarm")], [ground.Hub, .. ground.Fixed, .. ground.Borrowed],
            ground.Writable);
    }
}
