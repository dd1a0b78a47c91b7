using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>kill -9 wherever beads that were tested together are on their way onto the target.</summary>
public sealed class BatchDeathTests
{
    static readonly string[] Beads = ["a-1", "a-2", "a-3"];

    static readonly Boundary[] Deaths =
    [
        new($"{nameof(ILandingRepository)}.{nameof(ILandingRepository.JoinAsync)}", Side.After),
        new($"{nameof(IStore)}.{nameof(IStore.IntendLandingsAsync)}", Side.Before),
        new($"{nameof(IStore)}.{nameof(IStore.IntendLandingsAsync)}", Side.After),
        new($"{nameof(ILandingRepository)}.{nameof(ILandingRepository.AdvanceAsync)}", Side.After),
        new($"{nameof(IStore)}.{nameof(IStore.CompleteLandingAsync)}", Side.After), // of the first one
        new($"{nameof(IStore)}.{nameof(IStore.CompleteLandingAsync)}", Side.Before), // of the second
    ];

    [Fact]
    [Trait("Speed", "slow")]
    public async Task Beads_that_land_together_land_once_and_all_wherever_the_orchestrator_dies()
    {
        using var repository = Repository();
        await using (var waiting = RunningSwarm.Start(repository))
        {
            // The first one's test does not end: the others queue up behind it.
            await waiting.WaitForAsync("landing.queued", Beads.Length);
            await waiting.KillAsync();
        }

        repository.Write(".beadswarm/go", "");
        foreach (var death in Deaths)
        {
            Assert.True(await Orchestrator.DiesAsync(repository, new Death.At(death, 1)), $"nobody came to {death}");
        }

        await repository.MustAsync(0, "run", "--format", "json");

        await repository.MustAsync(0, "audit");
        var records = await SwarmRecords.ReadAsync(repository);
        var together = repository.Git(
            "log", "--first-parent", "--format=%(trailers:key=Batch,valueonly,separator=%x2C)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Beads, Assert.Single(together).Split(',').Order(StringComparer.Ordinal));
        Assert.Equal(
            Beads,
            repository.Git("log", "--format=%(trailers:key=Bead,valueonly)", "main")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal(
            Beads.Length, records.Journal.Count(entry => entry.Event is JournalEvent.BeadLanded));
        Assert.Equal(Deaths, Orchestrator.Deaths(repository));
    }

    static GitRepository Repository()
    {
        var repository = new GitRepository();
        repository.Tracker([.. Beads.Select(bead => new BeadLine(bead))])
            .Write("gate.sh", $"until [ -e '{repository.Path}/.beadswarm/go' ]; do sleep 0.05; done\n")
            .Commit()
            .Write(
                ".beadswarm/agent.sh",
                """
                mkdir -p src
                echo done > "src/$BEADSWARM_BEAD.txt"
                git add -A
                git commit -qm "$BEADSWARM_BEAD: work" || true

                """)
            .Write(
                ".beadswarm/swarm.yaml",
                $$"""
                agents: 3
                runner: script
                runners:
                  script: { kind: command, command: [/bin/sh, "{{repository[".beadswarm/agent.sh"]}}"] }
                pipeline:
                  stages:
                    - { name: implement, progressRequired: true, gates: [] }
                gates:
                  check: { run: "sh gate.sh" }
                landing: { tests: 1 }
                limits: { grace: 2s, retryDelayMin: 10ms, retryDelayMax: 50ms }

                """);
        Orchestrator.Expect(repository);
        return repository;
    }
}
