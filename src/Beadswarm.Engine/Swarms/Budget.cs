using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// Holds the swarm to what it may use: before each start of an agent, and while it works. What earlier runs have used
/// is read from the store once; where this orchestrator is the only one that adds to it, nobody who asks waits after
/// that. Where it is one node of several, what all have used and set aside is heard before each start, and whenever the
/// node shows that it lives. Shared by all agents of one orchestrator.
/// </summary>
/// <param name="share">Null where there is no other node.</param>
sealed class Budget(IStore store, SwarmConfig config, Bell bell, TimeProvider time, ShareSpending? share = null)
{
    // While it is held nothing is recorded: what the store sums up is then what is counted here, no more, no less.
    readonly Turnstile _recording = new(1);
    readonly BudgetLimits _limits = config.Limits.Budget;
    readonly Lock _lock = new();
    readonly Dictionary<string, CostSum> _stages = new(StringComparer.Ordinal);
    readonly HashSet<Spending> _running = [];
    readonly Dictionary<string, Spending> _planners = new(StringComparer.Ordinal);
    readonly HashSet<string> _saidUnpriced = new(StringComparer.Ordinal);
    CostSum _all = CostSum.None;
    Amount _swarm;
    Amount _day;

    /// <summary>Of agents that ended without a record: the store does not know of it.</summary>
    Amount _unrecorded;
    Amount _unrecordedToday;
    NodeSpending _elsewhere;
    DateTimeOffset _today;
    string? _exhausted;

    /// <summary>Why nothing more is begun; null: something may be.</summary>
    public string? Exhausted
    {
        get
        {
            lock (_lock)
            {
                return _exhausted;
            }
        }
    }

    /// <summary>Reads what was used before; before the first agent is started.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (!_limits.IsLimited)
        {
            return;
        }

        var swarm = await RecordedAsync(store, new CostQuery { ThisSwarm = true }, cancellationToken);
        var day = await RecordedAsync(store, new CostQuery { Today = true }, cancellationToken);
        var stages = await store.ReadCostsAsync(new CostQuery { By = CostBy.Stage }, cancellationToken);
        lock (_lock)
        {
            (_swarm, _day, _today) = (swarm, day, CostGroup.DayOf(Now));
            foreach (var stage in stages)
            {
                _stages[stage.Key] = stage.Sum;
                _all += stage.Sum;
            }
        }

