using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Simulation.Queues;

/// <summary>A rule that the merge queue broke.</summary>
sealed class QueueRuleBrokenException(string message) : Exception(message);

/// <summary>
/// The merge queue's own rules on made-up changes under a virtual clock: what is decided is carried out at once, only
/// tests take time. Checks on the way that the target only becomes trees that passed, upon exactly the commit they were
/// tested on, that every change lands once or is returned once, and that the slots suffice.
/// </summary>
sealed class QueueSimulation(QueueLoad load, QueueSettings settings, long seed)
{
    /// <summary>Decisions in a row without anything having happened: more can only be a loop.</summary>
    const int DecisionsInARowMax = 10_000;

    /// <summary>
    /// Every landing and every return can make each of the tests under way useless once; the rest are its own.
    /// </summary>
    readonly int _testsMax = (load.Changes * (settings.Slots + settings.RerunsMax + 4)) + 20;

    readonly ChangeStream _stream = new(load, seed);
    readonly Chance _tests = new(seed, "tests");
    readonly SimulatedMerges _merges = new();
    readonly List<LandingId> _waiting = [];
    readonly HashSet<LandingId> _urgent = [];
    readonly Dictionary<TreeId, (TimeSpan Began, TimeSpan Ends, TestEnd End)> _running = [];
    readonly Dictionary<TreeId, TreeKnowledge> _known = [];
    readonly List<TimeSpan> _turnarounds = [];
    QueueState _state = QueueState.Empty;
    CommitId _tip = SimulatedMerges.Root;
    TimeSpan _now;
    TimeSpan _lastAt;
    TimeSpan _testTime;
    int _arrived;
    int _tested;
    int _red;
    int _conflicting;
    int _falselyRed;
    int _decisions;

    enum TestEnd
    {
        Pass,
        Fail,
        NoVerdict,
    }

    public ChangeStream Stream => _stream;

    /// <summary>Decides instead of the planner, to show that the checks find what is wrong.</summary>
    public Func<QueueState, QueueView, QueueSettings, QueuePlan> Planner { get; init; } = QueuePlanner.Plan;

    /// <summary>Told what is done, for tests that look closer.</summary>
    public Action<QueueAction, QueueView>? Observer { get; init; }

    /// <summary>Changes that somebody wants first from the moment they arrive.</summary>
    public Predicate<Change> Urgent { get; init; } = _ => false;

    /// <summary>What is foreseen of conflicts, rightly or wrongly.</summary>
    public Func<ChangeStream, long, long, bool> Foresight { get; init; } = (_, _, _) => false;

    public QueueFigures Run()
    {
        while (true)
        {
            Decide();
            var arrival = _arrived < _stream.Changes.Count ? _stream.Changes[_arrived].ArrivesAt : TimeSpan.MaxValue;
            var end = _running.Count > 0 ? _running.Values.Min(test => test.Ends) : TimeSpan.MaxValue;
            if (arrival == TimeSpan.MaxValue && end == TimeSpan.MaxValue)
            {
                return _waiting.Count == 0
                    ? new QueueFigures(
                        _turnarounds, _tested, _testTime, _red, _conflicting, _falselyRed, _decisions, _lastAt)
                    : throw new QueueRuleBrokenException($"seed {seed}: {_waiting.Count} changes wait for nothing");
            }

            if (arrival <= end)
            {
                Arrive(arrival);
            }
            else
            {
                End(end);
            }
        }
    }

    void Arrive(TimeSpan at)
    {
        _now = at;
        var change = _stream.Changes[_arrived++];
        _waiting.Add(new LandingId(change.Number));
        if (Urgent(change))
        {
            _urgent.Add(new LandingId(change.Number));
        }
    }

    void End(TimeSpan at)
    {
        _now = at;
        var (tree, test) = _running.First(running => running.Value.Ends == at);
        _running.Remove(tree);
        _testTime += at - test.Began;
        var known = _known.GetValueOrDefault(tree);
        _known[tree] = test.End switch
        {
            TestEnd.Pass => known with { Passed = true },
            TestEnd.Fail => known with { Failures = known.Failures + 1 },
            _ => known with { WithoutVerdict = known.WithoutVerdict + 1 },
        };
    }

