using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>What only the simulation's store has: operations that are delayed or fail on request.</summary>
public sealed class InMemoryFaultTests : StoreConformance
{
    Func<string, StoreStep, Task>? _lookOn;
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) => Task.FromResult<IStore>(new InMemoryStore(
        _database ??= new InMemoryDatabase(time), lookOn: (operation, step, _) => _lookOn?.Invoke(operation, step)
            ?? Task.CompletedTask));

    protected override void Clean() => _database = null;

    InMemoryDatabase Database => _database!; // made before each test

    [Fact]
    public async Task A_failure_before_the_commit_applies_nothing()
    {
        await BeginAsync();
        await IntakeAsync("x-1");
        var before = await EverythingAsync();
        Fail(nameof(IStore.ClaimNextAsync), StoreStep.BeforeCommit);

        await Assert.ThrowsAsync<StoreException>(() => TryClaimAsync());

        Assert.Equal(before, await EverythingAsync());
        Assert.Equal(1, (await ClaimAsync()).Key.Token.Value);
    }

    [Fact]
    public async Task A_failure_after_the_commit_loses_the_answer_alone()
    {
        await BeginAsync();
        await IntakeAsync("x-1");
        Fail(nameof(IStore.ClaimNextAsync), StoreStep.AfterCommit);

        await Assert.ThrowsAsync<StoreException>(() => TryClaimAsync());

        Assert.IsType<BeadState.Held>((await BeadAsync("x-1")).State);
        Assert.Null(await TryClaimAsync(2));
    }

    [Fact]
    public async Task A_delayed_operation_happens_when_it_is_let_go_and_others_go_on_meanwhile()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2");
        var gate = new TaskCompletionSource();
        _lookOn = (_, step) => step == StoreStep.BeforeCommit ? gate.Task : Task.CompletedTask;
        var delayed = TryClaimAsync(1);
        _lookOn = null;

        Assert.Equal("x-1", (await ClaimAsync(2)).Bead.Value);
        Assert.False(delayed.IsCompleted);
        gate.SetResult();
        Assert.Equal("x-2", (await delayed)?.Bead.Value);
    }

    [Fact]
    public async Task A_delayed_operation_that_was_cancelled_is_not_run()
    {
        await BeginAsync();
        var gate = new TaskCompletionSource();
        using var cancellation = new CancellationTokenSource();
        _lookOn = (_, _) => gate.Task;
        var delayed = Store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), cancellation.Token);
        await cancellation.CancelAsync();
        gate.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delayed);
        Assert.Single(await JournalAsync());
    }

    [Fact]
    public async Task Nothing_is_waited_for_unless_somebody_looks_on()
    {
        await using var store = new InMemoryStore(new InMemoryDatabase(Time));
        var begun = store.BeginSwarmAsync(new SwarmBegin("n", null, null, default, Contract, [], false), Token);
        Assert.True(begun.IsCompletedSuccessfully);
        Assert.True(store.ReadStatusAsync(Token).IsCompletedSuccessfully);
        Assert.True(store.ReadJournalAsync(0, null, 9, new CancellationToken(canceled: true)).IsCanceled);
    }

    [Fact]
    public async Task A_second_orchestrator_on_the_same_database_fences_the_first()
    {
        await BeginAsync();
        await IntakeAsync("x-1");
        var claim = await ClaimAsync();
        var first = Epoch;
        await using var second = new InMemoryStore(Database);

        await second.BeginSwarmAsync(new SwarmBegin("node-2", null, null, default, Contract, [], false), Token);

        Assert.Equal(
            WriteOutcome.Fenced, await Store.SetSwarmStatusAsync(first, SwarmStatus.Running, null, Token));
        Assert.Equal(claim.Bead, (await second.ReadBeadAsync(claim.Bead, Token))?.Id);
    }

    [Fact]
    public async Task Whatever_fails_is_taken_back_with_everything_that_was_derived_from_it()
    {
        await BeginAsync();
        await IntakeAsync(
            Entry("x-1"), Entry("x-2"), Entry("x-3"), Entry("x-4"), Entry("x-5"), Entry("x-6", ready: false),
            Entry("x-7"));
        var blocked = await ClaimAsync(1);
        await BlockAsync(blocked);
        var queued = await QueueAsync(await ClaimAsync(1));
        var held = await ClaimAsync(2);
        var run = await StartAsync(held.Key);
        var idle = await ClaimAsync(3);
        await Store.ReleaseAsync(
            await KeyAsync(4), new(Contract, 1, 0, Time.GetUtcNow() + Lease), "rate limit", null, Token);
        var intent = new LandingIntent("b", "c", "t", []);
        var artifact = new NewArtifact("test_output", "log", new byte[] { 1 });
        var request = new ClaimRequest(new AgentNumber(4), "node-1", AllStages, Lease);
        (string Name, Action<StoreTransaction> Work)[] operations =
        [
            ("begin", work => SwarmOperations.Begin(
                work, new SwarmBegin("n", 9, 9, SelectOrder.Tracker, Review, [], false))),
            ("stop", work => SwarmOperations.SetStatus(work, Epoch, SwarmStatus.Stopped, "why")),
            ("park", work => SwarmOperations.SetAgentStatus(
                work, Epoch, new AgentNumber(1), AgentStatus.Parked, "why")),
            ("intake", work => SwarmOperations.UpdateBacklog(
                work, Epoch, [Entry("x-6", priority: 0), Entry("y-1"), Entry("x-7", ready: false)], 3)),
            ("claim", work => ClaimOperations.Next(work, Epoch, request)),
            ("adopt", work => ClaimOperations.Adopt(work, Epoch, held.Key, Lease * 3)),
            ("renew", work => ClaimOperations.Renew(work, [held.Key, idle.Key], Lease * 3)),
            ("release", work => ClaimOperations.Release(work, held.Key, new(Review, 2, 1, null), "why", null)),
            ("force", work => ClaimOperations.ForceRelease(work, held.Bead, "why")),
            ("retry", work => ClaimOperations.Retry(work, blocked.Bead, new(Implement, 2, 0, null), 3)),
            ("start", work => StageOperations.Start(work, idle.Key, Start(idle.Key, Contract))),
            ("keep", work => StageOperations.Finish(
                work, held.Key, Finish(run, artifacts: artifact), new BeadTransition.Keep(Review, 2))),
            ("land", work => StageOperations.Finish(work, held.Key, Finish(run), new BeadTransition.Land())),
            ("block", work => StageOperations.Finish(work, held.Key, Finish(run), new BeadTransition.Block("why"))),
            ("gate", work => StageOperations.RecordGate(work, held.Bead, new GateResult(
                "test", "recipe", "c", "t", GateStatus.Passed, 0, "", "", "", "", null, default, default))),
            ("baseline", work => StageOperations.LowerBaseline(work, "warnings", 3)),
            ("intend", work => LandingOperations.Intend(work, Epoch, [new(queued.Id, intent)])),
            ("integrate", work => LandingOperations.Integrate(work, Epoch, queued.Id, "i")),
            ("complete", work => LandingOperations.Complete(work, Epoch, queued.Id, new LandingProof("c", "c"))),
            ("leave", work => LandingOperations.Leave(work, Epoch, queued.Id, "branch")),
            ("return", work => LandingOperations.Return(
                work, Epoch, queued.Id, "red", new BeadTransition.Free(Implement, 2, 0, null), [artifact])),
            ("confirm", work => LandingOperations.ConfirmOutbox(work, Epoch, [1, 2, 3])),
        ];
        var before = await ReadAsync();
        foreach (var (name, work) in operations)
        {
            Assert.Throws<TimeoutException>(() => TakeBack(work));
            Assert.Equal($"{name}\n{before}", $"{name}\n{await ReadAsync()}");
        }

        Time.Advance(Lease * 2);
        before = await ReadAsync();
        Assert.Throws<TimeoutException>(() => TakeBack(work => ClaimOperations.ReapExpired(work, Epoch, [])));
        Assert.Throws<TimeoutException>(() => TakeBack(work => ClaimOperations.Next(work, Epoch, request)));
        Assert.Equal(before, await ReadAsync());
    }

    void TakeBack(Action<StoreTransaction> work) => Database.Commit<bool>(
        transaction =>
        {
            var before = Written();
            work(transaction);
            Assert.NotEqual(before, Written()); // an operation that changes nothing would prove nothing
            throw new TimeoutException("in the middle");
        },
        null, []);

    string Written() =>
        $"{Database.Journal.Count} {string.Join('\n', Database.Beads.Rows.Select(bead => bead.Work))}";

    async Task<ClaimKey> KeyAsync(int agent) => (await ClaimAsync(agent)).Key;

    async Task<string> ReadAsync()
    {
        var bead = BeadId.Parse("x-1");
        var status = await Store.ReadStatusAsync(Token);
        var rest = new List<object?>
        {
            status with { Agents = [] },
            await Store.FindGateResultAsync("t", "recipe", Token),
            await Store.ReadBaselineAsync("warnings", Token),
            (await Store.ReadArtifactsAsync(bead, Token)).Count,
            (await Store.ReadHistoryAsync(bead, null, 99, Token)).Count,
            (await Store.ReadHistoryAsync(null, new AgentNumber(3), 99, Token)).Count,
            (await Store.ReadLandingsAsync(bead, Token)).Count,
            (await Store.ReadJournalAsync(0, bead, 99, Token)).Count,
            (await Store.ReadQueueAsync(Token)).Entries.Count,
            Database.Outbox.Next, Database.Landings.Next, Database.Runs.Next, Database.Artifacts.Next,
        };
        return $"{await EverythingAsync()}\n{string.Join('\n', rest)}";
    }

    void Fail(string operation, StoreStep at) => _lookOn = (name, step) =>
    {
        if (name != operation || step != at)
        {
            return Task.CompletedTask;
        }

        _lookOn = null;
        return Task.FromException(new StoreException("the disk is full", transient: true));
    };
}
