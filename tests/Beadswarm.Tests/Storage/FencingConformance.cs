using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>
/// Invariant 1: a stale write changes nothing. Every write on behalf of a claim is tried with a key of which only the
/// token, only the agent or only the lease is wrong, so that no other check can hide a missing one.
/// </summary>
public abstract class FencingConformance : StoreConformance
{
    static readonly BeadTransition.Free Back = new(Contract, 1, 0, null);

    static readonly AgentProcess Process = new(new ProcessIdentity(7, 8, "boot"), "sessions/1", "tag");

    // ---- the token alone is stale: the same agent holds the bead again, with a valid lease

    [Fact]
    public Task Renew_with_a_stale_token_changes_nothing() => WithStaleToken(RenewAsync);

    [Fact]
    public Task Release_with_a_stale_token_changes_nothing() => WithStaleToken(ReleaseAsync);

    [Fact]
    public Task Start_of_a_stage_with_a_stale_token_changes_nothing() => WithStaleToken(StartStageAsync);

    [Fact]
    public Task Recording_a_process_with_a_stale_token_changes_nothing() => WithStaleToken(RecordAsync);

    [Fact]
    public Task End_of_a_stage_with_a_stale_token_changes_nothing() => WithStaleToken(FinishAsync);

    [Fact]
    public Task Adopting_with_a_stale_token_changes_nothing() => WithStaleToken(AdoptAsync);

    // ---- the agent alone is wrong

    [Fact]
    public async Task Another_agent_with_the_right_token_changes_nothing()
    {
        var (claim, run) = await HeldInStageAsync();
        foreach (var write in Writes)
        {
            await CheckFencedAsync(claim.Key with { Agent = new AgentNumber(2) }, run, write);
        }
    }

    // ---- the lease alone has run out: nobody has taken the bead since

    [Fact]
    public async Task An_expired_lease_writes_nothing_even_when_nobody_took_the_bead()
    {
        var (claim, run) = await HeldInStageAsync();
        Time.Advance(Lease);
        foreach (var write in Writes.Except([AdoptAsync]))
        {
            await CheckFencedAsync(claim.Key, run, write);
        }
    }

    [Fact]
    public async Task A_claim_that_has_ended_writes_nothing()
    {
        var (claim, run) = await HeldInStageAsync();
        await Store.ReleaseAsync(claim.Key, Back, "given back", null, Token);
        foreach (var write in Writes)
        {
            await CheckFencedAsync(claim.Key, run, write);
        }
    }

    [Fact]
    public async Task A_stage_ends_once()
    {
        var (claim, run) = await HeldInStageAsync();
        var keep = new BeadTransition.Keep(Implement, 1);
        Assert.Equal(WriteOutcome.Done, await Store.FinishStageAsync(claim.Key, Finish(run), keep, Token));
        var before = await EverythingAsync();

        var land = new BeadTransition.Land();
        Assert.Equal(WriteOutcome.Fenced, await Store.FinishStageAsync(claim.Key, Finish(run), land, Token));
        Assert.Equal(WriteOutcome.Fenced, await Store.RecordProcessAsync(claim.Key, run, Process, Token));
        Assert.Equal(before, await EverythingAsync());
    }

    // ---- the epoch alone is stale

    [Fact]
    public async Task A_stale_epoch_changes_nothing()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2", "x-3", "x-4");
        var queued = await QueueAsync(await ClaimAsync(1));
        var intended = await QueueAsync(await ClaimAsync(2));
        var intent = new LandingIntent("b", "c", "t", []);
        await Store.IntendLandingsAsync(Epoch, [new(intended.Id, intent)], Token);
        var held = await ClaimAsync(3);
        var stale = Epoch;
        await BeginAsync();
        Time.Advance(Lease);
        var before = await EverythingAsync();

        WriteOutcome[] outcomes =
        [
            await Store.SetSwarmStatusAsync(stale, SwarmStatus.Running, null, Token),
            await Store.SetAgentStatusAsync(stale, new AgentNumber(1), AgentStatus.Parked, null, Token),
            await Store.IntendLandingsAsync(stale, [new(queued.Id, intent)], Token),
            await Store.VoidLandingAsync(stale, intended.Id, "moved", Token),
            await Store.ProposeLandingAsync(stale, queued.Id, new PullRequest(1, "u", "b", "h", "w"), Token),
            await Store.RecordIntegratedAsync(stale, intended.Id, "c", Token),
            await Store.CompleteLandingAsync(stale, intended.Id, new LandingProof("c", "c"), Token),
            await Store.LeaveLandingAsync(stale, queued.Id, "branch", Token),
            await Store.ReturnLandingAsync(stale, queued.Id, "red", Back, [], Token),
        ];
        Assert.All(outcomes, outcome => Assert.Equal(WriteOutcome.Fenced, outcome));
        Assert.Equal(new IntakeResult(0, 0, 0, 0), await Store.UpdateBacklogAsync(stale, [Entry("y-1")], 3, Token));
        Assert.Null(await Store.ClaimNextAsync(
            stale, new ClaimRequest(new AgentNumber(1), "node-1", AllStages, Lease), Token));
        Assert.Null(await Store.AdoptClaimAsync(stale, held.Key, Lease, Token));
        Assert.Empty(await Store.ReapExpiredAsync(stale, [], Token));
        await Store.ConfirmOutboxAsync(
            stale, [.. (await Store.ReadOutboxAsync(Token)).Select(entry => entry.Id)], Token);

