using Beadswarm.Control;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// What a verb reads a repository's swarm through: the running swarm itself, or its store when none runs. A swarm that
/// ends
/// between two questions is no error; the question is asked again where the answer is now.
/// </summary>
sealed class SwarmReader : IAsyncDisposable
{
    readonly StoreFile _file;
    IStoreReader? _stored;

    SwarmReader(string repositoryPath, TimeProvider time)
    {
        Client = new ControlClient(new SwarmPaths(repositoryPath).Socket);
        _file = new StoreFile(repositoryPath, time);
        Alive = Client.Answers();
    }

    /// <summary>Whether an orchestrator answered the last question.</summary>
    public bool Alive { get; private set; }

    public ControlClient Client { get; }

    public static SwarmReader Open(VerbCall call) => new(call.RepositoryPath, call.Host.Time);

    public async Task<T> ReadAsync<T>(
        Func<IStoreReader, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        if (Alive)
        {
            try
            {
                return await read(Client, cancellationToken);
            }
            catch (ControlException error) when (error.Kind == ControlErrorKind.Gone)
            {
                Alive = false;
            }
        }

        _stored ??= await _file.OpenAsync(cancellationToken);
        return await read(_stored, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stored is IAsyncDisposable stored)
        {
            await stored.DisposeAsync();
        }
    }
}
