using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>The store of a repository that no swarm holds open.</summary>
sealed class StoreFile(string repositoryPath, TimeProvider time)
{
    public string Path { get; } = new SwarmPaths(repositoryPath).Store;

    /// <summary>Opens it for reading; where there is none, everything is empty.</summary>
    public async Task<IStoreReader> OpenAsync(CancellationToken cancellationToken) =>
        File.Exists(Path) ? await SqliteStore.OpenReadOnlyAsync(Path, time, cancellationToken) : new NoSwarmYet();
}