        Assert.Equal(before, await EverythingAsync());
    }

    Func<ClaimKey, StageRunId, Task<bool>>[] Writes =>
        [RenewAsync, ReleaseAsync, StartStageAsync, RecordAsync, FinishAsync, AdoptAsync];

    async Task WithStaleToken(Func<ClaimKey, StageRunId, Task<bool>> write)
    {
        var (first, _) = await HeldInStageAsync();
        Time.Advance(Lease);
        var second = await ClaimAsync(1);
        Assert.Equal(first.Key with { Token = second.Key.Token }, second.Key);
        var run = await StartAsync(second.Key);

        await CheckFencedAsync(first.Key, run, write);
        Assert.True(await write(second.Key, run), "the current key must be let through, or this test proves nothing");
    }

    async Task CheckFencedAsync(ClaimKey key, StageRunId run, Func<ClaimKey, StageRunId, Task<bool>> write)
    {
        var before = await EverythingAsync();
        Assert.False(await write(key, run), $"{write.Method.Name} was let through");
        Assert.Equal(before, await EverythingAsync());
    }

    async Task<(Claim Claim, StageRunId Run)> HeldInStageAsync()
    {
        var claim = await HeldAsync();
        return (claim, await StartAsync(claim.Key));
    }

    async Task<bool> RenewAsync(ClaimKey key, StageRunId run) =>
        (await Store.RenewAsync([key], Lease * 2, Token)).Count == 0;

    async Task<bool> ReleaseAsync(ClaimKey key, StageRunId run) =>
        await Store.ReleaseAsync(key, Back, "given back", null, Token) == WriteOutcome.Done;

    async Task<bool> StartStageAsync(ClaimKey key, StageRunId run) =>
        await Store.StartStageAsync(key, Start(key, Contract), Token) is not null;

    async Task<bool> RecordAsync(ClaimKey key, StageRunId run) =>
        await Store.RecordProcessAsync(key, run, Process, Token) == WriteOutcome.Done;

    async Task<bool> FinishAsync(ClaimKey key, StageRunId run) =>
        await Store.FinishStageAsync(key, Finish(run), new BeadTransition.Land(), Token) == WriteOutcome.Done;

    async Task<bool> AdoptAsync(ClaimKey key, StageRunId run) =>
        await Store.AdoptClaimAsync(Epoch, key, Lease, Token) is not null;

    [Fact]
    public async Task An_effect_is_open_until_it_is_settled_and_survives_a_restart()
    {
        await BeginAsync();
        var removal = new NewEffect(EffectKind.BranchRemoval, "agent-1/x-1")
        {
            Bead = BeadId.Parse("x-1"),
            Agent = new AgentNumber(1),
            From = "a",
            To = "b",
        };
        var first = await Store.IntendEffectAsync(Epoch, removal, Token);
        var second = await Store.IntendEffectAsync(Epoch, new NewEffect(EffectKind.Follow, "main"), Token);
        await ReopenAsync();
        await BeginAsync();

        Assert.Equal([first, second], (await Store.ReadOpenEffectsAsync(Token)).Select(open => (EffectId?)open.Id));
        Assert.Equal(removal, (await Store.ReadOpenEffectsAsync(Token))[0].Effect);
        Assert.Equal(WriteOutcome.Done, await Store.SettleEffectAsync(Epoch, first!.Value, "removed", Token));
        Assert.Equal(WriteOutcome.Fenced, await Store.SettleEffectAsync(Epoch, first.Value, "again", Token));

        Assert.Equal([second], (await Store.ReadOpenEffectsAsync(Token)).Select(open => (EffectId?)open.Id));
        Assert.Equal(
            ["branch.removal agent-1/x-1 a b", "branch.removal agent-1/x-1 removed"],
            (await Store.ReadJournalAsync(0, BeadId.Parse("x-1"), 10, Token)).Select(entry => entry.Event switch
            {
                JournalEvent.EffectIntended told => $"{told.Kind} {told.Subject} {told.From} {told.To}",
                JournalEvent.EffectDone told => $"{told.Kind} {told.Subject} {told.Outcome}",
                _ => "",
            }));
    }

    [Fact]
    public async Task Effects_of_a_stale_epoch_are_neither_intended_nor_settled()
    {
        var old = (await BeginAsync()).Epoch;
        var open = await Store.IntendEffectAsync(old, new NewEffect(EffectKind.Follow, "main"), Token);
        await BeginAsync();

        Assert.Null(await Store.IntendEffectAsync(old, new NewEffect(EffectKind.Follow, "main"), Token));
        Assert.Equal(WriteOutcome.Fenced, await Store.SettleEffectAsync(old, open!.Value, "followed", Token));
        Assert.Single(await Store.ReadOpenEffectsAsync(Token));
    }
}
