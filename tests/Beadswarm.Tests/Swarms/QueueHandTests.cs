using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>A person's hand on the merge queue of a swarm at work.</summary>
public sealed class QueueHandTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_paused_queue_lands_nothing_and_goes_on_as_the_person_wants()
    {
        _repository.Bead("t-1").Bead("t-2").Bead("t-3");
        var go = Held();
        await using var run = await _repository.StartAsync(_repository.Config());

        Assert.True((await _repository.AskAsync(new QueueRequest.Pause("release day"))).Done);
        Assert.False((await _repository.AskAsync(new QueueRequest.Pause(null))).Done);
        Assert.False((await _repository.AskAsync(new QueueRequest.First(BeadId.Parse("t-1")))).Done);
        await ReleaseInOrderAsync(go, run, "t-1", "t-2", "t-3");
        Assert.True((await _repository.AskAsync(new QueueRequest.First(BeadId.Parse("t-3")))).Done);
        Assert.True((await _repository.AskAsync(new QueueRequest.Eject(BeadId.Parse("t-1"), "not this one"))).Done);
        await SwarmRepository.UntilAsync<JournalEvent.LandingReturned>(run, "t-1");
        Assert.Empty(_repository.Landed());
        Assert.True((await _repository.AskAsync(new QueueRequest.Resume())).Done);
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Exhausted, 2, 1), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Equal(["t-3", "t-2"], _repository.Landed());
        Assert.Equal(
            "taken out of the merge queue by a person: not this one",
            Assert.IsType<BeadState.Blocked>((await _repository.WorkAsync("t-1")).State).Reason);
        Assert.Contains(
            "not this one", await _repository.ArtifactAsync("t-1", BlockedDossier.Name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_stays_paused_when_the_swarm_is_stopped_and_started_again()
    {
        _repository.Bead("t-1");
        var go = Held();
        await using (var first = await _repository.StartAsync(_repository.Config()))
        {
            await _repository.AskAsync(new QueueRequest.Pause(null));
            await ReleaseInOrderAsync(go, first, "t-1");
            first.Drain("supper");
            Assert.Equal(SwarmEnd.Drained, (await SwarmRepository.EndAsync(first)).End);
        }

        Assert.Empty(_repository.Landed());
        await using var second = await _repository.StartAsync(_repository.Config());
        Assert.NotNull((await new ControlClient(new SwarmPaths(_repository.Path).Socket)
            .ReadQueueAsync(TestContext.Current.CancellationToken)).Pause);
        Assert.Empty(_repository.Landed());
        Assert.True((await _repository.AskAsync(new QueueRequest.Resume())).Done);

        Assert.Equal(1, (await SwarmRepository.EndAsync(second)).Landed);
        Assert.Equal(["t-1"], _repository.Landed());
    }

    [Fact]
    public async Task What_was_asked_while_no_swarm_ran_is_done_before_anything_lands()
    {
        _repository.Bead("t-1").Bead("t-2");
        var go = Held();
        await using (var first = await _repository.StartAsync(_repository.Config()))
        {
            await _repository.AskAsync(new QueueRequest.Pause(null));
            await ReleaseInOrderAsync(go, first, "t-1", "t-2");
            first.Drain("supper");
            await SwarmRepository.EndAsync(first);
        }

        foreach (var request in (QueueRequest[])
            [new QueueRequest.Eject(BeadId.Parse("t-1"), "a person thought again"), new QueueRequest.Resume()])
        {
            Assert.True((await _repository.AskAsync(store => PersonalRequests.QueueAsync(
                store, request, TestContext.Current.CancellationToken))).Done);
        }

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((1, 1), (outcome.Landed, outcome.Blocked));
        Assert.Equal(["t-2"], _repository.Landed());
    }

    /// <summary>Each bead's work waits until it is let go.</summary>
    Dictionary<string, Fifo> Held()
    {
        _repository.Agent(
            """
            [ $BEADSWARM_STAGE = implement ] && read go < "$R/.beadswarm/go-$BEADSWARM_BEAD"
            """).Commit();
        return _repository.Beads().ToDictionary(
            bead => bead.Id.Value, bead => _repository.Fifo($"go-{bead.Id}"), StringComparer.Ordinal);
    }

    static async Task ReleaseInOrderAsync(Dictionary<string, Fifo> go, SwarmRun run, params string[] beads)
    {
        foreach (var bead in beads)
        {
            go[bead].Release();
            await SwarmRepository.UntilAsync<JournalEvent.LandingQueued>(run, bead);
        }
    }

    public void Dispose() => _repository.Dispose();
}
