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
    readonly SwarmPaths _paths;
    readonly Func<StorePlace> _place;
    readonly TimeProvider _time;
    IStoreReader? _stored;

    SwarmReader(string repositoryPath, Func<StorePlace> place, TimeProvider time)
    {
        _paths = new SwarmPaths(repositoryPath);
        Client = new ControlClient(_paths.Socket);
        _place = place;
        _time = time;
        Alive = Client.Answers();
    }

    /// <summary>Whether an orchestrator answered the last question.</summary>
    public bool Alive { get; private set; }

    public ControlClient Client { get; }

    /// <summary>
    /// Whether there is an orchestrator: one that starts or ends does not answer, and one that was killed never will.
    /// </summary>
    public SwarmLife Life => Alive ? new SwarmLife.Here()
        : SwarmPresence.Look(_paths) is SwarmPresence.Living living ? new SwarmLife.Coming(living.Holder.Since)
        : new SwarmLife.Gone();

    /// <summary>
    /// Whether the swarm goes on: an orchestrator of this clone answered the last question, or nodes of other clones
    /// work it.
    /// </summary>
    public async Task<bool> GoesOnAsync(CancellationToken cancellationToken) =>
        Alive || await ReadAsync((store, token) => store.ReadStatusAsync(token), cancellationToken)
            is { Swarm.EndedAt: null, HasNodes: true };

    public static SwarmReader Open(VerbCall call) => Open(call, call.RepositoryPath);

    public static SwarmReader Open(VerbCall call, string repositoryPath) =>
        new(repositoryPath, () => StoreChoice.Of(call, repositoryPath), call.Host.Time);

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

        _stored ??= (IStoreReader?)await _place().OpenReadOnlyAsync(_time, cancellationToken) ?? new NoSwarmYet();
        return await read(_stored, cancellationToken);
    }

    /// <summary>The object of <c>status --format json</c>.</summary>
    public async Task<byte[]> ReadStatusJsonAsync(CancellationToken cancellationToken)
    {
        if (Alive)
        {
            try
            {
                return await Client.ReadStatusJsonAsync(cancellationToken);
            }
            catch (ControlException error) when (error.Kind == ControlErrorKind.Gone)
            {
                Alive = false;
            }
        }

        return StatusJson.Format(
            await ReadAsync((store, token) => store.ReadStatusAsync(token), cancellationToken), Life,
            health: await ReadAsync((store, token) => store.ReadTargetHealthAsync(token), cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (_stored is IAsyncDisposable stored)
        {
            await stored.DisposeAsync();
        }
    }
}
