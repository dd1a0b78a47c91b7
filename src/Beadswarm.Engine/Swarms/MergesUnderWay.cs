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

    readonly Beside<(CommitId Onto, LandingId Landing), MergeOutcome> _beside = new(bell);
    readonly Dictionary<LandingId, int> _begun = [];

    public bool IsUnderWay(CommitId onto, LandingId landing) => _beside.Running.Contains((onto, landing));

    /// <summary>What it came to; null while it goes on.</summary>
    public async Task<MergeOutcome?> BeginAsync(
        CommitId onto, LandingId landing, Func<CancellationToken, Task<MergeStart>> begin, CancellationToken stop)
    {
        // Upon what the target was before, nobody needs it any more.
        Cancel(other => other == landing);
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
                    _beside.Add((onto, landing), merge.Outcome, cancel);
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
    public Task TakeInAsync(Action<CommitId, LandingId, MergeOutcome> take) =>
        _beside.TakeInAsync((merge, outcome) => take(merge.Onto, merge.Landing, outcome));

    /// <summary>Ends those of landings that do not wait any more.</summary>
    public void Forget(Func<LandingId, bool> waits)
    {
        Cancel(landing => !waits(landing));
        foreach (var gone in _begun.Keys.Where(landing => !waits(landing)).ToArray())
        {
            _begun.Remove(gone);
        }
    }

    /// <summary>Ends all of them.</summary>
    public Task EndAsync() => _beside.EndAsync();

    void Cancel(Func<LandingId, bool> which)
    {
        foreach (var merge in _beside.Running.Where(one => which(one.Landing)))
        {
            _beside.Cancel(merge);
        }
    }
}
