using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// How long a claim is held: the holder's clock and the store's are two, and time stands still until a test moves
/// either.
/// </summary>
public sealed class LeaseTests : IAsyncDisposable
{
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    static readonly TimeSpan Step = Lease / 4;
    static readonly StageName Implement = new("implement");

    readonly FakeTime _here = new();
    readonly FakeTime _there = new();
    readonly InMemoryStore _store;
    readonly SemaphoreSlim _renewed = new(0);
    readonly CancellationTokenSource _stop = new();
    Task _keeping = Task.CompletedTask;
    bool _answers = true;
    SwarmEpoch _epoch;

    public LeaseTests() => _store = new InMemoryStore(new InMemoryDatabase(_there), null, LookOnAsync);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_is_kept_by_a_heartbeat_in_the_background_for_as_long_as_its_agent_works()
    {
        var held = await HoldAsync();

        for (var step = 0; step < 20; step++)
        {
            await PassAsync();
        }

        Assert.False(held.Lost.IsCancellationRequested);
        Assert.Empty(await _store.ReapExpiredAsync(_epoch, [], Cancel));
        Assert.Null(await ClaimAsync(2));
    }

    [Fact]
    public async Task A_holder_without_an_answer_gives_up_before_the_store_would_give_its_bead_away()
    {
        _answers = false;
        var held = await HoldAsync();

        Both((Lease * ClaimRegistry.TrustedShare) - TimeSpan.FromMilliseconds(1));
        Assert.False(held.Lost.IsCancellationRequested);
        Both(TimeSpan.FromMilliseconds(1));

        Assert.True(held.Lost.IsCancellationRequested);
        Assert.Null(await ClaimAsync(2));
        _there.Advance(Lease - (Lease * ClaimRegistry.TrustedShare));
        Assert.Equal("x-1", Assert.Single(await _store.ReapExpiredAsync(_epoch, [], Cancel)).Claim.Bead.Value);
    }

    [Fact]
    public async Task A_holder_whose_claim_was_taken_away_learns_of_it_by_the_next_heartbeat()
    {
        var held = await HoldAsync();
        _there.Advance(Lease);
        Assert.Single(await _store.ReapExpiredAsync(_epoch, [], Cancel));
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var learnt = held.Lost.Register(lost.SetResult);

        _here.Advance(Step);

        await lost.Task.WaitAsync(Cancel);
        Assert.False(_keeping.IsCompleted);
    }

    [Theory]
    [InlineData(-24)]
    [InlineData(24)]
    public async Task A_lease_is_taken_over_by_the_clock_of_the_store_and_by_no_other(int hours)
    {
        await HoldAsync();
        await _stop.CancelAsync();

        // Whoever wants the bead has a clock that goes wrong.
        _here.Advance(TimeSpan.FromHours(Math.Max(0, hours)));
        Assert.Null(await ClaimAsync(2));
        _there.Advance(Lease - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await _store.ReapExpiredAsync(_epoch, [], Cancel));
        Assert.Null(await ClaimAsync(2));
        _there.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Single(await _store.ReapExpiredAsync(_epoch, [], Cancel));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping.ContinueWith(_ => { }, TaskScheduler.Default);
        await _store.DisposeAsync();
        _stop.Dispose();
        _renewed.Dispose();
    }

    /// <summary>One bead, claimed by agent 1, whose lease is kept from now on.</summary>
    async Task<HeldClaim> HoldAsync()
    {
        var slots = Enumerable.Range(1, 2).Select(number => new AgentSlot(new AgentNumber(number), "worker", "sh"));
        _epoch = (await _store.BeginSwarmAsync(
            new SwarmBegin("here", null, null, SelectOrder.Triage, Implement, [.. slots], false),
            Cancel)).Epoch;
        await _store.UpdateBacklogAsync(
            _epoch, [new BacklogEntry(BeadId.Parse("x-1"), "One", 1, 0, FakeTime.Start, 0, true)], 3, Cancel);
        var claims = new ClaimRegistry(Lease, _here);
        var askedAt = _here.GetTimestamp();
        var claim = await ClaimAsync(1);
        Assert.NotNull(claim);
        var held = claims.Add(claim, askedAt);
        _keeping = new LeaseKeeper(_store, claims, Lease, _here).RunAsync(_stop.Token);
        return held;
    }

    Task<Claim?> ClaimAsync(int agent) => _store.ClaimNextAsync(
        _epoch, new ClaimRequest(new AgentNumber(agent), "here", [Implement], Lease), Cancel);

    /// <summary>The pause between two heartbeats passes, and the next one is answered.</summary>
    async Task PassAsync()
    {
        Both(Step);
        await _renewed.WaitAsync(Cancel);
    }

    void Both(TimeSpan by)
    {
        _there.Advance(by);
        _here.Advance(by);
    }

    async Task LookOnAsync(string operation, StoreStep step, CancellationToken cancellationToken)
    {
        if (operation == nameof(IStore.RenewAsync))
        {
            await (_answers
                ? Task.CompletedTask
                : Task.Delay(Timeout.InfiniteTimeSpan, _here, cancellationToken));
            if (step == StoreStep.AfterCommit)
            {
                _renewed.Release();
            }
        }
    }
}
