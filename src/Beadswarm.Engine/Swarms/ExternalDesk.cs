using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// Where agents that the swarm has not started ask. A question is answered by a task of its own, which goes on when the
/// one who asked has gone; asked again under the same id, it is the same task, or what the store has kept of it.
/// </summary>
sealed class ExternalDesk(SwarmParts parts, ExternalWork work, CancellationToken terminate)
{
    /// <summary>Questions that are being answered, or whose answer nobody has fetched yet.</summary>
    public const int CallsMax = 1000;

    /// <summary>How long a client waits for an answer at a time: less than it takes a swarm for dead.</summary>
    public static readonly TimeSpan PollTime = TimeSpan.FromSeconds(5);

    readonly Lock _lock = new();
    readonly Dictionary<RequestId, Call> _calls = [];
    readonly Dictionary<AgentNumber, Turnstile> _turns = [];
    bool _closed;

    /// <summary>The answer, or null while there is none: then the same is to be asked again.</summary>
    public async Task<string?> AskAsync(ExternalCall asked, CancellationToken cancellationToken)
    {
        Call call;
        lock (_lock)
        {
            if (_closed)
            {
                return Refuse(asked, ExternalRefusal.Stopping, "the swarm is about to end");
            }

            if (!_calls.TryGetValue(asked.Id, out var known))
            {
                if (_calls.Count >= CallsMax)
                {
                    Forget_NeedsLock();
                }

                if (_calls.Count >= CallsMax)
                {
                    return Refuse(asked, ExternalRefusal.Unavailable, $"{CallsMax} requests are under way; try again");
                }

                known = new Call(asked, AnswerAsync(asked));
                _calls.Add(asked.Id, known);
            }

            call = known;
        }

        if (call.Asked != asked)
        {
            return Refuse(
                asked, ExternalRefusal.Refused, $"request {asked.Id} is under way, and asks for something else");
        }

        try
        {
            return await call.Answer.WaitAsync(PollTime, parts.Time, cancellationToken);
        }
        catch (TimeoutException) when (!call.Answer.IsCompleted)
        {
            return null;
        }
        finally
        {
            if (call.Answer.IsCompleted)
            {
                lock (_lock)
                {
                    _calls.Remove(asked.Id);
                }
            }
        }
    }

    /// <summary>Takes no further question, and comes back when what was asked is answered or given up.</summary>
    public async Task EndAsync()
    {
        Task[] left;
        lock (_lock)
        {
            _closed = true;
            left = [.. _calls.Values.Select(call => call.Answer)];
        }

        try
        {
            await Task.WhenAll(left);
        }
        catch (Exception)
        {
            // Whoever asked is told, if he still listens.
        }
    }

    async Task<string> AnswerAsync(ExternalCall asked)
    {
        // Whoever asks holds the lock.
        await Task.Yield();
        try
        {
            // A sign of life must not wait for the gates of the stage that the same agent has just ended.
            using var turn = asked.Verb == ExternalVerb.Heartbeat ? null : await TurnOf(asked).EnterAsync(terminate);
            return await work.DoAsync(asked, terminate);
        }
        catch (OperationCanceledException) when (terminate.IsCancellationRequested)
        {
            return Refuse(
                asked, ExternalRefusal.Stopping, "the swarm stops; ask again under the same id when it is back");
        }
        catch (SwarmFencedException other)
        {
            return Refuse(asked, ExternalRefusal.Stopping, other.Message);
        }
    }

    Turnstile TurnOf(ExternalCall asked)
    {
        lock (_lock)
        {
            if (!_turns.TryGetValue(asked.Agent, out var turn))
            {
                turn = new Turnstile(1);
                _turns.Add(asked.Agent, turn);
            }

            return turn;
        }
    }

    void Forget_NeedsLock()
    {
        foreach (var over in _calls.Where(call => call.Value.Answer.IsCompleted).Select(call => call.Key).ToArray())
        {
            _calls.Remove(over);
        }
    }

    static string Refuse(ExternalCall asked, ExternalRefusal kind, string message) =>
        ExternalAnswers.Refusal(asked.Verb, kind, message);

    /// <summary>A question and the task that answers it.</summary>
    sealed record Call(ExternalCall Asked, Task<string> Answer);
}
