namespace Beadswarm.Simulation;

/// <summary>Does many independent things, as many at a time as there are processors.</summary>
static class Jobs
{
    /// <summary>The results, in the order of the jobs; the first exception of any of them ends all.</summary>
    /// <param name="progress">Told how many of how many are over; never by two threads at once.</param>
    public static IReadOnlyList<TResult> Run<TJob, TResult>(
        IReadOnlyList<TJob> jobs, Func<TJob, TResult> run, Action<int, int> progress,
        CancellationToken cancellationToken)
    {
        var (results, gate) = (new TResult[jobs.Count], new Lock());
        var (next, done, failure) = (-1, 0, (Exception?)null);
        void Work()
        {
            while (Volatile.Read(ref failure) is null && !cancellationToken.IsCancellationRequested
                && Interlocked.Increment(ref next) is var place && place < jobs.Count)
            {
                try
                {
                    results[place] = run(jobs[place]);
                    lock (gate)
                    {
                        progress(++done, jobs.Count);
                    }
                }
                catch (Exception error)
                {
                    Interlocked.CompareExchange(ref failure, error, null);
                }
            }
        }

        // Threads of their own: a simulated world keeps its thread from the first step to the last.
        var threads = Enumerable.Range(0, Math.Min(jobs.Count, Environment.ProcessorCount))
            .Select(_ => new Thread(Work)).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return failure is null ? results : throw new AggregateException(failure);
    }
}
