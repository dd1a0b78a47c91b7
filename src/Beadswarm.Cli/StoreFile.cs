using Beadswarm.Storage;

namespace Beadswarm.Cli;

/// <summary>The store of a repository that no swarm holds open.</summary>
sealed class StoreFile(string repositoryPath)
{
    public string Path { get; } = System.IO.Path.Combine(repositoryPath, ".beadswarm", "swarm.db");

    /// <summary>Opens it for reading; where there is none, everything is empty.</summary>
    public Task<IStoreReader> OpenAsync() =>
        File.Exists(Path)
            ? throw new UserError($"'{Path}' cannot be read", null, ExitCodes.StoreUnusable)
            : Task.FromResult<IStoreReader>(new NoSwarmYet());
}