        await ShareAsync(cancellationToken);
        foreach (var runner in config.Pools.Select(pool => pool.Runner).Distinct().Where(name => !IsMeasurable(name)))
        {
            await SayUnpricedAsync(runner);
        }
    }

    /// <summary>Tells the other nodes what is in use here, and hears what all have used; where there are any.</summary>
    public async Task ShareAsync(CancellationToken cancellationToken)
    {
        if (share is null || !(_limits.Swarm.IsLimited || _limits.Day.IsLimited))
        {
            return;
        }

        using var turn = await _recording.EnterAsync(cancellationToken);
        NodeSpending mine;
        (Amount, Amount, NodeSpending) before;
        lock (_lock)
        {
            var used = Running_NeedsLock(real: true);
            mine = new NodeSpending(_unrecorded + used, Running_NeedsLock(real: false) - used);
            before = (_swarm, _day, _elsewhere);
        }

        if (await share(mine, cancellationToken) is not { } heard)
        {
            return; // fenced: who keeps this node among the others finds out as well
        }

        lock (_lock)
        {
            Roll_NeedsLock();
            (_swarm, _day, _elsewhere) = (heard.Swarm, heard.Day, heard.Elsewhere);
        }

        if (before != (heard.Swarm, heard.Day, heard.Elsewhere))
        {
            bell.Ring();
        }
    }

    /// <summary>Why an agent that serves these stages must not look for work now; null: it may.</summary>
    public string? Ask(IReadOnlyList<StageName> serves, string runner)
    {
        if (!_limits.IsLimited)
        {
            return null;
        }

        lock (_lock)
        {
            if (_exhausted is not null)
            {
                return _exhausted;
            }

            // The dearest of them: a bead must not be taken by an agent that cannot be started on it.
            return RefuseStart_NeedsLock(serves.Aggregate(
                default(Amount), (most, stage) => most.OrMore(Expected_NeedsLock(stage, runner))))?.Reason;
        }
    }

    /// <summary>Sets aside what the execution is expected to use.</summary>
    public async Task<BudgetAnswer> ReserveAsync(
        Claim claim, string runner, CancellationToken cancellationToken)
    {
        var bead = await BeadAsync(claim.Bead, cancellationToken);
        if (BudgetRules.MayWorkOn(_limits, bead) is { } spent)
        {
            return new BudgetAnswer.Refused(spent);
        }

        Spending spending;
        lock (_lock)
        {
            if (_exhausted is { } why)
            {
                return new BudgetAnswer.Refused(new BudgetRefusal(BudgetScope.Swarm, why));
            }

            if (RefuseStart_NeedsLock(Expected_NeedsLock(claim.Stage, runner)) is { } tight)
            {
                return new BudgetAnswer.Refused(tight);
            }

            spending = Add_NeedsLock(new Spending(runner, claim.Stage, bead));
        }

        if (share is null || await WithOthersAsync(spending, cancellationToken) is not { } refused)
        {
            return new BudgetAnswer.Granted(spending);
        }

        await ShareAsync(cancellationToken); // it is not set aside any more
        return new BudgetAnswer.Refused(refused);
    }

    /// <summary>
    /// What was set aside here is told to the other nodes, and kept if it fits beside what they have set aside.
    /// </summary>
    async Task<BudgetRefusal?> WithOthersAsync(Spending spending, CancellationToken cancellationToken)
    {
        try
        {
            await ShareAsync(cancellationToken);
        }
        catch
        {
            lock (_lock)
            {
                _running.Remove(spending);
            }

            throw;
        }

        lock (_lock)
        {
            // What is asked is whether it fits beside all others.
            _running.Remove(spending);
            if (RefuseStart_NeedsLock(Expected_NeedsLock(spending.Stage, spending.Runner)) is { } tight)
            {
                return tight;
            }

            _running.Add(spending);
            return null;
        }
    }

    /// <summary>An agent that an earlier orchestrator has started is at work already.</summary>
    public async Task<Spending> AdoptAsync(Claim claim, string runner, CancellationToken cancellationToken)
    {
        var bead = await BeadAsync(claim.Bead, cancellationToken);
        lock (_lock)
        {
            return Add_NeedsLock(new Spending(runner, claim.Stage, bead));
        }
    }

    /// <summary>What an agent has used so far is compared with all limits; null: it may go on.</summary>
    public AgentEnd.BudgetExceeded? Look(Spending spending, UsageReport usage)
    {
        if (!_limits.IsLimited)
        {
            return null;
        }

        BudgetRefusal? passed;
        lock (_lock)
        {
            spending.Used = new Amount(
                Counted(spending.Runner, usage, CostRules.Of(usage, ModelOf(spending.Runner), config.Prices)) ?? 0,
                usage.Tokens.All);
            passed = RefuseGoingOn_NeedsLock(spending);
        }

        if (passed is null)
        {
            return null;
        }

        bell.Ring();
        return new AgentEnd.BudgetExceeded(passed.Scope, passed.Reason);
    }

    /// <summary>Records what an execution has used: from here on it counts as that.</summary>
    /// <param name="record">Answers fenced when it was recorded before, and is counted already.</param>
    public async Task SettleAsync(
        Spending spending, string runner, UsageReport usage, Cost cost, Func<Task<WriteOutcome>> record)
    {
        var counted = Counted(runner, usage, cost);
        var sum = new CostSum(1, counted is null ? 1 : 0, usage.Calls, usage.Tokens, counted ?? 0);
        await RecordAsync(record, recorded =>
        {
            if (_running.Remove(spending) && recorded)
            {
                Count_NeedsLock(spending.Stage, sum);
            }
        });

        // One that ended before it had used anything says nothing about what can be measured.
        if (cost is Cost.Unknown && (!usage.Tokens.IsZero || !IsMeasurable(runner)))
        {
            await SayUnpricedAsync(runner, usage.Model);
        }

        bell.Ring();
    }

    /// <summary>Nothing more will be heard of it. Where it was not settled, what was seen of it counts.</summary>
    public void Release(Spending spending)
    {
        lock (_lock)
        {
            if (_running.Remove(spending))
            {
                Roll_NeedsLock();
                _unrecorded += spending.Used;
                _unrecordedToday += spending.Used;
            }
        }

        if (_limits.IsLimited)
        {
            bell.Ring();
        }
    }

    /// <summary>Why a planner, which works beside the swarm, must not be started; null: it may.</summary>
    public async Task<BudgetRefusal?> MayPlanAsync(
        BeadId bead, JournalEvent.PlanUsed plan, CancellationToken cancellationToken)
    {
        if (!_limits.IsLimited)
        {
            return null;
        }

        var before = await BeadAsync(bead, cancellationToken);
        lock (_lock)
        {
            return _exhausted is { } why ? new BudgetRefusal(BudgetScope.Swarm, why)
                : PlanBudgetRules.Unpriced(_limits, plan.Runner, IsMeasurable(plan.Runner))
                ?? BudgetRules.MayWorkOn(_limits, before)
                ?? BudgetRules.MayStart(
                    _limits, Use_NeedsLock(real: false), Expected_NeedsLock(PlannerStage, plan.Runner));
        }
    }

    /// <summary>
    /// What a planner has used so far counts from here on, and is compared with all limits; null: it may go on.
    /// </summary>
    public async Task<BudgetRefusal?> LookAsync(
        BeadId bead, JournalEvent.PlanUsed plan, CancellationToken cancellationToken)
    {
        if (!_limits.IsLimited)
        {
            return null;
        }

        var before = await BeadAsync(bead, cancellationToken);
        BudgetRefusal? passed;
        lock (_lock)
        {
            if (!_planners.TryGetValue(plan.Session, out var spending))
            {
                spending = _planners[plan.Session] = Add_NeedsLock(new Spending(plan.Runner, PlannerStage, before));
            }

            spending.Used = PlanBudgetRules.AmountOf(plan, config);
            passed = RefuseGoingOn_NeedsLock(spending);
        }

        if (passed is not null)
        {
            bell.Ring();
        }

        return passed;
    }

    /// <summary>As for an execution: records what a planner has used.</summary>
    /// <param name="record">Answers fenced when it was recorded before, and is counted already.</param>
    public async Task SettleAsync(JournalEvent.PlanUsed plan, Func<Task<WriteOutcome>> record)
    {
        await RecordAsync(record, recorded =>
        {
            if (_planners.Remove(plan.Session, out var spending))
            {
                _running.Remove(spending);
            }

            if (recorded)
            {
                Count_NeedsLock(PlannerStage, PlanBudgetRules.SumOf(plan, config));
            }
        });
        if (plan.CostUsd is null && (PlanBudgetRules.AmountOf(plan, config).Tokens > 0 || !IsMeasurable(plan.Runner)))
        {
            await SayUnpricedAsync(plan.Runner, plan.Model);
        }

        bell.Ring();
    }

    /// <summary>Told once for each runner; where the configuration says so, nothing more is begun.</summary>
    async Task SayUnpricedAsync(string runner, string? model = null)
    {
        lock (_lock)
        {
            if (!_limits.LimitsMoney || !_saidUnpriced.Add(runner))
            {
                return;
            }

            if (_limits.RefuseUnpriced)
            {
                _exhausted ??= $"limits.unpriced is refuse, and what runner {runner} costs cannot be measured";
            }
        }

        await store.AppendAsync(
            null, null,
            new JournalEvent.BudgetUnmeasured(
                runner,
                IsMeasurable(runner)
                    ? PlanBudgetRules.Unpriced(model ?? ModelOf(runner), KindOf(runner))
                    : "a program of its kind says nothing of what it uses"),
            CancellationToken.None);
    }

    async Task<Amount> BeadAsync(BeadId bead, CancellationToken cancellationToken) => _limits.Bead.IsLimited
        ? await RecordedAsync(store, new CostQuery { Bead = bead }, cancellationToken)
        : default;

    /// <summary>What was recorded, as it counts against a limit.</summary>
    public static async Task<Amount> RecordedAsync(
        IStoreReader store, CostQuery query, CancellationToken cancellationToken) =>
        CostRules.Counted(await store.ReadCostsAsync(query with { By = CostBy.Model }, cancellationToken));

    decimal? Counted(string runner, UsageReport usage, Cost cost) =>
        CostRules.Counted(cost, usage.Tokens, usage.Model ?? ModelOf(runner), KindOf(runner));

    string? ModelOf(string runner) => config.Runners.GetValueOrDefault(runner)?.Model;

    string? KindOf(string runner) => config.Runners.GetValueOrDefault(runner)?.Kind;

    static readonly StageName PlannerStage = new(CostGroup.Planner);

    DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Whether its program can say what it uses.</summary>
    bool IsMeasurable(string runner) => KindOf(runner) is { } kind && CostRules.CanMeasure(kind);

    Amount Expected_NeedsLock(StageName stage, string runner) => BudgetRules.Expected(
        _limits, _stages.GetValueOrDefault(stage.Value, CostSum.None), _all, IsMeasurable(runner));

    /// <param name="real">With what those at work have used, not with what is set aside for them.</param>
    BudgetUse Use_NeedsLock(bool real)
    {
        Roll_NeedsLock();
        return new BudgetUse(
            _swarm + _unrecorded, _day + _unrecordedToday,
            Running_NeedsLock(real) + _elsewhere.Used + (real ? default : _elsewhere.Aside));
    }

    Amount Running_NeedsLock(bool real)
    {
        // As it is expected now: when they were started, nothing may have been measured yet.
        Amount Aside(Spending each) => Expected_NeedsLock(each.Stage, each.Runner).OrMore(each.Used);

        return _running.Aggregate(default(Amount), (sum, each) => sum + (real ? each.Used : Aside(each)));
    }

    /// <summary>Where nobody is at work who may turn out cheaper, waiting would be for ever.</summary>
    BudgetRefusal? RefuseStart_NeedsLock(Amount expected)
    {
        var tight = BudgetRules.MayStart(_limits, Use_NeedsLock(real: false), expected);
        if (tight is not null && _running.Count == 0 && _elsewhere.Aside == default && _exhausted is null)
        {
            _exhausted = tight.Reason;
            bell.Ring();
        }

        return tight;
    }

    /// <summary>A limit of the swarm or of the day that is passed ends everything.</summary>
    BudgetRefusal? RefuseGoingOn_NeedsLock(Spending spending)
    {
        var passed = BudgetRules.MayGoOn(_limits, Use_NeedsLock(real: true), spending.BeadBefore + spending.Used);
        if (passed is { Scope: not BudgetScope.Bead })
        {
            _exhausted ??= passed.Reason;
        }

        return passed;
    }

    Spending Add_NeedsLock(Spending spending)
    {
        _running.Add(spending);
        return spending;
    }

    /// <summary>What is recorded is counted before anybody else sums up what there is.</summary>
    async Task RecordAsync(Func<Task<WriteOutcome>> record, Action<bool> count)
    {
        using (await _recording.EnterAsync(CancellationToken.None))
        {
            var recorded = await record() == WriteOutcome.Done;
            lock (_lock)
            {
                count(recorded);
            }
        }

        await ShareAsync(CancellationToken.None);
    }

    void Count_NeedsLock(StageName stage, CostSum sum)
    {
        Roll_NeedsLock();
        _swarm += Amount.Of(sum);
        _day += Amount.Of(sum);
        _all += sum;
        _stages[stage.Value] = _stages.GetValueOrDefault(stage.Value, CostSum.None) + sum;
    }

    void Roll_NeedsLock()
    {
        if (CostGroup.DayOf(Now) is var today && today > _today)
        {
            (_today, _day, _unrecordedToday) = (today, default, default);
        }
    }
}
