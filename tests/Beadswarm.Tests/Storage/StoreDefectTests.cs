using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>Each defect does what its sentence says: a sabotage that changes nothing would prove nothing.</summary>
public sealed class StoreDefectTests : StoreConformance
{
    static readonly BeadTransition.Free Back = new(Contract, 1, 0, null);

    readonly FakeTime _callersClock = new();
    Func<string, StoreStep, Task>? _lookOn;
    StoreDefects _defects = StoreDefects.None;
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time)
    {
        _database = new InMemoryDatabase(time, _defects);
        return Task.FromResult<IStore>(new InMemoryStore(
            _database, _callersClock,
            (operation, step, _) => _lookOn?.Invoke(operation, step) ?? Task.CompletedTask));
    }

    protected override void Clean() => _database = null;

    [Fact]
    public async Task Without_fencing_a_stale_token_writes()
    {
        await WithAsync(new StoreDefects { NoFencing = true });
        var claim = await HeldAsync();
        var stale = claim.Key with { Token = new FencingToken(0), Agent = new AgentNumber(3) };

        Assert.Equal(WriteOutcome.Done, await Store.ReleaseAsync(stale, Back, "given back", null, Token));
    }

    [Fact]
    public async Task Without_the_epoch_check_an_earlier_orchestrator_writes()
    {
        await WithAsync(new StoreDefects { NoEpochCheck = true });
        var first = (await BeginAsync()).Epoch;
        await BeginAsync();

        Assert.Equal(WriteOutcome.Done, await Store.SetSwarmStatusAsync(first, SwarmStatus.Running, null, Token));
    }

    [Fact]
    public async Task Judged_by_the_callers_clock_a_lease_ends_early()
    {
        await WithAsync(new StoreDefects { LeaseJudgedByCallersClock = true });
        await HeldAsync();
        _callersClock.Advance(Lease);

        Assert.Equal(2, (await ClaimAsync(2)).Key.Token.Value);
    }

    [Fact]
    public async Task Ignoring_the_holder_a_bead_is_granted_twice()
    {
        await WithAsync(new StoreDefects { ClaimIgnoresHolder = true });
        await HeldAsync();

        Assert.Equal("x-1", (await ClaimAsync(2)).Bead.Value);
    }

    [Fact]
    public async Task A_token_that_is_reused_is_granted_twice()
    {
        await WithAsync(new StoreDefects { TokenReusedAfterRelease = true });
        var claim = await HeldAsync();
        await Store.ReleaseAsync(claim.Key, Back, "given back", null, Token);

        Assert.Equal(claim.Key, (await ClaimAsync()).Key);
    }

    [Fact]
    public async Task Counters_that_are_reset_on_recovery_begin_anew()
    {
        await WithAsync(new StoreDefects { CounterResetOnRecovery = true });
        var claim = await HeldAsync();
        var run = await StartAsync(claim.Key);
        await Store.FinishStageAsync(claim.Key, Finish(run), new BeadTransition.Keep(Implement, 2), Token);
        Time.Advance(Lease);
        await Store.ReapExpiredAsync(Epoch, [], Token);

        var bead = await BeadAsync("x-1");
        Assert.Equal((1, 0), (bead.Attempt, bead.InfrastructureFailures));
    }

    [Fact]
    public async Task Ignoring_readiness_and_bounds_a_bead_is_begun_that_should_wait()
    {
        await WithAsync(new StoreDefects { ReadinessIgnored = true, BoundsIgnored = true });
        await BeginAsync(target: 1, limit: 1);
        await IntakeAsync(Entry("x-1"), Entry("x-2"), Entry("x-3", ready: false));
        await ClaimAsync(1);

        Assert.Equal("x-2", (await ClaimAsync(2)).Bead.Value);
        Assert.Equal("x-3", (await ClaimAsync(3)).Bead.Value);
    }

    [Fact]
    public async Task A_journal_outside_of_the_transaction_loses_what_the_table_has()
    {
        await WithAsync(new StoreDefects { JournalOutsideTransaction = true });
        await BeginAsync();
        await IntakeAsync("x-1");
        Assert.Equal(2, (await JournalAsync()).Count);
        _lookOn = (operation, step) => operation == nameof(IStore.ClaimNextAsync) && step == StoreStep.AfterCommit
            ? Task.FromException(new StoreException("gone", transient: true))
            : Task.CompletedTask;

        await Assert.ThrowsAsync<StoreException>(() => TryClaimAsync());

        var journal = JournalFold.Fold(await JournalAsync());
        Assert.Single(JournalFold.Differences(journal, await Store.ReadBeadsAsync(Token)));
    }

    [Fact]
    public async Task What_was_answered_before_it_was_durable_is_lost_with_the_power_and_otherwise_never()
    {
        foreach (var (defects, claims) in new[] { (StoreDefects.None, 4), (new() { AnsweredBeforeDurable = true }, 2) })
        {
            await WithAsync(defects);
            for (var n = 0; n < 4; n++)
            {
                await BeginAsync(); // four, so that the second claim is the eighth commit
            }

            await IntakeAsync("x-1", "x-2", "x-3", "x-4", "x-5");
            await AppendAsync();
            for (var agent = 1; agent <= 4; agent++)
            {
                await ClaimAsync(agent);
            }

            _database!.LosePower(); // made with the defects
            Assert.Equal(claims, (await Store.ReadStatusAsync(Token)).InProgress);
        }
    }

    [Fact]
    public async Task Confirmed_whole_the_outbox_loses_what_came_in_meanwhile()
    {
        await WithAsync(new StoreDefects { OutboxConfirmedWhole = true });
        var claim = await HeldAsync();
        var read = await Store.ReadOutboxAsync(Token);
        await BlockAsync(claim);
        await Store.ConfirmOutboxAsync(Epoch, [.. read.Select(entry => entry.Id)], Token);

        Assert.Equal("", await OutboxAsync());
    }

    [Fact]
    public async Task Trusting_the_tracker_an_intake_revives_what_has_just_landed()
    {
        await WithAsync(new StoreDefects { IntakeTrustsTracker = true });
        var landing = await QueueAsync(await HeldAsync());
        await Store.CompleteLandingAsync(Epoch, landing.Id, new LandingProof("c1", "c1"), Token);

        Assert.Equal(1, (await IntakeAsync("x-1")).Revived);
    }

    [Fact]
    public async Task By_its_recipe_alone_a_verdict_is_found_for_another_tree()
    {
        await WithAsync(new StoreDefects { GateFoundByRecipeAlone = true });
        var result = new GateResult(
            "test", "recipe", "c", "tree", GateStatus.Passed, 0, "", "", "", "", null, Time.GetUtcNow(), Lease);
        await Store.RecordGateResultAsync(null, result, Token);

        Assert.Equal(result, await Store.FindGateResultAsync("another", "recipe", Token));
    }

    [Fact]
    public async Task A_forgotten_intent_is_answered_and_not_there()
    {
        await WithAsync(new StoreDefects { IntentForgotten = true });
        Assert.IsType<LandingState.Queued>(await IntendedAsync());
    }

    [Fact]
    public async Task Landed_when_intended_a_bead_is_completed_before_anybody_looked()
    {
        await WithAsync(new StoreDefects { LandedWhenIntended = true });
        Assert.IsType<LandingState.Landed>(await IntendedAsync());
        Assert.IsType<BeadState.Completed>((await BeadAsync("x-1")).State);
    }

    async Task<LandingState> IntendedAsync()
    {
        var landing = await QueueAsync(await HeldAsync());
        Assert.Equal(
            WriteOutcome.Done,
            await Store.IntendLandingsAsync(Epoch, [new(landing.Id, new LandingIntent("b", "c", "t", []))], Token));
        return Assert.Single(await Store.ReadLandingsAsync(null, Token)).State;
    }

    Task AppendAsync() => Store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);

    async Task WithAsync(StoreDefects defects)
    {
        _defects = defects;
        await ReopenAsync();
    }
}
