using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;
using Beadswarm.Storage;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// kill -9 on both sides of what is done outside of the store: once when it was written down as intended and not done,
/// once when it was done and not written down. Effects of the usual way of a bead are in
/// <see cref="KillAtEveryBoundaryTests"/>; here are those of the other modes, and the end of an agent.
/// </summary>
public sealed class EffectDeathTests
{
    // In mode integration the target goes on by itself, by a commit of the tracker's file, before the bead lands.
    const string Agent =
        """
        case $BEADSWARM_STAGE in
        implement)
          while [ $MODE = integration ] && [ $(git -C "$R" rev-list --count main) -lt 2 ]; do sleep 0.05; done
          mkdir -p src
          echo 'status: done' > src/a-1.txt ;;
        qa-enforcer)
          echo '{"verdict":"pass"}' > "$BEADSWARM_RESULT" ;;
        esac

        """;

    // The orchestrator is told to end its agents, by one of them, once.
    const string TerminatingAgent =
        """
        if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/told" ]; then
          touch "$R/.beadswarm/told"
          kill -TERM $(grep -o '"Pid":[0-9]*' "$R/.beadswarm/swarm.holder.json" | head -1 | cut -d: -f2)
          exec sleep 1000
        fi

        """;

    [Theory]
    [Trait("Speed", "slow")]
    [InlineData("integration", "TakeUp", "Promotion")]
    [InlineData("branch", "Publication")]
    [InlineData("remote", "Follow")]
    public async Task A_death_before_or_after_an_effect_leaves_exactly_one(string mode, params string[] names)
    {
        EffectKind[] effects = [.. names.Select(Enum.Parse<EffectKind>)];
        using var undisturbed = Repository(mode, Agent);
        await undisturbed.MustAsync(0, "run", "--format", "json");
        using var repository = Repository(mode, Agent);

        while (await Orchestrator.DiesAsync(repository, new Death.Next(effects)))
        {
            Assert.True(Orchestrator.Deaths(repository).Count <= 2 * effects.Length, "it dies and does not get on");
        }

        Assert.Equal(
            effects.SelectMany(effect => new[] { Intended(effect), Settled(effect) }).ToHashSet(),
            Orchestrator.Deaths(repository).ToHashSet());
        await SameAsync(undisturbed, repository, effects);
    }

