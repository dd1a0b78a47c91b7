using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>
/// What the simulation proves holds for the product only as far as its store answers like the real one: the random
/// histories on both at once, every answer compared.
/// </summary>
public sealed class TwinHistoryTests : HistoryConformance
{
    readonly TemporaryFolder _folder = new();
    InMemoryDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) => new TwinStore(
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token),
        new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _folder.Dispose();

    private protected override async Task LookAsync()
    {
        await Store.ReadStatusAsync(Token);
        await Store.ReadBeadsAsync(Token);
        await Store.ReadQueueAsync(Token);
        await Store.ReadGatesAsync(Token);
        await Store.ReadOpenStagesAsync(Token);
        await Store.ReadOutboxAsync(Token);
    }
}

/// <summary>Both stores at once: what comes in, what is told, beginning and ending.</summary>
public sealed class TwinBacklogTests : BacklogConformance
{
    readonly TemporaryFolder _folder = new();
    InMemoryDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) => new TwinStore(
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token),
        new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _folder.Dispose();
}

/// <summary>Both stores at once: stages, artifacts, gates and landings.</summary>
public sealed class TwinEvidenceTests : EvidenceConformance
{
    readonly TemporaryFolder _folder = new();
    InMemoryDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) => new TwinStore(
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token),
        new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _folder.Dispose();
}

/// <summary>Both stores at once: costs.</summary>
public sealed class TwinCostTests : CostConformance
{
    readonly TemporaryFolder _folder = new();
    InMemoryDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) => new TwinStore(
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token),
        new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _folder.Dispose();
}

/// <summary>Both stores at once: external agents.</summary>
public sealed class TwinExternalTests : ExternalConformance
{
    readonly TemporaryFolder _folder = new();
    InMemoryDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) => new TwinStore(
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token),
        new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _folder.Dispose();
}
