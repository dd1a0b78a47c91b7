using Beadswarm.Beads;
using Beadswarm.Diagnosis;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Agents that run away, lose claim or orchestrator: nothing of them stays, and no work is lost.</summary>
public sealed class LeftoverProcessTests : IDisposable
{
    const string Daemon =
        "(env -i setsid /bin/sh -c 'cd /; echo $$ >PIPE; exec sleep 1000' >/dev/null 2>&1 </dev/null &)";

    readonly SwarmRepository _repository = new();
    readonly List<SwarmChild> _children = [];
    readonly Fifo _arrived;

    public LeftoverProcessTests()
    {
        _arrived = _repository.Fifo("arrived");
        _ = _repository.Fifo("go");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_daemon_of_an_agent_is_gone_when_its_stage_is_over_and_the_journal_names_it()
    {
        OnceInImplement(In(Daemon, "arrived"));

        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        var daemon = await IdentityAsync();
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.StageEnded { Stage: "implement" });

        Assert.False(daemon.IsRunning());
        var leaked = (await JournalAsync(run)).OfType<JournalEvent.ProcessesLeaked>().Single();
        Assert.Equal(("implement", 1, 0), (leaked.Stage, leaked.Ended, leaked.Remaining));
        Assert.Contains($"({daemon.Pid})", leaked.Processes, StringComparison.Ordinal);
        Assert.Equal(SwarmEnd.Completed, (await SwarmRepository.EndAsync(run)).End);
    }

    [Fact]
    public async Task After_the_death_of_orchestrator_and_wrapper_the_next_start_ends_everything_and_says_so()
    {
        var daemon = await LeftAsync();
        var wrapper = (await _repository.JournalAsync()).Select(entry => entry.Event)
            .OfType<JournalEvent.ProcessStarted>().Last().Pid;
        Assert.Equal(0, Libc.kill(wrapper, Libc.SignalKill));
        Assert.NotEmpty(_repository.Processes());

        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.False(daemon.IsRunning());
        Assert.Empty(_repository.Processes());
        var leaked = (await JournalAsync(run)).OfType<JournalEvent.ProcessesLeaked>().ToArray();
        Assert.Contains(leaked, one => one.Processes.Contains($"({daemon.Pid})", StringComparison.Ordinal));
        Assert.All(leaked, one => Assert.Equal(0, one.Remaining));
    }

    /// <summary>
    /// It wiped its environment and left its session; its stage is open, but of its agent nothing else lives.
    /// </summary>
    [Fact]
    public async Task What_has_shed_its_tag_is_seen_by_all_who_look_and_doctor_ends_it()
    {
        var daemon = await LeftAsync();
        var paths = new SwarmPaths(_repository.Path);
        var open = Assert.Single(await _repository.AskAsync(store => store.ReadOpenStagesAsync(Cancel)));

        // The next start takes over its agent, and what belongs to that; if there were no stage, it would end them.
        Assert.DoesNotContain(LeftProcesses.Find(paths, [open]), found => found.Identity == daemon);
        Assert.Contains(LeftProcesses.Find(paths, open: []), found => found.Identity == daemon);

        var scope = new ExaminationScope(
            _repository.Path, null, [], new Dictionary<string, string>(), TimeProvider.System, Quiet: true, null);
        var stray = DiagnosisRules.Examine(new Facts
        {
            At = DateTimeOffset.UnixEpoch,
            GitVersion = "git version 2.50",
            Processes = [new StrayProcess(daemon, "a stage that is over", "sleep 1000")],
        }).Single(trouble => trouble.Id == "process.stray");
        var result = await Treatment.ApplyAsync(scope, stray.Repair!, Cancel); // it has one

        Assert.Equal((true, "ended 1 processes"), (result.Done, result.What));
        Assert.False(daemon.IsRunning());
    }

