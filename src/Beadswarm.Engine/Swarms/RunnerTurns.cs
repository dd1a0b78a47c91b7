using Beadswarm.Agents;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// That an agent may be at work on an account, from before it claims a bead until it has let go of it. Owned by
/// <see cref="RunnerTurns"/>.
/// </summary>
sealed class RunnerTurn(AgentNumber agent, string runner, RunnerAccount? account, long startedIn)
{
    public AgentNumber Agent => agent;

    /// <summary>The runner to use.</summary>
    public string Runner => runner;

    /// <summary>Null: its vendor is not known, and nothing is limited.</summary>
    public RunnerAccount? Account => account;

    public TurnRecord Record { get; set; } = new(startedIn, GotThrough: false);
}

/// <summary>Whether an agent may be at work now.</summary>
abstract record TurnAnswer
{
    TurnAnswer() { }

    public sealed record Granted(RunnerTurn Turn) : TurnAnswer;

    /// <summary>It waits, without a process.</summary>
    /// <param name="Until">When it may ask again; null: when it is called.</param>
    public sealed record Rest(DateTimeOffset? Until, string Reason) : TurnAnswer;
}

/// <summary>An account as <c>status</c> shows it while it is limited.</summary>
sealed record LimitedAccount(
    string Account, int AtOnce, int Agents, int AtWork, DateTimeOffset? Until, DateTimeOffset Since, string Reason);

