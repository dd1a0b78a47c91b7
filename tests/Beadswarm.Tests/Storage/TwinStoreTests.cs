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
    readonly TwinPlace _place = new();

    private protected override Task<IStore> OpenAsync(TimeProvider time) => _place.OpenAsync(time, Token);

    protected override void Clean() => _place.Dispose();

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
    readonly TwinPlace _place = new();

    private protected override Task<IStore> OpenAsync(TimeProvider time) => _place.OpenAsync(time, Token);

    protected override void Clean() => _place.Dispose();
}

/// <summary>Both stores at once: stages, artifacts, gates and landings.</summary>
public sealed class TwinEvidenceTests : EvidenceConformance
{
    readonly TwinPlace _place = new();

    private protected override Task<IStore> OpenAsync(TimeProvider time) => _place.OpenAsync(time, Token);

    protected override void Clean() => _place.Dispose();
}

/// <summary>Both stores at once: costs.</summary>
public sealed class TwinCostTests : CostConformance
{
    readonly TwinPlace _place = new();

    private protected override Task<IStore> OpenAsync(TimeProvider time) => _place.OpenAsync(time, Token);

    protected override void Clean() => _place.Dispose();
}

/// <summary>Both stores at once: external agents.</summary>
public sealed class TwinExternalTests : ExternalConformance
{
    readonly TwinPlace _place = new();

    private protected override Task<IStore> OpenAsync(TimeProvider time) => _place.OpenAsync(time, Token);

    protected override void Clean() => _place.Dispose();
}

/// <summary>Where both stores keep what they hold, so that it is there when they are opened again.</summary>
sealed class TwinPlace : IDisposable
{
    readonly TemporaryFolder _folder = new();
    InMemoryDatabase? _database;

    public async Task<IStore> OpenAsync(TimeProvider time, CancellationToken cancellationToken) => new TwinStore(
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, cancellationToken),
        new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    public void Dispose() => _folder.Dispose();
}
