using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage.Postgres;

/// <summary>What the tests of the PostgreSQL driver do to a store again and again.</summary>
static class PostgresSwarm
{
    public static readonly StageName Contract = new("contract");

    /// <summary>Of every claim here.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    static readonly StageName[] Stages = [Contract, new("implement"), new("qa-enforcer"), new("red-queen")];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<SwarmEpoch> BeginAsync(this IStore store, int beads, int? target = null, int? limit = null)
    {
        var slots = Enumerable.Range(1, 30).Select(n => new AgentSlot(new AgentNumber(n), "worker", "scripted"));
        var swarm = await store.BeginSwarmAsync(
            new SwarmBegin("node-1", target, limit, SelectOrder.Triage, Contract, [.. slots], false), Token);
        var entries = Enumerable.Range(0, beads).Select(n => new BacklogEntry(
            BeadId.Parse($"x-{n}"), $"Title {n}", n % 5, 0, DateTimeOffset.UnixEpoch, n, true));
        await store.UpdateBacklogAsync(swarm.Epoch, [.. entries], 3, Token);
        return swarm.Epoch;
    }

    public static Task<Claim?> ClaimAsync(this IStore store, SwarmEpoch epoch, int agent, string node = "node-1") =>
        store.ClaimNextAsync(epoch, new ClaimRequest(new AgentNumber(agent), node, Stages, Lease), Token);

    /// <summary>Claims until there is nothing more.</summary>
    public static async Task<List<Claim>> ClaimAllAsync(this IStore store, SwarmEpoch epoch, int agent)
    {
        var claims = new List<Claim>();
        while (await store.ClaimAsync(epoch, agent) is { } claim)
        {
            claims.Add(claim);
        }

        return claims;
    }

    /// <summary>One stage that ends in blocking the bead.</summary>
    public static async Task BlockAsync(this IStore store, ClaimKey key)
    {
        var run = await store.StartStageAsync(
            key, new StageStart(Contract, 1, "workspace", "branch", "session", "base"), Token);
        var finish = new StageFinish(run!.Value, StageStatus.Failed, "no", "feedback", null, null, []);
        Assert.Equal(
            WriteOutcome.Done, await store.FinishStageAsync(key, finish, new BeadTransition.Block("enough"), Token));
    }

    /// <summary>The journal is whole, and says what the tables hold.</summary>
    public static async Task<IReadOnlyList<JournalEntry>> CheckJournalAsync(this IStore store)
    {
        var journal = await store.ReadJournalAsync(0, null, int.MaxValue, Token);
        Assert.Equal(Enumerable.Range(1, journal.Count).Select(n => (long)n), journal.Select(entry => entry.Sequence));
        Assert.Equal([], JournalFold.Differences(JournalFold.Fold(journal), await store.ReadBeadsAsync(Token)));
        return journal;
    }

    public static Task<IStore[]> OpenManyAsync(this PostgresDatabase database, int count) =>
        Task.WhenAll(Enumerable.Range(1, count).Select(n => database.OpenAsync($"node-{n}")));

    public static async Task CloseAsync(this IEnumerable<IStore> stores)
    {
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }
}
