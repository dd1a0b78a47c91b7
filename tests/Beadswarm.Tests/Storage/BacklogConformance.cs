using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>What comes in from the tracker, what is told to it, and beginning, ending and continuing a swarm.</summary>
public abstract class BacklogConformance : StoreConformance
{
    [Fact]
    public async Task Beads_are_added_described_and_withdrawn_as_the_tracker_lists_them()
    {
        await BeginAsync();
        Assert.Equal(new IntakeResult(2, 1, 0, 0), await IntakeAsync(Entry("x-1"), Entry("x-2", ready: false)));
        var sequence = (await JournalAsync())[^1].Sequence;
        Assert.Equal(new IntakeResult(0, 0, 0, 0), await IntakeAsync(Entry("x-1"), Entry("x-2", ready: false)));
        Assert.Equal(sequence, (await JournalAsync())[^1].Sequence);

        Assert.Equal(new IntakeResult(0, 1, 1, 0), await IntakeAsync(Entry("x-2", priority: 0, ready: true)));

        Assert.IsType<BeadState.Withdrawn>((await BeadAsync("x-1")).State);
        Assert.Equal((0, true), ((await BeadAsync("x-2")).Priority, (await BeadAsync("x-2")).Ready));
    }

    [Fact]
    public async Task What_an_agent_or_the_queue_has_is_not_withdrawn()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2");
        await QueueAsync(await ClaimAsync(1));
        await ClaimAsync(2);
        await TellTrackerAsync();