    /// <summary>Until there is nothing to do but to wait.</summary>
    void Decide()
    {
        for (var decision = 0; ; decision++)
        {
            var view = new QueueView(
                _tip, _waiting, _urgent, _running.Keys.ToHashSet(),
                (onto, landing) => _merges.Find(onto, landing), tree => _known.GetValueOrDefault(tree))
            {
                Conflict = (one, other) => Foresight(_stream, one.Value, other.Value),
            };
            var plan = Planner(_state, view, settings);
            _state = plan.State;
            _decisions++;
            foreach (var action in plan.Actions)
            {
                Observer?.Invoke(action, view);
                Do(action);
            }

            if (plan.Actions.All(action => action is QueueAction.Test))
            {
                return;
            }

            if (decision == DecisionsInARowMax)
            {
                throw new QueueRuleBrokenException($"seed {seed}: decides and decides, last {plan.Actions[0]}");
            }
        }
    }

    void Do(QueueAction action)
    {
        switch (action)
        {
            case QueueAction.Merge merge:
                _merges.Try(merge.Onto, merge.Landing, _stream);
                break;
            case QueueAction.Land land:
                Land(land.Candidate);
                break;
            case QueueAction.ReturnRed red:
                ReturnRed(red.Candidate);
                break;
            case QueueAction.ReturnConflict conflict:
                Leave(conflict.Landing);
                _conflicting++;
                break;
            case QueueAction.Complete complete:
                Leave(complete.Landing);
                break;
            case QueueAction.Cancel cancel:
                _testTime += _now - _running[cancel.Tree].Began;
                _running.Remove(cancel.Tree);
                break;
            case QueueAction.Test test:
                Test(test.Candidate);
                break;
            case QueueAction.Hold hold:
                // A person has looked: what kept the tree from being judged is gone.
                _known[hold.Candidate.Tree] = _known[hold.Candidate.Tree] with { WithoutVerdict = 0 };
                break;
        }
    }

    void Land(Candidate candidate)
    {
        Require(candidate.Base == _tip, $"a candidate on {candidate.Base} lands on {_tip}");
        Require(_known.GetValueOrDefault(candidate.Tree).Passed, $"{candidate.Tree} lands and has not passed");
        Require(_merges.IsGreen(candidate.Commit), $"{candidate.Commit} is red");
        Require(
            candidate.Members.Aggregate(_tip, (at, member) => _merges.Onto(at, member.Landing)) == candidate.Commit,
            "the candidate is not the members merged one upon the other");
        _tip = candidate.Commit;
        _lastAt = _now;
        foreach (var member in candidate.Members)
        {
            Leave(member.Landing);
            _turnarounds.Add(_now - _stream[member.Landing.Value].ArrivesAt);
        }
    }

    void ReturnRed(Candidate candidate)
    {
        Require(candidate.Members.Length == 1, "several are returned for one failure");
        var landing = candidate.Members[0].Landing;
        Require(_known[candidate.Tree].Failures > 0, $"{landing} is returned and its tree has not failed");
        Require(_merges.WasTip(candidate.Base, _tip), $"{landing} was proven upon what the target never was");
        Leave(landing);
        _red++;
        _falselyRed += _merges.IsGreen(candidate.Commit) ? 1 : 0;
    }

    void Leave(LandingId landing)
    {
        Require(_waiting.Remove(landing), $"{landing} leaves the queue twice");
        _urgent.Remove(landing);
    }

    void Test(Candidate candidate)
    {
        Require(_running.Count < settings.Slots, "more tests than slots");
        Require(!_running.ContainsKey(candidate.Tree), $"{candidate.Tree} is tested twice at once");
        Require(++_tested <= _testsMax, "tests and tests");
        var end = _tests.Happens(load.WithoutVerdict) ? TestEnd.NoVerdict
            : !_merges.IsGreen(candidate.Commit) || _tests.Happens(load.Flaky) ? TestEnd.Fail
            : TestEnd.Pass;
        _running[candidate.Tree] = (_now, _now + ChangeStream.Duration(load, _tests), end);
    }

    void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new QueueRuleBrokenException($"seed {seed}: {otherwise}");
        }
    }
}
