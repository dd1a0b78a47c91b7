using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>Who gets which bead, when, and what happens when a lease runs out.</summary>
public abstract class ClaimingConformance : StoreConformance
{
    [Fact]
    public async Task A_claim_takes_priority_then_what_is_unblocked_then_age_then_id()
    {
        await BeginAsync();
        await IntakeAsync(
            Entry("x-6", priority: 2), Entry("x-5", priority: 2), Entry("x-4", priority: 2, age: 5),
            Entry("x-3", priority: 2, unblocks: 1), Entry("x-2", priority: 1), Entry("x-1", priority: 0, ready: false));

        Assert.Equal("x-2 x-3 x-4 x-5 x-6", await ClaimAllAsync());
    }

    [Fact]
    public async Task The_trackers_order_comes_first_when_the_swarm_follows_it()
    {
        await BeginAsync(order: SelectOrder.Tracker);
        await IntakeAsync(
            Entry("x-1", priority: 0, ordinal: 3), Entry("x-2", priority: 4, ordinal: 1), Entry("x-3", ordinal: 2));

        Assert.Equal("x-2 x-3 x-1", await ClaimAllAsync());
    }

    [Fact]
    public async Task A_begun_bead_comes_before_a_more_important_new_one()
    {
        var claim = await HeldAsync("x-9");
        await IntakeAsync(Entry("x-9"), Entry("x-1", priority: 0));
        await ReleaseAsync(claim);

        Assert.Equal("x-9 x-1", await ClaimAllAsync());
    }

    [Fact]
    public async Task A_begun_bead_whose_dependencies_reopened_waits()
    {
        var claim = await HeldAsync();
        await ReleaseAsync(claim);
        await TellTrackerAsync();
        await IntakeAsync(Entry("x-1", ready: false));

        Assert.Null(await TryClaimAsync());
    }

    [Fact]
    public async Task Only_beads_at_a_served_stage_are_claimed_and_a_waiting_head_does_not_starve_the_rest()
    {
        var claim = await HeldAsync("x-1");
        await IntakeAsync(Entry("x-1", priority: 0), Entry("x-2"));
        await ReleaseAsync(claim, Review);

        Assert.Equal("x-2", (await ClaimAsync(2, Contract, Implement)).Bead.Value);
        Assert.Equal("x-1", (await ClaimAsync(3, Review)).Bead.Value);
    }

    [Fact]
    public async Task A_blocked_or_completed_head_never_starves_the_rest()
    {
        await BeginAsync();
        await IntakeAsync(Entry("x-1", priority: 0), Entry("x-2", priority: 1), Entry("x-3"));
        await BlockAsync(await ClaimAsync());
        var landing = await QueueAsync(await ClaimAsync());
        await Store.CompleteLandingAsync(Epoch, landing.Id, new("c1", "c1"), Token);

        Assert.Equal("x-3", await ClaimAllAsync());
    }

