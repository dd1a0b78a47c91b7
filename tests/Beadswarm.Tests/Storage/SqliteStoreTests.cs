using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>The conformance suite on SQLite: claiming.</summary>
public sealed class SqliteClaimingTests : ClaimingConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}

/// <summary>The conformance suite on SQLite: fencing.</summary>
public sealed class SqliteFencingTests : FencingConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}

/// <summary>The conformance suite on SQLite: backlog.</summary>
public sealed class SqliteBacklogTests : BacklogConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}

/// <summary>The conformance suite on SQLite: evidence.</summary>
public sealed class SqliteEvidenceTests : EvidenceConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}

/// <summary>The conformance suite on SQLite: costs.</summary>
public sealed class SqliteCostTests : CostConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}

/// <summary>The conformance suite on SQLite: random histories.</summary>
public sealed class SqliteHistoryTests : HistoryConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}

/// <summary>The conformance suite on SQLite: external agents.</summary>
public sealed class SqliteExternalTests : ExternalConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}
