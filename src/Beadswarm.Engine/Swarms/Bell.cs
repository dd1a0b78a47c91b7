namespace Beadswarm.Swarms;

/// <summary>
/// Wakes everybody who listens when something has changed. Listen first, then look, then wait: a ring between looking
/// and
/// waiting is not lost. Ringing says nothing about what changed; the store does.
/// </summary>
sealed class Bell
{
    volatile TaskCompletionSource _next = New();

    /// <summary>Completes at the first ring after this call.</summary>
    public Task Listen() => _next.Task;

    public void Ring() => Interlocked.Exchange(ref _next, New()).SetResult();

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
