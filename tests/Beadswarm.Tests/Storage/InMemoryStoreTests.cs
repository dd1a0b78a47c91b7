using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;

namespace Beadswarm.Tests.Storage;

/// <summary>The conformance suite on the simulation's store: claiming.</summary>
public sealed class InMemoryClaimingTests : ClaimingConformance
{
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) =>
        Task.FromResult<IStore>(new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _database = null;
}

/// <summary>The conformance suite on the simulation's store: fencing.</summary>
public sealed class InMemoryFencingTests : FencingConformance
{
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) =>
        Task.FromResult<IStore>(new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _database = null;
}

/// <summary>The conformance suite on the simulation's store: backlog.</summary>
public sealed class InMemoryBacklogTests : BacklogConformance
{
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) =>
        Task.FromResult<IStore>(new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _database = null;
}

/// <summary>The conformance suite on the simulation's store: evidence.</summary>
public sealed class InMemoryEvidenceTests : EvidenceConformance
{
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) =>
        Task.FromResult<IStore>(new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _database = null;
}

/// <summary>The conformance suite on the simulation's store: costs.</summary>
public sealed class InMemoryCostTests : CostConformance
{
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) =>
        Task.FromResult<IStore>(new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _database = null;
}

/// <summary>The conformance suite on the simulation's store: random histories.</summary>
public sealed class InMemoryHistoryTests : HistoryConformance
{
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) =>
        Task.FromResult<IStore>(new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _database = null;
}

/// <summary>The conformance suite on the simulation's store: external agents.</summary>
public sealed class InMemoryExternalTests : ExternalConformance
{
    InMemoryDatabase? _database;

    private protected override Task<IStore> OpenAsync(TimeProvider time) =>
        Task.FromResult<IStore>(new InMemoryStore(_database ??= new InMemoryDatabase(time)));

    protected override void Clean() => _database = null;
}
