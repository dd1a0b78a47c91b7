namespace Beadswarm.Storage.Postgres.Servers;

/// <summary>
/// A PostgreSQL server that serves one repository alone, and keeps what belongs to it in a folder of that repository.
/// </summary>
interface IOwnServer
{
    /// <summary>Whether it was made before.</summary>
    bool Exists { get; }

    /// <summary>Where the store is in it, with all that a connection takes, but no password.</summary>
    string Url { get; }

    /// <summary>An administrator's way to the same server.</summary>
    PostgresAddress Admin { get; }

    /// <summary>
    /// Makes it unless it is there, and starts it unless it runs; it answers when this returns. Dying in the middle
    /// leaves nothing that the next call does not finish.
    /// </summary>
    /// <returns>What was done, for people; nothing where it ran already.</returns>
    /// <exception cref="ServerException">A program is missing, or refused.</exception>
    Task<IReadOnlyList<string>> StartAsync(CancellationToken cancellationToken);

    /// <summary>Ends it; what it holds stays.</summary>
    /// <returns>Whether it ran.</returns>
    Task<bool> StopAsync(CancellationToken cancellationToken);
}
