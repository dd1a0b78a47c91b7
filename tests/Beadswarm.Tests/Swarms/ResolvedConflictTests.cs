using System.Globalization;
using Beadswarm.Journal;
using Beadswarm.Processes;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Two beads whose changes meet only in a file that a command regenerates: both land, and no agent is
/// asked.</summary>
public sealed class ResolvedConflictTests : IDisposable
{
    readonly SwarmRepository _repository = new();
    readonly Fifo _arrived;
    readonly Fifo _go;

    public ResolvedConflictTests()
    {
        _repository.Write("lock", "nothing\n");
        _repository.Bead("t-1").Bead("t-2").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              echo here > "$R/.beadswarm/arrived"; read go < "$R/.beadswarm/go"
              mkdir -p work; echo 1 > "work/$BEADSWARM_BEAD"; ls work > lock
              git add -A; git commit -qm "$BEADSWARM_BEAD"; exit 0
            fi
            """).Commit();
        _arrived = _repository.Fifo("arrived");
        _go = _repository.Fifo("go");
    }

    [Fact]
    public async Task A_conflict_in_a_file_that_a_command_regenerates_lands_without_another_attempt()
    {
        await using var run = await StartAsync("ls work > lock");
        await BothBeginAsync();

        await LandedBothAsync(run);
    }

    [Fact]
    public async Task Others_land_while_a_command_settles_a_conflict()
    {
        _repository.Bead("t-3").Agent(
            """
            case $BEADSWARM_STAGE-$BEADSWARM_BEAD in
            implement-t-3) read go < "$R/.beadswarm/third" ;;
            implement-*)
              echo here > "$R/.beadswarm/arrived"; read go < "$R/.beadswarm/go"
              mkdir -p work; echo 1 > "work/$BEADSWARM_BEAD"; ls work > lock
              git add -A; git commit -qm "$BEADSWARM_BEAD"; exit 0 ;;
            esac
            """).Commit();
        var third = _repository.Fifo("third");
        await using var run = await StartAsync(
            $"echo resolving > '{_arrived.Path}'; read go < '{_go.Path}'; ls work > lock", agents: 3);
        await BothBeginAsync();
        Assert.Equal("resolving", await _arrived.LineAsync());

        third.Release();
        await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-3");

        // Upon what it has become by that, it is begun anew.
        Assert.Equal("resolving", await _arrived.LineAsync());
        _go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 3, 3), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal("t-1\nt-2\nt-3", _repository.Git("show", "main:lock"));
    }

    [Fact]
    public async Task An_orchestrator_that_dies_while_a_conflict_is_resolved_leaves_nothing_of_it_and_it_is_done_again()
    {
        var command = $"echo $$ > '{_arrived.Path}'; read go < '{_go.Path}'; ls work > lock";
        using (var child = SwarmChild.Start(_repository, agents: 2, resolve: command))
        {
            await BothBeginAsync();
            var said = int.Parse(await _arrived.LineAsync(), CultureInfo.InvariantCulture);
            var resolving = Assert.NotNull(ProcessIdentity.Of(said));
            await child.KillAsync();
            Assert.True(resolving.IsRunning());

            // The first one must be gone, or it would take the word that is meant for the second.
            await using var run = await StartAsync(command);
            Assert.NotEqual($"{said}", await _arrived.LineAsync());
            Assert.False(resolving.IsRunning());
            _go.Release();

            await LandedBothAsync(run);
        }
    }

    Task<SwarmRun> StartAsync(string command, int agents = 2) => _repository.StartAsync(_repository.Config(
        agents, config => config with
        {
            Landing = config.Landing with { Resolve = [SwarmChild.ResolvingLock(command)] },
        }));

    async Task BothBeginAsync()
    {
        await _arrived.LineAsync();
        await _arrived.LineAsync();
        _go.Release();
        _go.Release();
    }

    async Task LandedBothAsync(SwarmRun run)
    {
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal("t-1\nt-2", _repository.Git("show", "main:lock"));
        Assert.Equal("t-1\nt-2", _repository.Git("ls-tree", "--name-only", "main:work"));
        var journal = await _repository.JournalAsync();
        var resolved = Assert.Single(journal, entry => entry.Event is JournalEvent.ConflictResolved);
        var (bead, said) = (resolved.Bead, (JournalEvent.ConflictResolved)resolved.Event);
        Assert.Equal("lock", said.File);
        Assert.Equal(
            said.Candidate,
            Assert.Single(journal, entry => entry.Bead == bead && entry.Event is JournalEvent.BeadLanded).Event
                is JournalEvent.BeadLanded landed ? landed.Commit : null);
        Assert.DoesNotContain(journal, entry => entry.Event is JournalEvent.LandingReturned);
        Assert.DoesNotContain(journal, entry => entry.Event is JournalEvent.ConflictForeseen);
    }

    public void Dispose() => _repository.Dispose();
}