    [Fact]
    public async Task What_a_stage_left_whose_slot_is_gone_is_ended_by_the_next_start_and_the_journal_says_so()
    {
        var daemon = await LeftAsync();
        var config = _repository.Config(agents: 1, change: config => config with
        {
            Pipeline = config.Pipeline with
            {
                Stages = [.. config.Pipeline.Stages.Select(stage =>
                    stage.Name.Value == "implement" ? stage with { Name = new StageName("build") } : stage)],
                RetryFrom = new StageName("build"),
            },
            Pools = [config.Pools[0] with
            {
                Stages = [.. config.Pools[0].Stages.Select(name =>
                    name.Value == "implement" ? new StageName("build") : name)],
            }],
        });

        await using var run = await _repository.StartAsync(config);

        Assert.False(daemon.IsRunning());
        Assert.Contains(
            (await JournalAsync(run)).OfType<JournalEvent.RecoveryFound>(),
            found => found.Finding.Contains($"({daemon.Pid})", StringComparison.Ordinal)
                && found.Action.EndsWith("left 0", StringComparison.Ordinal));
        run.Terminate("seen enough");
        await SwarmRepository.EndAsync(run);
    }

    [Fact]
    public async Task An_agent_that_lost_its_claim_is_ended_and_its_uncommitted_work_is_on_its_branch()
    {
        OnceInImplement($"mkdir -p work; echo half > work/half; echo $$ > '{_arrived.Path}'; exec sleep 1000");

        await using var run = await _repository.StartAsync(_repository.Config(
            agents: 1, change: config => config with
            {
                Limits = config.Limits with { Lease = TimeSpan.FromSeconds(15) },
            }));
        var agent = await IdentityAsync();
        await SwarmRepository.UntilAsync(run, entry =>
            entry.Event is JournalEvent.ProcessStarted && entry.Bead?.Value == "t-1");

        // A person takes the bead away while its agent is at work.
        await PersonalRequests.ReleaseAsync(run.Store, BeadId.Parse("t-1"), "mine now", Cancel);
        await SwarmRepository.EndAsync(run);

        Assert.False(agent.IsRunning());
        Assert.Empty(_repository.Processes());
        Assert.Equal(["t-1"], _repository.Landed());

        // Its branch was begun anew for the next agent, and where it was before stays reachable.
        Assert.Equal("half", SwarmRepository.GitIn(
            _repository.Hub, "show", SwarmRepository.GitIn(
                _repository.Hub, "log", "--all", "-1", "--format=%H", "--", "work/half") + ":work/half"));
    }

    public void Dispose()
    {
        _children.ForEach(child => child.Dispose());
        _repository.Dispose();
    }

    static async Task<IReadOnlyList<JournalEvent>> JournalAsync(SwarmRun run) =>
        [.. (await run.Store.ReadJournalAsync(0, null, int.MaxValue, Cancel)).Select(entry => entry.Event)];

    string In(string script, string fifo) =>
        script.Replace("PIPE", Path.Combine(_repository.Path, ".beadswarm", fifo), StringComparison.Ordinal);

    /// <summary>One bead, whose agent runs the script the first time it implements.</summary>
    void OnceInImplement(string script) => _repository.Bead("t-1").Agent(
        $$"""
        if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/once" ]; then
          touch "$R/.beadswarm/once"
          {{script}}
        fi
        """).Commit();

    /// <summary>The process that says its id to the test.</summary>
    /// <summary>An orchestrator is killed while its agent is at work; what the agent has started lives on.</summary>
    async Task<ProcessIdentity> LeftAsync()
    {
        var never = _repository.Fifo("never");
        OnceInImplement($"{In(Daemon, "arrived")}; read go < '{never.Path}'");
        var child = SwarmChild.Start(_repository);
        _children.Add(child);
        var daemon = await IdentityAsync();

        // An agent may be there before its orchestrator has written down that it is.
        await _repository.RecordedAsync(journal => journal.Select(entry => entry.Event)
            .SkipWhile(happened => happened is not JournalEvent.StageStarted { Stage: "implement" })
            .Any(happened => happened is JournalEvent.ProcessStarted));
        await child.KillAsync();
        return daemon;
    }

    async Task<ProcessIdentity> IdentityAsync()
    {
        var pid = int.Parse(await _arrived.LineAsync(), System.Globalization.CultureInfo.InvariantCulture);
        return Assert.NotNull(ProcessIdentity.Of(pid));
    }
}
