using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>The claiming cases on SQLite.</summary>
public sealed class SqliteClaimingTests : ClaimingConformance
{
    readonly TemporaryFolder _folder = new();

    private protected override async Task<IStore> OpenAsync(TimeProvider time) =>
        await SqliteStore.OpenAsync(_folder["swarm.db"], time, Token);

    protected override void Clean() => _folder.Dispose();
}
