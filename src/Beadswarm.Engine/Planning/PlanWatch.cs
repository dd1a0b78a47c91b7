using Beadswarm.Agents;

namespace Beadswarm.Planning;

/// <summary>
/// Asks whether a planner at work may go on, beside its work: whenever it has used more, and now and then, because
/// others may have. What was answered last is what holds.
/// </summary>
sealed class PlanWatch(Func<UsageReport, CancellationToken, Task<AgentEnd.BudgetExceeded?>> ask, TimeProvider time)
{
    static readonly TimeSpan AskPeriod = TimeSpan.FromSeconds(5);

    UsageReport _told = UsageReport.Unknown;
    long _askedAt = time.GetTimestamp();
    Task<AgentEnd.BudgetExceeded?> _answer = Task.FromResult<AgentEnd.BudgetExceeded?>(null);

    /// <summary>Never waits. Null: as far as is known, it may go on.</summary>
    public AgentEnd.BudgetExceeded? Look(UsageReport usage)
    {
        if (!_answer.IsCompleted)
        {
            return null;
        }

        // A question that failed is asked again like any other: it has said nothing.
        var answer = _answer.IsCompletedSuccessfully ? _answer.Result : null;
        if (answer is null && (usage != _told || time.GetElapsedTime(_askedAt) >= AskPeriod))
        {
            (_told, _askedAt) = (usage, time.GetTimestamp());
            _answer = ask(usage, CancellationToken.None);
        }

        return answer;
    }

    /// <summary>The last question has its answer: nothing is asked any more.</summary>
    public Task EndAsync() => _answer.ContinueWith(
        _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