/// <summary>
/// Lets as many agents be at work on each account as its vendor lets through, those first who have waited longest.
/// Shared by all agents of one orchestrator; what it has found out is in the journal, for people and for the next one.
/// </summary>
sealed class RunnerTurns(
    IReadOnlyDictionary<string, RunnerSpec> runners, IReadOnlyList<PoolConfig> pools, RetryLimits retry)
{
    /// <summary>Changes of limits that a start looks back at.</summary>
    const int RecallMax = 200;

    readonly Lock _lock = new();
    readonly Bell _bell = new();
    readonly IReadOnlyDictionary<string, RunnerAccount> _accounts = RunnerAccount.Of(runners, pools);
    readonly Dictionary<RunnerAccount, AccountLimit> _limits = [];
    readonly HashSet<RunnerTurn> _turns = [];
    readonly Dictionary<RunnerAccount, List<AgentNumber>> _waiting = [];
    readonly Queue<JournalEvent.RunnerLimited> _untold = [];

    /// <summary>What an earlier orchestrator found out holds on, and one agent alone tries it first.</summary>
    public async Task BeginAsync(IStore store, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_accounts.Count == 0)
        {
            return;
        }

        var entries = await store.ReadLatestAsync<JournalEvent.RunnerLimited>(RecallMax, cancellationToken);
        lock (_lock)
        {
            foreach (var account in _accounts.Values.Distinct())
            {
                if (entries.FirstOrDefault(entry => Of(entry).Account == account.Name) is not { } last
                    || Of(last) is not { } limited || limited.AtOnce >= limited.Agents
                    || now - last.At > PipelineRules.RateLimitWaitMax)
                {
                    continue;
                }

                _limits[account] = new AccountLimit
                {
                    AtOnce = Math.Clamp(limited.AtOnce, 1, account.Agents),
                    HeldUntil = limited.Until ?? last.At,
                    Patience = retry.DelayMax,
                    Since = last.At,
                    Reason = limited.Reason ?? "",
                };
            }
        }

        static JournalEvent.RunnerLimited Of(JournalEntry entry) => (JournalEvent.RunnerLimited)entry.Event;
    }

    /// <summary>What has been heard up to now; waiting is for more than that.</summary>
    public long Listen() => _bell.Listen();

    /// <summary>Until an agent that was told to rest may ask again.</summary>
    public Task WaitAsync(long heard, TimeSpan? atMost, TimeProvider time, CancellationToken cancellationToken) =>
        atMost is { } limit
            ? _bell.WaitAsync(heard, limit, time, cancellationToken)
            : _bell.WaitAsync(heard, cancellationToken);

    /// <summary>
    /// The first of the runner and its fallbacks whose account has room. An agent that has to rest keeps its place in
    /// the line of its own runner's account until it gets its turn or leaves.
    /// </summary>
    public TurnAnswer Take(AgentNumber agent, string runner, DateTimeOffset now)
    {
        lock (_lock)
        {
            return Take_NeedsLock(agent, runner, ahead: false, now);
        }
    }

    /// <summary>
    /// An agent that goes on with its bead is let in before those who wait for another one; where its account has no
    /// room any more, it may go on with a fallback.
    /// </summary>
    public TurnAnswer Again(RunnerTurn turn, string runner, DateTimeOffset now)
    {
        lock (_lock)
        {
            _turns.Remove(turn);
            var answer = Take_NeedsLock(turn.Agent, runner, ahead: true, now);
            if (answer is TurnAnswer.Granted)
            {
                return answer;
            }
        }

        _bell.Ring();
        return Take(turn.Agent, runner, now);
    }

    /// <summary>An agent that an earlier orchestrator has started is at work, whatever the limit.</summary>
    public RunnerTurn Adopt(AgentNumber agent, string runner)
    {
        lock (_lock)
        {
            return Add_NeedsLock(agent, runner, _accounts.GetValueOrDefault(runner));
        }
    }

    /// <summary>The bead is let go of, or there was none.</summary>
    public void GiveBack(RunnerTurn turn)
    {
        lock (_lock)
        {
            if (!_turns.Remove(turn) || turn.Account is null)
            {
                return;
            }
        }

        _bell.Ring();
    }

    /// <summary>The agent waits no longer.</summary>
    public void Leave(AgentNumber agent)
    {
        var waited = false;
        lock (_lock)
        {
            foreach (var line in _waiting.Values)
            {
                waited |= line.Remove(agent);
            }
        }

        if (waited)
        {
            _bell.Ring();
        }
    }

    /// <summary>When the runner takes work again; null: it does.</summary>
    public DateTimeOffset? HeldUntil(string runner, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _accounts.GetValueOrDefault(runner) is { } account
                && _limits.GetValueOrDefault(account) is { } limit && now < limit.HeldUntil
                    ? limit.HeldUntil
                    : null;
        }
    }

    /// <summary>Which runner would do the work of one that was refused; null: that one, later.</summary>
    public string? Instead(string runner, string refused, DateTimeOffset now)
    {
        lock (_lock)
        {
            return RunnerAccount.Chain(runner, runners)
                .Where(name => name != refused)
                .FirstOrDefault(name => Door_NeedsLock(_accounts.GetValueOrDefault(name), now) == AccountDoor.Open);
        }
    }

    /// <summary>The agent's model has answered it.</summary>
    public void GotThrough(RunnerTurn turn, DateTimeOffset now)
    {
        if (turn is { Account: { } account, Record.GotThrough: false })
        {
            Change(account, limit =>
            {
                var after = AccountLimitRules.GotThrough(limit, turn.Record.StartedIn, account.Agents, now);
                turn.Record = turn.Record with { GotThrough = true };
                return after;
            });
        }
    }

    /// <summary>The agent has ended.</summary>
    public void Ended(RunnerTurn turn, AgentEnd end, DateTimeOffset now, double jitter)
    {
        if (turn.Account is { } account)
        {
            Change(account, limit => AccountLimitRules.Ended(
                limit, turn.Record, end, AtWork_NeedsLock(account), account.Agents, retry, now, jitter));
        }
    }

    /// <summary>Writes down what has changed since it was last written down.</summary>
    public async Task TellAsync(IStore store, CancellationToken cancellationToken)
    {
        while (true)
        {
            JournalEvent.RunnerLimited? next;
            lock (_lock)
            {
                _untold.TryDequeue(out next);
            }

            if (next is null)
            {
                return;
            }

            await store.AppendAsync(null, null, next, cancellationToken);
        }
    }

    public IReadOnlyList<LimitedAccount> Report(DateTimeOffset now)
    {
        lock (_lock)
        {
            return
            [
                .. _limits.OrderBy(pair => pair.Key.Name, StringComparer.Ordinal).Select(pair => new LimitedAccount(
                    pair.Key.Name, pair.Value.AtOnce, pair.Key.Agents, AtWork_NeedsLock(pair.Key),
                    now < pair.Value.HeldUntil ? pair.Value.HeldUntil : null, pair.Value.Since, pair.Value.Reason)),
            ];
        }
    }

    TurnAnswer Take_NeedsLock(AgentNumber agent, string runner, bool ahead, DateTimeOffset now)
    {
        TurnAnswer.Rest? first = null;
        foreach (var name in RunnerAccount.Chain(runner, runners))
        {
            var account = _accounts.GetValueOrDefault(name);
            var door = Door_NeedsLock(account, now);
            if (door == AccountDoor.Open && (ahead || IsNext_NeedsLock(agent, account)))
            {
                foreach (var line in _waiting.Values)
                {
                    line.Remove(agent);
                }

                return new TurnAnswer.Granted(Add_NeedsLock(agent, name, account));
            }

            var rest = Rest_NeedsLock(account!, door); // where there is none, the door is open to everybody
            first = first is null || rest.Until < first.Until ? rest : first;
        }

        if (!ahead && _accounts.GetValueOrDefault(runner) is { } own)
        {
            if (!_waiting.TryGetValue(own, out var line))
            {
                _waiting[own] = line = [];
            }

            if (!line.Contains(agent))
            {
                line.Add(agent);
            }
        }

        return first!; // every runner is the first of its own chain
    }

    /// <summary>Nobody has waited longer than there is room for.</summary>
    bool IsNext_NeedsLock(AgentNumber agent, RunnerAccount? account)
    {
        if (account is null || !_limits.TryGetValue(account, out var limit)
            || !_waiting.TryGetValue(account, out var line))
        {
            return true;
        }

        var before = line.IndexOf(agent) is >= 0 and var at ? at : line.Count;
        return before < (limit.Proven ? limit.AtOnce - AtWork_NeedsLock(account) : 1);
    }

    TurnAnswer.Rest Rest_NeedsLock(RunnerAccount account, AccountDoor door)
    {
        var limit = _limits[account];
        return door == AccountDoor.Held
            ? new TurnAnswer.Rest(limit.HeldUntil, $"{account.Name} is {limit.Reason}")
            : new TurnAnswer.Rest(
                null,
                (limit.Proven
                    ? $"{account.Name}: {limit.AtOnce} of {account.Agents} at once"
                    : $"{account.Name}: one agent tries")
                + (limit.Reason.Length > 0 ? $" after it was {limit.Reason}" : ""));
    }

    AccountDoor Door_NeedsLock(RunnerAccount? account, DateTimeOffset now) => account is null
        ? AccountDoor.Open
        : AccountLimitRules.Door(
            _limits.GetValueOrDefault(account), AtWork_NeedsLock(account), Trying_NeedsLock(account), now);

    int AtWork_NeedsLock(RunnerAccount account) => _turns.Count(turn => turn.Account == account);

    int Trying_NeedsLock(RunnerAccount account) => _limits.GetValueOrDefault(account) is { } limit
        ? _turns.Count(turn => turn.Account == account && turn.Record.StartedIn == limit.Hold
            && !turn.Record.GotThrough)
        : 0;

    RunnerTurn Add_NeedsLock(AgentNumber agent, string runner, RunnerAccount? account)
    {
        var hold = account is null ? 0 : _limits.GetValueOrDefault(account)?.Hold ?? 0;
        var turn = new RunnerTurn(agent, runner, account, hold);
        _turns.Add(turn);
        return turn;
    }

    void Change(RunnerAccount account, Func<AccountLimit?, AccountLimit?> change)
    {
        lock (_lock)
        {
            var before = _limits.GetValueOrDefault(account);
            var after = change(before);
            if (ReferenceEquals(before, after))
            {
                return;
            }

            if (after is null)
            {
                _limits.Remove(account);
            }
            else
            {
                _limits[account] = after;
            }

            if (before?.AtOnce != after?.AtOnce || before?.HeldUntil != after?.HeldUntil)
            {
                _untold.Enqueue(new JournalEvent.RunnerLimited(
                    account.Name, after?.AtOnce ?? account.Agents, account.Agents,
                    after is { Proven: false } ? after.HeldUntil : null, after?.Reason));
            }
        }

        _bell.Ring();
    }
}
