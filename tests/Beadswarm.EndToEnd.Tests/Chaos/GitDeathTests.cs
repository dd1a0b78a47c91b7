using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Processes;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// git dies in the middle of something, or outlives the orchestrator that started it and acts when nobody expects it
/// any
/// more.
/// </summary>
[Trait("Speed", "slow")]
public sealed class GitDeathTests : IDisposable
{
    const string Landed = "update-ref -m beadswarm: landed";

    static readonly string[] LocksOfTheDead =
    [
        ".beadswarm/hub.git/HEAD.lock",
        ".beadswarm/hub.git/packed-refs.lock",
        ".beadswarm/hub.git/config.lock",
        ".beadswarm/hub.git/refs/heads/agent-1/a-1.lock",
        ".beadswarm/hub.git/refs/heads/agent-2/a-3.lock",
        ".git/refs/heads/main.lock",
        ".git/HEAD.lock",
        ".git/refs/beadswarm/epoch.lock",
        ".git/refs/beadswarm/pins/main.lock",
    ];

    readonly GitRepository _repository = ChaosScenario.Repository();
    readonly GitTrap _trap;

    public GitDeathTests() => _trap = new GitTrap(_repository);

    string TargetLock => _repository[".git/refs/heads/main.lock"];

    /// <summary>
    /// One orchestrator after the other is killed while a git of it waits, some of them with locks in their hands. Each
    /// successor must have ended that git before it does anything itself, and nothing of it may happen late.
    /// </summary>
    [Fact]
    public async Task A_git_that_outlives_its_orchestrator_is_ended_before_the_next_one_acts()
    {
        var before = Baseline.Take(_repository);
        (string Call, Snare Snare, bool GitDiesToo)[] traps =
        [
            ("update-ref -m beadswarm: epoch", Snare.Late, false),
            ("worktree add", Snare.Late, false),
            ("update-ref -m beadswarm: keep leftovers", Snare.Late, true),
            ("reset --hard", Snare.Late, false),
            ("merge-tree", Snare.Late, false),
            ("checkout --quiet --force --detach", Snare.Late, false),
            ("read-tree -m -u", Snare.Late, false),
            (Landed, Snare.Holding, false),
            (Landed, Snare.Holding, true),
        ];
        (int Pid, long Start)? left = null;
        foreach (var (call, snare, gitDiesToo) in traps)
        {
            _trap.Lay(call, snare, TargetLock);
            await using var run = RunningSwarm.Start(_repository);
            if (left is { } old)
            {
                await run.WaitForAsync("swarm.started");
                Assert.False(ProcessTable.Find(old.Pid) is { Zombie: false } there && there.StartTicks == old.Start);
            }

            var caught = await _trap.CaughtAsync(run);
            left = (caught, ProcessTable.Find(caught)!.Value.StartTicks);
            await run.KillAsync();
            if (gitDiesToo)
            {
                GitTrap.Kill(caught, _repository.Environment);
            }
        }

        // While a git lives that stands in the hub, a lock there may be its own; when the swarm ends, it is nobody's.
        await File.WriteAllTextAsync(_repository[".beadswarm/hub.git/refs/heads/agent-9.lock"], "", Machine.Cancel);
        using (var standing = PersonAtWork.Standing(_repository, ".beadswarm/hub.git"))
        {
            await using var last = RunningSwarm.Start(_repository);
            await last.WaitForAsync("swarm.started");
            await standing.LetGoAsync();
            Assert.Equal(0, (await last.EndAsync()).ExitCode);
        }

        await Undisturbed.RequireAsync(_repository, before);
    }

    [Fact]
    public async Task A_git_that_is_killed_with_its_locks_in_hand_costs_a_pause_and_nothing_else()
    {
        var before = Baseline.Take(_repository);
        _trap.Lay(Landed, Snare.Holding, TargetLock);
        await using var run = RunningSwarm.Start(_repository);

        GitTrap.Kill(await _trap.CaughtAsync(run), _repository.Environment);

        Assert.Equal(3, Summary.Of(await run.EndAsync()).Landed);
        await EndsAsUndisturbedAsync(before);
    }

    /// <summary>
    /// A person's git holds the branch while the swarm is killed and started: it is waited for, not robbed.
    /// </summary>
    [Fact]
    public async Task A_lock_of_somebody_who_lives_is_left_alone()
    {
        var before = Baseline.Take(_repository);
        _trap.Lay(Landed, Snare.Holding, TargetLock);
        await using (var run = RunningSwarm.Start(_repository))
        {
            var caught = await _trap.CaughtAsync(run);
            await run.KillAsync();
            GitTrap.Kill(caught, _repository.Environment);
        }

        // What the killed git left is in the way of the person as well: he takes it away, as git tells him.
        File.Delete(TargetLock);
        File.Delete(_repository[".git/HEAD.lock"]);
        using var person = PersonAtWork.Holding(_repository, "refs/heads/main");
        await using (var run = RunningSwarm.Start(_repository))
        {
            Assert.Contains("main.lock", await run.HeldAsync("lander"));
            Assert.True(File.Exists(TargetLock));

            await person.LetGoAsync();
            Assert.Equal(3, Summary.Of(await run.EndAsync()).Landed);
        }

        await EndsAsUndisturbedAsync(before);
    }

    [Fact]
    public async Task Locks_that_killed_gits_have_left_anywhere_do_not_stop_the_next_start()
    {
        var before = Baseline.Take(_repository);
        _trap.Lay("checkout --quiet --force --detach", Snare.Late);
        await using (var run = RunningSwarm.Start(_repository))
        {
            var caught = await _trap.CaughtAsync(run);
            await run.KillAsync();
            GitTrap.Kill(caught, _repository.Environment);
        }

        string[] left =
        [
            .. Directory.EnumerateDirectories(_repository[".beadswarm/hub.git/worktrees"])
                .SelectMany(folder => new[] { $"{folder}/index.lock", $"{folder}/HEAD.lock" }),
            .. LocksOfTheDead.Select(path => _repository[path]),
        ];
        foreach (var file in left)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, "", Machine.Cancel);
        }

        await EndsAsUndisturbedAsync(before);
    }

    async Task EndsAsUndisturbedAsync(Baseline before)
    {
        await _repository.MustAsync(0, "run", "--format", "json");
        await Undisturbed.RequireAsync(_repository, before);
    }

    public void Dispose()
    {
        _trap.Dispose();
        _repository.Dispose();
    }
}