    [Fact]
    public async Task A_snoozed_bead_waits_until_its_time_and_status_says_when()
    {
        var claim = await HeldAsync();
        var wake = Time.GetUtcNow() + TimeSpan.FromMinutes(5);
        await Store.ReleaseAsync(claim.Key, new BeadTransition.Free(Contract, 1, 1, wake), "rate limit", null, Token);

        Assert.Null(await TryClaimAsync());
        Assert.Equal(wake, (await Store.ReadStatusAsync(Token)).NextWakeAt);
        Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, (await ClaimAsync()).InfrastructureFailures);
    }

    [Fact]
    public async Task Expired_lease_is_taken_over_with_a_larger_token()
    {
        var first = await HeldAsync();
        var run = await StartAsync(first.Key);
        Time.Advance(Lease - TimeSpan.FromMicroseconds(1));
        Assert.Null(await TryClaimAsync(2));
        Time.Advance(TimeSpan.FromMicroseconds(1));

        var second = await ClaimAsync(2);

        Assert.True(second.Key.Token.Value > first.Key.Token.Value);
        Assert.Equal((first.Attempt, 1), (second.Attempt, second.InfrastructureFailures));
        var history = Assert.Single(await Store.ReadHistoryAsync(null, null, 10, Token));
        Assert.Equal((run, StageStatus.Interrupted), (history.Id, history.Status));
        Assert.Contains(await JournalAsync(), entry => entry is
        {
            Agent.Value: 1, Event: JournalEvent.LeaseExpired { Token: 1, Stage: "contract" } expired,
        } && expired.ExpiredAt == first.ExpiresAt);
    }

    [Fact]
    public async Task Tokens_are_never_reused_even_after_release_block_and_revival()
    {
        var tokens = new List<long>();
        var claim = await HeldAsync();
        tokens.Add(claim.Key.Token.Value);
        await ReleaseAsync(claim);
        claim = await ClaimAsync(2);
        tokens.Add(claim.Key.Token.Value);
        await BlockAsync(claim);
        await Store.RetryAsync(claim.Bead, new BeadTransition.Free(Implement, 2, 0, null), 3, Token);
        claim = await ClaimAsync(1);
        tokens.Add(claim.Key.Token.Value);
        await Store.ForceReleaseAsync(claim.Bead, "by hand", Token);
        await ReopenAsync();
        await BeginAsync();
        tokens.Add((await ClaimAsync(1)).Key.Token.Value);

        Assert.Equal([1, 2, 3, 4], tokens);
    }

    [Fact]
    public async Task A_renewed_lease_is_not_taken_over_and_a_lost_one_is_reported()
    {
        var claim = await HeldAsync();
        Time.Advance(Lease / 2);
        Assert.Empty(await Store.RenewAsync([claim.Key], Lease, Token));
        Time.Advance(Lease * 0.75);
        Assert.Null(await TryClaimAsync(2));
        Time.Advance(Lease);

        Assert.Equal([claim.Key], await Store.RenewAsync([claim.Key], Lease, Token));
    }

    [Fact]
    public async Task A_renewal_never_shortens_a_lease()
    {
        var claim = await HeldAsync();
        Assert.Empty(await Store.RenewAsync([claim.Key], TimeSpan.FromSeconds(1), Token));
        Time.Advance(TimeSpan.FromSeconds(30));

        Assert.Null(await TryClaimAsync(2));
    }

    [Fact]
    public async Task Reaping_frees_expired_claims_keeps_attempt_and_stage_and_counts_the_failure()
    {
        var claim = await HeldAsync();
        var run = await StartAsync(claim.Key);
        await Store.FinishStageAsync(claim.Key, Finish(run), new BeadTransition.Keep(Implement, 2), Token);
        await StartAsync(claim.Key, Implement);
        Assert.Empty(await Store.ReapExpiredAsync(Epoch, [], Token));
        Time.Advance(Lease);
        Assert.Empty(await Store.ReapExpiredAsync(Epoch, [claim.Key.Agent], Token));

        var expired = Assert.Single(await Store.ReapExpiredAsync(Epoch, [], Token));

        Assert.Equal((claim.Key, Implement), (expired.Claim, expired.Stage));
        var bead = await BeadAsync("x-1");
        Assert.Equal(new BeadState.Pending(Implement, null), bead.State);
        Assert.Equal((2, 1), (bead.Attempt, bead.InfrastructureFailures));
        Assert.Empty(await Store.ReadOpenStagesAsync(Token));
    }

    [Fact]
    public async Task New_beads_are_begun_only_while_the_target_allows_and_a_blocked_one_is_replaced()
    {
        await BeginAsync(target: 2);
        await IntakeAsync("x-1", "x-2", "x-3", "x-4");
        var first = await ClaimAsync(1);
        await ClaimAsync(2);
        Assert.Null(await TryClaimAsync(3));
        await BlockAsync(first);

        Assert.Equal("x-3", (await ClaimAsync(3)).Bead.Value);
        Assert.Null(await TryClaimAsync(4));
    }

    [Fact]
    public async Task New_beads_are_begun_only_while_the_limit_allows_but_begun_ones_go_on()
    {
        await BeginAsync(limit: 1);
        await IntakeAsync("x-1", "x-2");
        var claim = await ClaimAsync(1);
        await ReleaseAsync(claim);
        Assert.Equal("x-1", (await ClaimAsync(2)).Bead.Value);
        Assert.Null(await TryClaimAsync(3));
        Assert.Equal((1, 0), await PendingAndReadyAsync());
    }

    [Theory]
    [InlineData(SwarmStatus.Stopping)]
    [InlineData(SwarmStatus.Stopped)]
    [InlineData(SwarmStatus.Completed)]
    public async Task A_swarm_that_stops_takes_no_new_work(object status)
    {
        await BeginAsync();
        await IntakeAsync("x-1");
        await Store.SetSwarmStatusAsync(Epoch, (SwarmStatus)status, null, Token);

        Assert.Null(await TryClaimAsync());
    }

    [Fact]
    public async Task Adopting_fences_the_earlier_orchestrator_and_keeps_the_stage_open()
    {
        var old = await HeldAsync();
        var run = await StartAsync(old.Key);
        Time.Advance(Lease * 2);
        await BeginAsync();

        var claim = await Store.AdoptClaimAsync(Epoch, old.Key, Lease, Token);

        Assert.NotNull(claim);
        Assert.True(claim.Key.Token.Value > old.Key.Token.Value);
        var open = Assert.Single(await Store.ReadOpenStagesAsync(Token));
        Assert.Equal((run, claim.Key), (open.Run, open.Claim.Key));
        Assert.Equal(
            WriteOutcome.Fenced,
            await Store.FinishStageAsync(old.Key, Finish(run), new BeadTransition.Keep(Implement, 1), Token));
        Assert.Equal(
            WriteOutcome.Done,
            await Store.FinishStageAsync(claim.Key, Finish(run), new BeadTransition.Keep(Implement, 1), Token));
        Assert.Null(await Store.AdoptClaimAsync(Epoch, old.Key, Lease, Token));
    }

    [Fact]
    public async Task Thirty_two_claimers_get_two_thousand_beads_each_exactly_once()
    {
        await BeginAsync(agents: 32);
        await IntakeAsync([.. Enumerable.Range(0, 2000).Select(n => Entry($"x-{n}", priority: n % 5))]);

        var taken = await Task.WhenAll(Enumerable.Range(1, 32).Select(async agent =>
        {
            var claims = new List<Claim>();
            while (await TryClaimAsync(agent) is { } claim)
            {
                claims.Add(claim);
            }

            return claims;
        }));

        var all = taken.SelectMany(claims => claims).ToArray();
        Assert.Equal(2000, all.Length);
        Assert.Equal(2000, all.Select(claim => claim.Bead).Distinct().Count());
        Assert.All(all, claim => Assert.Equal(1, claim.Key.Token.Value));
        Assert.Equal(2000, (await JournalAsync()).Count(entry => entry.Event is JournalEvent.BeadClaimed));
    }

    [Fact]
    public async Task A_first_claim_tells_the_tracker_and_a_later_one_does_not_repeat_it()
    {
        var claim = await HeldAsync();
        await ReleaseAsync(claim);
        await ClaimAsync(2);

        Assert.Equal($"{new BeadChange.Start(claim.Bead, "beadswarm/agent-1")}", await OutboxAsync());
    }

    Task<WriteOutcome> ReleaseAsync(Claim claim, StageName? stage = null) => Store.ReleaseAsync(
        claim.Key, new BeadTransition.Free(stage ?? Contract, claim.Attempt, 0, null), "given back", null, Token);

    async Task<string> ClaimAllAsync()
    {
        var ids = new List<string>();
        while (await TryClaimAsync(1) is { } claim)
        {
            ids.Add(claim.Bead.Value);
        }

        return string.Join(' ', ids);
    }

    async Task<(int Pending, int Ready)> PendingAndReadyAsync()
    {
        var status = await Store.ReadStatusAsync(Token);
        return (status.Pending, status.Ready);
    }
}
