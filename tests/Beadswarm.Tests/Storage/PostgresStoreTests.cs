using Beadswarm.Storage;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>The conformance suite on PostgreSQL: claiming.</summary>
public sealed class PostgresClaimingTests : ClaimingConformance
{
    PostgresDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await (_database ??= await PostgresDatabase.MakeAsync(Time)).OpenAsync();

    protected override void Clean() => _database?.Drop();
}

/// <summary>The conformance suite on PostgreSQL: fencing.</summary>
public sealed class PostgresFencingTests : FencingConformance
{
    PostgresDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await (_database ??= await PostgresDatabase.MakeAsync(Time)).OpenAsync();

    protected override void Clean() => _database?.Drop();
}

/// <summary>The conformance suite on PostgreSQL: backlog.</summary>
public sealed class PostgresBacklogTests : BacklogConformance
{
    PostgresDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await (_database ??= await PostgresDatabase.MakeAsync(Time)).OpenAsync();

    protected override void Clean() => _database?.Drop();
}

/// <summary>The conformance suite on PostgreSQL: evidence.</summary>
public sealed class PostgresEvidenceTests : EvidenceConformance
{
    PostgresDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await (_database ??= await PostgresDatabase.MakeAsync(Time)).OpenAsync();

    protected override void Clean() => _database?.Drop();
}

/// <summary>The conformance suite on PostgreSQL: costs.</summary>
public sealed class PostgresCostTests : CostConformance
{
    PostgresDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await (_database ??= await PostgresDatabase.MakeAsync(Time)).OpenAsync();

    protected override void Clean() => _database?.Drop();
}

/// <summary>The conformance suite on PostgreSQL: random histories.</summary>
public sealed class PostgresHistoryTests : HistoryConformance
{
    PostgresDatabase? _database;

    protected override int Histories => 8;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await (_database ??= await PostgresDatabase.MakeAsync(Time)).OpenAsync();

    protected override void Clean() => _database?.Drop();
}

/// <summary>The conformance suite on PostgreSQL: external agents.</summary>
public sealed class PostgresExternalTests : ExternalConformance
{
    PostgresDatabase? _database;

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await (_database ??= await PostgresDatabase.MakeAsync(Time)).OpenAsync();

    protected override void Clean() => _database?.Drop();
}
