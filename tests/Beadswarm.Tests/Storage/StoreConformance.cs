using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>
/// What every driver must do. Each class of cases derives from this one; each driver derives from each class and says
/// only how a store is opened.
/// </summary>
public abstract class StoreConformance : IAsyncLifetime
{
    private protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private protected static readonly StageName Contract = new("contract");
    private protected static readonly StageName Implement = new("implement");
    private protected static readonly StageName Review = new("qa-enforcer");
    private protected static readonly StageName[] AllStages = [Contract, Implement, Review];

    private protected FakeTime Time { get; } = new();

    private protected IStore Store { get; private set; } = null!; // opened before each test

    private protected SwarmEpoch Epoch { get; private set; }

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Opens an empty store for this test, or the same one again.</summary>
    private protected abstract Task<IStore> OpenAsync(TimeProvider time);

    protected abstract void Clean();

    public async ValueTask InitializeAsync() => Store = await OpenAsync(Time);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Clean();
        GC.SuppressFinalize(this);
    }

    private protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = await OpenAsync(Time);
    }

    private protected async Task<SwarmRecord> BeginAsync(
        int? target = null, int? limit = null, SelectOrder order = SelectOrder.Triage, bool resume = false,
        int agents = 4)
    {
        var slots = Enumerable.Range(1, agents).Select(n => new AgentSlot(new AgentNumber(n), "worker", "scripted"));
        var swarm = await Store.BeginSwarmAsync(
            new SwarmBegin("node-1", target, limit, order, Contract, [.. slots], resume) { RetryStage = Implement },
            Token);
        Epoch = swarm.Epoch;
        return swarm;
    }

    private protected static BacklogEntry Entry(
        string id, int priority = 2, int unblocks = 0, int age = 0, long ordinal = 0, bool ready = true) =>
        new(BeadId.Parse(id), $"Title of {id}", priority, unblocks, FakeTime.Start.AddDays(-age), ordinal, ready);

    private protected Task<IntakeResult> IntakeAsync(params BacklogEntry[] entries) =>
        Store.UpdateBacklogAsync(Epoch, entries, attemptsAllowed: 3, Token);

    private protected Task<IntakeResult> IntakeAsync(params string[] ids) =>
        IntakeAsync([.. ids.Select(id => Entry(id))]);

    private protected Task<Claim?> TryClaimAsync(int agent = 1, params StageName[] stages) =>
        Store.ClaimNextAsync(
            Epoch, new ClaimRequest(new AgentNumber(agent), "node-1", stages.Length == 0 ? AllStages : stages, Lease),
            Token);

    private protected async Task<Claim> ClaimAsync(int agent = 1, params StageName[] stages)
    {
        var claim = await TryClaimAsync(agent, stages);
        Assert.NotNull(claim);
        return claim;
    }

    /// <summary>One bead, held by agent 1.</summary>
    private protected async Task<Claim> HeldAsync(string id = "x-1")
    {
        await BeginAsync();
        await IntakeAsync(id);
        return await ClaimAsync();
    }

    private protected async Task<StageRunId> StartAsync(ClaimKey claim, StageName? stage = null)
    {
        var run = await Store.StartStageAsync(claim, Start(claim, stage ?? Contract), Token);
        Assert.NotNull(run);
        return run.Value;
    }

    private protected static StageStart Start(ClaimKey claim, StageName stage, int attempt = 1) => new(
        stage, attempt, $"workspaces/{claim.Bead}", $"agent-{claim.Agent}/{claim.Bead}", "sessions/1", "base0");

    private protected static StageFinish Finish(
        StageRunId run, StageStatus status = StageStatus.Passed, params NewArtifact[] artifacts) =>
        new(run, status, "done", null, "head1", "tree1", artifacts);

    /// <summary>Takes a held bead into the merge queue.</summary>
    private protected async Task<Beadswarm.Landing.LandingEntry> QueueAsync(Claim claim)
    {
        var run = await StartAsync(claim.Key);
        Assert.Equal(
            WriteOutcome.Done,
            await Store.FinishStageAsync(claim.Key, Finish(run), new BeadTransition.Land(), Token));
        return (await Store.ReadQueueAsync(Token)).Entries.Single(entry => entry.Bead == claim.Bead);
    }

    private protected async Task BlockAsync(Claim claim, string reason = "attempts used up")
    {
        var run = await StartAsync(claim.Key);
        Assert.Equal(
            WriteOutcome.Done,
            await Store.FinishStageAsync(
                claim.Key, Finish(run, StageStatus.Failed), new BeadTransition.Block(reason), Token));
    }

    private protected async Task<BeadWork> BeadAsync(string id)
    {
        var bead = await Store.ReadBeadAsync(BeadId.Parse(id), Token);
        Assert.NotNull(bead);
        return bead;
    }

    private protected async Task TellTrackerAsync() =>
        await Store.ConfirmOutboxAsync(
            Epoch, [.. (await Store.ReadOutboxAsync(Token)).Select(entry => entry.Id)], Token);

    private protected async Task<string> OutboxAsync() =>
        string.Join('\n', (await Store.ReadOutboxAsync(Token)).Select(entry => entry.Change));

    private protected Task<IReadOnlyList<JournalEntry>> JournalAsync() =>
        Store.ReadJournalAsync(0, null, int.MaxValue, Token);

    /// <summary>All that a store holds, as text: equal before and after what must change nothing.</summary>
    private protected async Task<string> EverythingAsync()
    {
        var journal = await JournalAsync();
        var status = await Store.ReadStatusAsync(Token);
        return string.Join('\n',
        [
            .. (await Store.ReadBeadsAsync(Token)).Select(bead => $"{bead}"),
            .. (await Store.ReadHistoryAsync(null, null, int.MaxValue, Token)).Select(run => $"{run}"),
            .. (await Store.ReadLandingsAsync(null, Token)).Select(landing => $"{landing}"),
            .. (await Store.ReadOpenStagesAsync(Token)).Select(stage => $"{stage}"),
            .. (await Store.ReadOutboxAsync(Token)).Select(entry => $"{entry}"),
            .. status.Agents.Select(agent => $"{agent}"),
            $"{status.Swarm}",
            $"{journal.Count} entries",
        ]);
    }
}