        Assert.Equal(new IntakeResult(0, 0, 0, 0), await Store.UpdateBacklogAsync(Epoch, [], 3, Token));
        Assert.IsType<BeadState.Landing>((await BeadAsync("x-1")).State);
        Assert.IsType<BeadState.Held>((await BeadAsync("x-2")).State);
    }

    [Fact]
    public async Task A_blocked_bead_that_is_ready_again_is_revived_only_after_the_tracker_was_told_that_it_is_blocked()
    {
        await BlockAsync(await HeldAsync());
        Assert.Equal(0, (await IntakeAsync("x-1")).Revived);
        await TellTrackerAsync();

        Assert.Equal(1, (await IntakeAsync("x-1")).Revived);

        var bead = await BeadAsync("x-1");
        Assert.Equal(new BeadState.Pending(Implement, null), bead.State);
        Assert.Equal((2, 4), (bead.Attempt, bead.AttemptsAllowed));
    }

    [Fact]
    public async Task A_completed_bead_that_is_ready_again_starts_from_the_target()
    {
        var landing = await QueueAsync(await HeldAsync());
        await Store.CompleteLandingAsync(Epoch, landing.Id, new("c1", "c2"), Token);
        await TellTrackerAsync();

        Assert.Equal(1, (await IntakeAsync("x-1")).Revived);

        var bead = await BeadAsync("x-1");
        Assert.Equal(new BeadState.Pending(Contract, null), bead.State);
        Assert.Equal((2, null, null), (bead.Attempt, bead.HeadCommit, bead.BaseCommit));
    }

    [Fact]
    public async Task A_withdrawn_bead_that_is_listed_again_keeps_its_attempts()
    {
        await BeginAsync();
        await IntakeAsync("x-1");
        await IntakeAsync("x-2");
        await IntakeAsync("x-1", "x-2");

        var bead = await BeadAsync("x-1");
        Assert.Equal((new BeadState.Pending(Contract, null), 1, 3), (bead.State, bead.Attempt, bead.AttemptsAllowed));
    }

    [Fact]
    public async Task Retrying_reopens_in_the_tracker_and_is_not_undone_by_an_intake_that_does_not_know_yet()
    {
        var claim = await HeldAsync();
        await BlockAsync(claim);
        await TellTrackerAsync();
        await IntakeAsync(Entry("x-1", ready: false));
        var to = new BeadTransition.Free(Implement, 2, 0, null);
        Assert.Equal(WriteOutcome.Done, await Store.RetryAsync(claim.Bead, to, 3, Token));
        Assert.Equal(WriteOutcome.Fenced, await Store.RetryAsync(claim.Bead, to, 3, Token));
        Assert.Equal($"{new BeadChange.Reopen(claim.Bead, null)}", await OutboxAsync());

        await IntakeAsync(Entry("x-1", ready: false));

        Assert.Equal((Implement, 2, 4), await ClaimedAsync());
    }

    [Fact]
    public async Task A_claim_carries_its_bead_through_the_tracker_once_for_each_turn()
    {
        var claim = await HeldAsync();
        await BlockAsync(claim, "no idea");
        await Store.RetryAsync(claim.Bead, new BeadTransition.Free(Implement, 2, 0, null), 3, Token);
        var landing = await QueueAsync(await ClaimAsync(2));
        await Store.CompleteLandingAsync(Epoch, landing.Id, new("c1", "c1"), Token);

        Assert.Equal(
            string.Join('\n',
                new BeadChange.Start(claim.Bead, "beadswarm/agent-1"), new BeadChange.Block(claim.Bead, "no idea"),
                new BeadChange.Reopen(claim.Bead, null), new BeadChange.Start(claim.Bead, "beadswarm/agent-2"),
                new BeadChange.Close(claim.Bead, "landed as c1")),
            await OutboxAsync());
        await TellTrackerAsync();
        Assert.Equal("", await OutboxAsync());
        Assert.Equal(5, (await JournalAsync()).Count(entry => entry.Event is JournalEvent.TrackerTold));
    }

    [Fact]
    public async Task Beads_that_nobody_works_on_any_more_are_reopened_when_the_swarm_ends()
    {
        var claim = await HeldAsync();
        await TellTrackerAsync();
        await Store.ReleaseAsync(
            claim.Key, new BeadTransition.Free(Contract, 1, 0, null), "lost workspace", null, Token);
        Assert.Equal("", await OutboxAsync());

        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Stopped, "by hand", Token);

        Assert.Equal($"{new BeadChange.Reopen(claim.Bead, null)}", await OutboxAsync());
        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Stopped, "by hand", Token);
        Assert.Equal($"{new BeadChange.Reopen(claim.Bead, null)}", await OutboxAsync());
    }

    [Fact]
    public async Task A_bead_released_while_stopping_or_by_force_is_reopened_at_once()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2");
        var (first, second) = (await ClaimAsync(1), await ClaimAsync(2));
        await TellTrackerAsync();
        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Stopping, "by hand", Token);
        await Store.ReleaseAsync(first.Key, new BeadTransition.Free(Contract, 1, 0, null), "shutdown", null, Token);
        Assert.Equal(WriteOutcome.Done, await Store.ForceReleaseAsync(second.Bead, "by hand", Token));
        Assert.Equal(WriteOutcome.Fenced, await Store.ForceReleaseAsync(second.Bead, "by hand", Token));

        Assert.Equal(
            $"{new BeadChange.Reopen(first.Bead, null)}\n{new BeadChange.Reopen(second.Bead, null)}",
            await OutboxAsync());
    }

    [Fact]
    public async Task An_unfinished_swarm_is_continued_under_a_new_epoch_with_its_target_and_claims()
    {
        var first = await BeginAsync(target: 3);
        await IntakeAsync("x-1");
        var claim = await ClaimAsync();
        await ReopenAsync();

        var second = await BeginAsync();

        Assert.Equal((first.Id, 3, true), (second.Id, second.Target, second.Continued));
        Assert.True(second.Epoch.Value > first.Epoch.Value);
        Assert.Empty(await Store.RenewAsync([claim.Key], Lease, Token));
        var agent = (await Store.ReadStatusAsync(Token)).Agents[0];
        Assert.Equal((AgentStatus.Working, claim.Bead), (agent.Status, agent.Bead));
    }

    [Fact]
    public async Task Agents_that_waited_are_idle_when_the_swarm_has_ended_and_parked_ones_stay_parked()
    {
        await BeginAsync();
        await Store.SetAgentStatusAsync(Epoch, new AgentNumber(1), AgentStatus.Waiting, null, Token);
        await Store.SetAgentStatusAsync(Epoch, new AgentNumber(2), AgentStatus.Parked, "it failed", Token);

        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Completed, null, Token);

        var agents = (await Store.ReadStatusAsync(Token)).Agents;
        Assert.Equal([AgentStatus.Idle, AgentStatus.Parked], agents.Take(2).Select(agent => agent.Status));
    }

    [Fact]
    public async Task A_stopped_swarm_is_continued_only_when_asked_and_a_completed_one_never()
    {
        var first = await BeginAsync();
        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Stopped, null, Token);
        Assert.Equal(first.Id, (await BeginAsync(resume: true)).Id);
        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Stopped, null, Token);
        var second = await BeginAsync();
        Assert.NotEqual(first.Id, second.Id);
        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Completed, null, Token);
        Assert.NotEqual(second.Id, (await BeginAsync(resume: true)).Id);
    }

    [Fact]
    public async Task A_new_swarm_counts_from_nothing_and_prefers_what_was_worked_on()
    {
        var claim = await HeldAsync("x-9");
        await Store.ReleaseAsync(claim.Key, new BeadTransition.Free(Implement, 2, 0, null), "shutdown", null, Token);
        await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Stopped, null, Token);
        await BeginAsync(limit: 1);
        await IntakeAsync(Entry("x-1", priority: 0), Entry("x-9"));

        Assert.Equal(0, (await Store.ReadStatusAsync(Token)).Attempts);
        Assert.Equal((Implement, 2, 3), await ClaimedAsync());
        Assert.Null(await TryClaimAsync(2));
    }

    [Fact]
    public async Task Status_counts_every_bead_once()
    {
        await BeginAsync();
        await IntakeAsync(
            Entry("x-1"), Entry("x-2"), Entry("x-3"), Entry("x-4"), Entry("x-5"), Entry("x-6", ready: false),
            Entry("x-7"));
        var landed = await QueueAsync(await ClaimAsync());
        await Store.CompleteLandingAsync(Epoch, landed.Id, new("c1", "c1"), Token);
        var left = await QueueAsync(await ClaimAsync());
        await Store.LeaveLandingAsync(Epoch, left.Id, "agent-1/x-2", Token);
        await QueueAsync(await ClaimAsync());
        await BlockAsync(await ClaimAsync());
        await ClaimAsync();

        var status = await Store.ReadStatusAsync(Token);

        Assert.Equal(
            (1, 1, 1, 1, 1, 2, 1, 5),
            (status.Landed, status.Left, status.Landing, status.Blocked, status.InProgress, status.Pending,
                status.Ready, status.Attempts));
    }

    async Task<(StageName Stage, int Attempt, int Allowed)> ClaimedAsync()
    {
        var claim = await ClaimAsync();
        return (claim.Stage, claim.Attempt, claim.AttemptsAllowed);
    }
}
