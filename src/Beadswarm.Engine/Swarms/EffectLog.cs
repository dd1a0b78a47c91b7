using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Does things outside of the store so that a restart knows of them: written down as intended before, and as done, or
/// as failed, after. Only a death in between leaves an effect open, and <see cref="EffectRecovery"/> settles it.
/// </summary>
sealed class EffectLog(IStore store, SwarmEpoch epoch)
{
    /// <exception cref="SwarmFencedException">Another orchestrator has taken over: it must not be done.</exception>
    public async Task<EffectId> IntendAsync(NewEffect effect, CancellationToken cancellationToken) =>
        await store.IntendEffectAsync(epoch, effect, cancellationToken) ?? throw new SwarmFencedException();

    /// <summary>Says what became of it. Not to be cancelled: it has been done.</summary>
    public Task SettleAsync(EffectId effect, string outcome) =>
        store.SettleEffectAsync(epoch, effect, outcome, CancellationToken.None);

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
