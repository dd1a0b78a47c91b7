using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>kill -9 of the orchestrator, then run again: the outcome is the same as without it.</summary>
public sealed class CrashTests
{
    /// <summary>Where a run is killed: just after it has said one of these.</summary>
    static readonly string[] Moments =
    [
        "bead.claimed", "stage.started", "process.started", "stage.ended", "landing.queued", "gate.ran",
        "landing.intended", "bead.landed", "tracker.told",
    ];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task A_swarm_that_is_killed_at_random_moments_ends_as_if_it_had_not_been(int seed, bool remote)
    {
        const int KillsMax = 4;
        BeadLine[] beads =
        [
            .. Enumerable.Range(1, 12).Select(number => new BeadLine(
                $"a-{number}", number % 3, number > 3 ? [$"a-{number - 3}"] : []) { Age = number }),
        ];
        using var repository = Scenario.Repository(
            beads, "--seed 5 --rate qa-enforcer.fail=0.15 --rate implement.broken=0.1", agents: 6,
            more: "pipeline: { maxAttempts: 8 }\ntracker: { commitInterval: 1s }");
        if (remote)
        {
            repository.AddOrigin();
        }

        var before = Baseline.Take(repository);
        var random = new Random(seed);
        var (kills, reached) = (0, new Dictionary<string, int>());
        for (var kill = 0; kill < KillsMax; kill++)
        {
            await using var run = RunningSwarm.Start(repository);
            var moment = Moments[random.Next(Moments.Length)];
            if (!await run.SaysAsync(moment, random.Next(1, 5)))
            {
                break;
            }

            await run.KillAsync();
            kills++;
            foreach (var (bead, attempt) in await AttemptsAsync(repository))
            {
                Assert.True(attempt >= reached.GetValueOrDefault(bead), $"{bead} fell back to attempt {attempt}");
                reached[bead] = attempt;
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"killed after {moment} with {reached.Count} beads begun");
        }

        var summary = Summary.Of(await repository.MustAsync(0, "run", "--format", "json"));

        Assert.True(kills >= 2, $"seed {seed} killed only {kills} times");
        var attempts = await AttemptsAsync(repository);
        Assert.All(reached, bead => Assert.True(attempts[bead.Key] >= bead.Value));
        Assert.Equal((beads.Length, 0, 0), (summary.Landed, summary.Blocked, summary.Pending));
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task An_agent_that_outlives_its_orchestrator_is_taken_up_again()
    {
        using var repository = Scenario.Repository(
            [new("a-1")], agents: 1,
            script: Scenario.Waiting("a-1"));
        var before = Baseline.Take(repository);
        await using (var run = RunningSwarm.Start(repository))
        {
            await run.WaitForAsync("process.started", 2);
            await run.KillAsync();
        }

        await using (var next = RunningSwarm.Start(repository))
        {
            await next.WaitForAsync("bead.adopted");
            Scenario.GoOn(repository);
            Assert.Equal(1, Summary.Of(await next.EndAsync()).Landed);
        }

        var records = await SwarmRecords.ReadAsync(repository);
        var implement = Assert.Single(records.History, stage => stage.Stage.Value == "implement");
        Assert.Equal(1, implement.Attempt);
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task A_second_run_names_the_one_that_holds_the_repository()
    {
        using var repository = Scenario.Repository([new("a-1")], "--rate implement.hang-with-output=1", agents: 1);
        await using var run = RunningSwarm.Start(repository);
        await run.WaitForAsync("process.started", 2);

        var second = await repository.MustAsync(5, "run");

        Assert.Contains($"process {run.Id} ", second.Error);
        Assert.Contains("hint:", second.Error);
        run.Signal(RunningSwarm.Interrupt);
        await run.WaitForAsync("swarm.status");
        run.Signal(RunningSwarm.Interrupt);
        Assert.Equal(130, (await run.EndAsync()).ExitCode);
    }

    static async Task<IReadOnlyDictionary<string, int>> AttemptsAsync(GitRepository repository) =>
        (await SwarmRecords.ReadAsync(repository)).Beads
            .Where(bead => bead.Begun)
            .ToDictionary(bead => bead.Id.Value, bead => bead.Attempt);
}
