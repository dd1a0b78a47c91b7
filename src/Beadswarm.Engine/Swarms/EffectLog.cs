using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Does things outside of the store so that a restart knows of them: written down as intended before, and as done, or
/// as failed, after. Only a death in between leaves an effect open, and <see cref="EffectRecovery"/> settles it.
/// </summary>
sealed class EffectLog(IStore store, Standing standing)
{
    /// <exception cref="SwarmFencedException">Another orchestrator has taken over: it must not be done.</exception>
    public async Task<EffectId> IntendAsync(NewEffect effect, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await store.IntendEffectAsync(standing.Epoch, effect, cancellationToken) is { } id)
            {
                return id;
            }

            // A node that has joined goes on under whoever holds the swarm now; each round is another holder's.
            if (!await standing.CatchUpAsync(store, cancellationToken))
            {
                throw new SwarmFencedException();
            }
        }
    }

    /// <summary>Says what became of it. Not to be cancelled: it has been done.</summary>
    public async Task SettleAsync(EffectId effect, string outcome)
    {
        while (await store.SettleEffectAsync(standing.Epoch, effect, outcome, CancellationToken.None)
            == WriteOutcome.Fenced
            && await standing.CatchUpAsync(store, CancellationToken.None))
        {
        }
    }

    /// <param name="outcome">In a few words.</param>
    public async Task<T> DoAsync<T>(
        NewEffect effect, Func<Task<T>> perform, Func<T, string> outcome, CancellationToken cancellationToken)
    {
        var id = await IntendAsync(effect, cancellationToken);
        T result;
        try
        {
            result = await perform();
        }
        catch (Exception error)
        {
            // Whoever asked for it decides what to do; here it is only said that nobody is at it any more.
            var why = error is OperationCanceledException ? "given up" : $"failed: {error.Message}";
            await SettleAsync(id, PipelineRules.OneLine(why));
            throw;
        }

        await SettleAsync(id, outcome(result));
        return result;
    }
}

/// <summary>Another orchestrator has taken over; this one must stop touching anything.</summary>
sealed class SwarmFencedException() : Exception("another orchestrator has taken over this swarm")
{
    public static async Task ThrowIfFencedAsync(Task<WriteOutcome> write)
    {
        if (await write == WriteOutcome.Fenced)
        {
            throw new SwarmFencedException();
        }
    }
}