    /// <summary>It leaves its locks, and whether it had moved the branch is for the next look to find out.</summary>
    [Theory]
    [Trait("Speed", "slow")]
    [InlineData("integration", "beadswarm/integration")]
    [InlineData("branch", "beadswarm/a-1/attempt-1")]
    public async Task A_git_that_dies_while_it_moves_a_branch_that_is_not_checked_out_costs_a_pause(
        string mode, string branch)
    {
        using var undisturbed = Repository(mode, Agent);
        await undisturbed.MustAsync(0, "run", "--format", "json");
        using var repository = Repository(mode, Agent);
        using var trap = new GitTrap(repository);
        var held = repository[$".git/refs/heads/{branch}.lock"];
        foreach (var orchestratorDies in (bool[])[false, true])
        {
            trap.Lay("update-ref -m beadswarm: landed", Snare.Holding, held);
            await using var run = RunningSwarm.Start(repository);
            var caught = await trap.CaughtAsync(run);
            Assert.True(File.Exists(held));
            if (orchestratorDies)
            {
                await run.KillAsync();
                GitTrap.Kill(caught, repository.Environment);
            }
            else
            {
                // What it does next is not awaited: the next one is to find it in the middle.
                GitTrap.Kill(caught, repository.Environment);
                await run.KillAsync();
            }
        }

        await repository.MustAsync(0, "run", "--format", "json");

        Assert.Equal(await ChaosScenario.OutcomeAsync(undisturbed), await ChaosScenario.OutcomeAsync(repository));
        Assert.Equal(Branches(undisturbed), Branches(repository));
        Assert.False(File.Exists(held));
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task An_agent_that_was_being_ended_is_ended_by_the_next_start_and_not_blamed()
    {
        using var repository = Repository("queue", TerminatingAgent + Agent);

        Assert.True(await Orchestrator.DiesAsync(repository, new Death.At(Intended(EffectKind.Termination), 1)));
        Assert.Contains(SurroundingsAudit.Processes(repository.Root), IsTheAgent);
        Assert.True(await Orchestrator.DiesAsync(repository, new Death.At(Settled(EffectKind.BranchRemoval), 1)));

        var records = await SwarmRecords.ReadAsync(repository);
        Assert.DoesNotContain(SurroundingsAudit.Processes(repository.Root), IsTheAgent);
        Assert.Equal((1, 0), (records.Beads.Single().Attempt, records.Beads.Single().InfrastructureFailures));
        var ended = Assert.Single(
            records.Journal.Select(entry => entry.Event).OfType<JournalEvent.EffectDone>(),
            done => done.Kind == StoredNames.Of(EffectKind.Termination));
        Assert.Equal("ended", ended.Outcome);
        await repository.MustAsync(0, "run", "--format", "json");
        await repository.MustAsync(0, "audit");
    }

    /// <summary>What the terminating agent has become.</summary>
    static bool IsTheAgent(string process) => process.EndsWith(" sleep 1000", StringComparison.Ordinal);

    static Boundary Intended(EffectKind effect) => new(Boundary.Intending + effect, Side.After);

    static Boundary Settled(EffectKind effect) => new(Boundary.Settling + effect, Side.Before);

    static GitRepository Repository(string mode, string agent)
    {
        var repository = new GitRepository();
        repository.Tracker(new BeadLine("a-1")).Write("gate.sh", "true\n").Commit();
        if (mode == "remote")
        {
            repository.AddOrigin();
        }

        repository
            .Write(".beadswarm/agent.sh", $"R='{repository.Path}'\nMODE={mode}\n{agent}")
            .Write(
                ".beadswarm/swarm.yaml",
                $$"""
                agents: 1
                runner: script
                runners:
                  script: { kind: command, command: [/bin/sh, "{{repository[".beadswarm/agent.sh"]}}"] }
                pipeline:
                  stages:
                    - { name: implement, progressRequired: true }
                    - { name: qa-enforcer, verdictRequired: true, gates: [] }
                gates:
                  check: { run: "sh gate.sh" }
                landing: { {{(mode == "remote" ? "remote: origin" : $"mode: {mode}")}} }
                tracker: { commitInterval: 1s }
                limits: { grace: 2s, retryDelayMin: 10ms, retryDelayMax: 50ms }

                """);
        Orchestrator.Expect(repository);
        return repository;
    }

    static async Task SameAsync(GitRepository undisturbed, GitRepository repository, EffectKind[] effects)
    {
        Assert.Equal(
            await ChaosScenario.OutcomeAsync(undisturbed), await ChaosScenario.OutcomeAsync(repository));
        Assert.Equal(Branches(undisturbed), Branches(repository));
        await repository.MustAsync(0, "audit");
        var journal = (await SwarmRecords.ReadAsync(repository)).Journal.Select(entry => entry.Event).ToArray();

        // Only those it died for: another hand of the same orchestrator may have been at an effect of another kind.
        Assert.Equal(
            effects.SelectMany(effect => Enumerable.Repeat(StoredNames.Of(effect), 2)).Order(StringComparer.Ordinal),
            journal
                .OfType<JournalEvent.EffectDone>()
                .Where(done => done.Outcome.StartsWith("looked at by the next start", StringComparison.Ordinal))
                .Select(done => done.Kind)
                .Where(kind => effects.Any(effect => StoredNames.Of(effect) == kind))
                .Order(StringComparer.Ordinal));
    }

    static string Branches(GitRepository repository) => repository.Git("for-each-ref", "--format=%(refname)");
}
