using Beadswarm.Control;
using Beadswarm.Storage;

namespace Beadswarm.Cli;

/// <summary>
/// What a verb reads a repository's swarm through: the running swarm itself, or its store when none runs. A swarm that
/// ends
/// between two questions is no error; the question is asked again where the answer is now.
/// </summary>
sealed class SwarmView : IAsyncDisposable
{
    readonly StoreFile _file;
    IStoreReader? _stored;

    SwarmView(string repositoryPath)
    {
        Client = new ControlClient(ControlSocket.PathOf(repositoryPath));
        _file = new StoreFile(repositoryPath);
        Alive = Client.Answers();
    }

    /// <summary>Whether an orchestrator answered the last question.</summary>
    public bool Alive { get; private set; }

    public ControlClient Client { get; }

    public static SwarmView Open(VerbCall call) => new(call.RepositoryPath);

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

        _stored ??= await _file.OpenAsync();
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
