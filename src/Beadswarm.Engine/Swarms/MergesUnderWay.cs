using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// Merges whose conflicts a command of the configuration settles: they go on beside everything else, and ring when they
/// are over. Nothing is lost with this process: what was settled comes out the same when it is tried again.
/// </summary>
sealed class MergesUnderWay(Bell bell)
{
    /// <summary>
    /// So often the target may have moved before it was over; then nothing lands until it is, or it might never be.
    /// </summary>
    const int BesideMax = 2;

    readonly Dictionary<(CommitId Onto, LandingId Landing), UnderWay> _running = [];
    readonly Dictionary<LandingId, int> _begun = [];

    public bool IsUnderWay(CommitId onto, LandingId landing) => _running.ContainsKey((onto, landing));

    /// <summary>What it came to; null while it goes on.</summary>
    public async Task<MergeOutcome?> BeginAsync(
        CommitId onto, LandingId landing, Func<CancellationToken, Task<MergeStart>> begin, CancellationToken stop)
    {
        // Upon what the target was before, nobody needs it any more.
        Cancel(_running.Where(one => one.Key.Landing == landing).Select(one => one.Value));
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            switch (await begin(cancel.Token))
            {
                case MergeStart.Done done:
                    cancel.Dispose();
                    return done.Outcome;
                case MergeStart.UnderWay merge when _begun.GetValueOrDefault(landing) >= BesideMax:
                    var outcome = await merge.Outcome;
                    cancel.Dispose();
                    return outcome;
                case MergeStart.UnderWay merge:
                    _begun[landing] = _begun.GetValueOrDefault(landing) + 1;
                    _running[(onto, landing)] = new UnderWay(merge.Outcome, RingAfterAsync(merge.Outcome), cancel);
                    return null;
                case var start:
                    throw new System.Diagnostics.UnreachableException($"{start}");
            }
        }
        catch
        {
            cancel.Dispose();
            throw;
        }
    }

    /// <summary>Takes in what is over. Throws what a merge ended with that is no outcome.</summary>
    public async Task TakeInAsync(Action<CommitId, LandingId, MergeOutcome> take)
    {
        foreach (var (merge, running) in _running.Where(one => one.Value.Merge.IsCompleted).ToArray())
        {
            _running.Remove(merge);
            using (running.Cancel)
            {
                try
                {
                    take(merge.Onto, merge.Landing, await running.Merge);
                }
                catch (OperationCanceledException) when (running.Cancel.IsCancellationRequested)
                {
                    // Nobody wants to know any more.
                }
            }
        }
    }

    /// <summary>Ends those of landings that do not wait any more.</summary>
    public void Forget(Func<LandingId, bool> waits)
    {
        Cancel(_running.Where(one => !waits(one.Key.Landing)).Select(one => one.Value));
        foreach (var gone in _begun.Keys.Where(landing => !waits(landing)).ToArray())
        {
            _begun.Remove(gone);
        }
    }

    static void Cancel(IEnumerable<UnderWay> running)
    {
        foreach (var one in running)
        {
            one.Cancel.Cancel();
        }
    }

    /// <summary>Ends all of them.</summary>
    public async Task EndAsync()
    {
        Cancel(_running.Values);
        await Task.WhenAll(_running.Values.Select(running => running.Watch));
        foreach (var running in _running.Values)
        {
            // Whatever it ended with: whoever ends them has a reason of his own to tell.
            _ = running.Merge.Exception;
            running.Cancel.Dispose();
        }

        _running.Clear();
    }

    async Task RingAfterAsync(Task merge)
    {
        try
        {
            await merge;
        }
        catch (Exception)
        {
            // Told by whoever takes it in.
        }

        bell.Ring();
    }

    /// <param name="Watch">Ends after it, and well.</param>
    sealed record UnderWay(Task<MergeOutcome> Merge, Task Watch, CancellationTokenSource Cancel);
}
