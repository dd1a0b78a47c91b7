using System.Diagnostics;
using Beadswarm.Beads;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>kill -9 of the orchestrator, then start again: the outcome is the same as without it.</summary>
public sealed class CrashTests : IDisposable
{
    readonly SwarmRepository _repository = new();
    readonly List<SwarmChild> _children = [];
    readonly Fifo _arrived;
    readonly Fifo _go;

    public CrashTests()
    {
        _arrived = _repository.Fifo("arrived");
        _go = _repository.Fifo("go");
        _repository.Bead("t-1").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/once" ]; then
              touch "$R/.beadswarm/once"; mkdir -p work; echo half > work/half
              echo here > "$R/.beadswarm/arrived"; read code < "$R/.beadswarm/go"
              [ "$code" = go ] || exit $code
            fi
            """).Commit();
    }

    [Fact]
    public async Task A_living_agent_is_adopted_and_finishes_as_the_same_process()
    {
        var pid = await CrashWhileTheAgentWorksAsync();

        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        await SwarmRepository.UntilAsync<JournalEvent.BeadAdopted>(run, "t-1");
        Assert.False(Process.GetProcessById(pid).HasExited);
        _go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        await LandedAsIfNothingHadHappenedAsync(run);
        Assert.Equal([pid], await PidsOfImplementAsync(run));
    }

    [Fact]
    public async Task An_agent_survives_any_number_of_orchestrators()
    {
        var pid = await CrashWhileTheAgentWorksAsync();
        for (var crash = 0; crash < 2; crash++)
        {
            var child = SwarmChild.Start(_repository);
            _children.Add(child);
            await AdoptedByAsync(crash + 1);
            await child.KillAsync();
        }

        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        _go.Release();
        await SwarmRepository.EndAsync(run);

        await LandedAsIfNothingHadHappenedAsync(run);
        Assert.Equal([pid], await PidsOfImplementAsync(run));
    }

    [Fact]
    public async Task An_agent_is_adopted_also_when_its_lease_ran_out_while_nobody_was_there()
    {
        var pid = await CrashWhileTheAgentWorksAsync();

        await using var run = await _repository.StartAsync(
            _repository.Config(agents: 3), setup => setup with { Time = new LaterTime(TimeSpan.FromMinutes(5)) });
        _go.Release();
        await SwarmRepository.EndAsync(run);

        await LandedAsIfNothingHadHappenedAsync(run);
        Assert.Equal([pid], await PidsOfImplementAsync(run));
    }

    [Theory]
    [InlineData("go", "Passed", 1)]
    [InlineData("7", "Failed", 2)]
    public async Task What_an_agent_came_to_while_nobody_watched_is_read_from_its_exit_record(
        string code, string status, int attempts)
    {
        var pid = await CrashWhileTheAgentWorksAsync();
        using (var agent = Process.GetProcessById(pid))
        {
            _go.Write(code);
            await agent.WaitForExitAsync(Cancel);
        }

        var outcome = await _repository.RunAsync(_repository.Config(agents: 1));

        Assert.Equal((SwarmEnd.Completed, 1, attempts), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(
            ["contract 1 Passed", $"implement 1 {status}"], (await _repository.HistoryAsync("t-1")).Take(2));
        Assert.Equal(0, (await _repository.WorkAsync("t-1")).InfrastructureFailures);
        Assert.Equal("half", _repository.Git("show", "main:work/half"));
    }

    [Fact]
    public async Task An_agent_that_died_with_the_orchestrator_is_an_infrastructure_retry_with_its_work_kept()
    {
        var pid = await CrashWhileTheAgentWorksAsync();
        using (var agent = Process.GetProcessById(pid))
        {
            await Shell.MustAsync(_repository.Path, "/bin/sh", "-c", $"kill -9 -{pid}");
            await agent.WaitForExitAsync(Cancel);
        }

        var outcome = await _repository.RunAsync(_repository.Config(agents: 1));

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Error", "implement 1 Passed"],
            (await _repository.HistoryAsync("t-1")).Take(3));
        Assert.Equal(1, (await _repository.WorkAsync("t-1")).InfrastructureFailures);
        Assert.Equal("half", _repository.Git("show", "main:work/half"));
    }

    [Fact]
    public async Task An_agent_whose_stage_is_gone_is_ended_and_its_work_goes_on_in_the_new_pipeline()
    {
        await CrashWhileTheAgentWorksAsync();
        _repository.AgentScript = _repository.AgentScript.Replace("implement)", "build)", StringComparison.Ordinal);
        StageName[] stages = [new("contract"), new("build"), new("qa-enforcer"), new("red-queen")];

        var outcome = await _repository.RunAsync(_repository.Config(change: config => config with
        {
            Pools = [new("worker", 1, "sh", stages)],
            Pipeline = config.Pipeline with
            {
                Stages = [.. config.Pipeline.Stages.Zip(stages).Select(pair => pair.First with { Name = pair.Second })],
                RetryFrom = new StageName("build"),
            },
        }));

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Empty(_repository.Processes());
        Assert.Equal("half", _repository.Git("show", "main:work/half"));
    }

    [Fact]
    public async Task A_gate_that_was_running_is_cleared_away_and_run_again()
    {
        _repository.Write(
            "gate.sh",
            $"""
            cd '{_repository.Path}/.beadswarm'
            [ -e gated ] && exit 0
            touch gated; echo here > arrived; read go < never

            """);
        _repository.Fifo("never");
        _repository.Write(".beadswarm/once", "");
        _repository.Commit();
        var child = SwarmChild.Start(_repository);
        _children.Add(child);
        await _arrived.LineAsync();
        await child.KillAsync();
        Assert.NotEmpty(_repository.Processes());

        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Empty(_repository.Processes());
        Assert.Equal(["t-1"], _repository.Landed());
    }

    /// <summary>The first orchestrator dies while its agent implements; says which process that is.</summary>
    async Task<int> CrashWhileTheAgentWorksAsync()
    {
        var child = SwarmChild.Start(_repository);
        _children.Add(child);
        await _arrived.LineAsync();

        // The agent may be faster than the record of it.
        await _repository.RecordedAsync(journal => PidsOfImplement(journal).Count == 1);
        await child.KillAsync();
        return Assert.Single(PidsOfImplement(await _repository.JournalAsync()));
    }

    Task AdoptedByAsync(int times) =>
        _repository.RecordedAsync(journal => journal.Count(entry => entry.Event is JournalEvent.BeadAdopted) >= times);

    async Task LandedAsIfNothingHadHappenedAsync(SwarmRun run)
    {
        Assert.Equal(["t-1"], _repository.Landed());
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Passed", "qa-enforcer 1 Passed", "red-queen 1 Passed"],
            (await run.Store.ReadHistoryAsync(BeadId.Parse("t-1"), null, 100, Cancel))
                .Select(one => $"{one.Stage} {one.Attempt} {one.Status}"
                    + (one.Status == StageStatus.Passed ? "" : $": {one.Summary}")));
        Assert.Equal(0, (await run.Store.ReadBeadAsync(BeadId.Parse("t-1"), Cancel))!.InfrastructureFailures);
        Assert.Empty(_repository.Processes());
    }

    static async Task<IReadOnlyList<int>> PidsOfImplementAsync(SwarmRun run) =>
        PidsOfImplement(await run.Store.ReadJournalAsync(0, BeadId.Parse("t-1"), 10_000, Cancel));

    static IReadOnlyList<int> PidsOfImplement(IReadOnlyList<JournalEntry> entries)
    {
        var journal = entries.Select(entry => entry.Event).ToArray();
        var implement = journal.OfType<JournalEvent.StageStarted>().Where(started => started.Stage == "implement")
            .Select(started => started.Run).ToHashSet();
        return [.. journal.OfType<JournalEvent.ProcessStarted>().Where(started => implement.Contains(started.Run))
            .Select(started => started.Pid)];
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _children.ForEach(child => child.Dispose());
        _repository.Dispose();
    }
}
