using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// The tests of candidates that are under way, each in a landing workspace of its own, and what is known of their
/// trees. Rings when one has ended. Nothing is lost with this process: verdicts are on record by tree.
/// </summary>
sealed class CandidateTests(
    Gatekeeper gates, IReadOnlyList<string> names, ILandingRepository where, Bell bell, TimeProvider time)
{
    /// <summary>Of so many trees the knowledge is kept; then it begins anew, and the record is asked.</summary>
    const int TreesMax = 10_000;

    readonly Dictionary<TreeId, UnderWay> _running = [];
    readonly Dictionary<TreeId, TreeKnowledge> _known = [];
    readonly Dictionary<TreeId, GatesOutcome> _last = [];

    public IReadOnlySet<TreeId> Running => _running.Keys.ToHashSet();

    /// <summary>When the test of a tree was begun; null: it is not under way.</summary>
    public DateTimeOffset? Since(TreeId tree) => _running.GetValueOrDefault(tree)?.Since;

    public TreeKnowledge Known(TreeId tree) => _known.GetValueOrDefault(tree);

    /// <summary>What the newest test of a tree that did not pass came to.</summary>
    public GatesOutcome Last(TreeId tree) => _last[tree];

    /// <param name="bead">Whose work the candidate ends with.</param>
    public void Start(Candidate candidate, BeadId bead, CancellationToken stop)
    {
        if (_known.Count > TreesMax)
        {
            _known.Clear();
            _last.Clear();
        }

        var slot = Enumerable.Range(0, int.MaxValue).First(
            number => _running.Values.All(test => test.Slot != number));
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var test = gates.CheckAsync(
            names, candidate.Commit.Value, candidate.Tree.Value, bead,
            cancellation => where.CheckoutAsync(candidate.Commit, slot, cancellation), cancel.Token,
            again: Known(candidate.Tree).Failures > 0);
        _running[candidate.Tree] = new UnderWay(slot, time.GetUtcNow(), cancel, test, RingAfterAsync(test));
    }

    /// <summary>Its place stays taken until all its processes are gone.</summary>
    public void Cancel(TreeId tree) => _running[tree].Cancel.Cancel();

    /// <summary>What passed before does not any more.</summary>
    public void Overtake(TreeId tree, GatesOutcome.Failed now) => Note(tree, now);

    /// <summary>Whoever was in the way of a verdict has had time to go.</summary>
    public void TryAgain(TreeId tree) => _known[tree] = Known(tree) with { WithoutVerdict = 0 };

    /// <summary>
    /// Takes in what has ended. Only here and by the others' caller is anything changed: a test itself changes nothing.
    /// Throws what a test ended with that is neither a verdict nor the want of one.
    /// </summary>
    public async Task TakeInAsync()
    {
        foreach (var (tree, test) in _running.Where(running => running.Value.Test.IsCompleted).ToArray())
        {
            _running.Remove(tree);
            using (test.Cancel)
            {
                try
                {
                    Note(tree, await test.Test);
                }
                catch (OperationCanceledException) when (test.Cancel.IsCancellationRequested)
                {
                    // Nobody wants to know any more.
                }
            }
        }
    }

    /// <summary>Ends all of them; what they would have said is not known.</summary>
    public async Task EndAsync()
    {
        foreach (var tree in _running.Keys)
        {
            Cancel(tree);
        }

        await Task.WhenAll(_running.Values.Select(test => test.Watch));
        foreach (var test in _running.Values)
        {
            // Whatever it ended with: whoever ends them has a reason of his own to tell.
            _ = test.Test.Exception;
            test.Cancel.Dispose();
        }

        _running.Clear();
    }

    async Task RingAfterAsync(Task test)
    {
        try
        {
            await test;
        }
        catch (Exception)
        {
            // Told by whoever takes it in.
        }

        bell.Ring();
    }

    void Note(TreeId tree, GatesOutcome outcome)
    {
        var known = Known(tree);
        _known[tree] = outcome switch
        {
            GatesOutcome.Passed => known with { Passed = true },
            GatesOutcome.Failed => known with { Passed = false, Failures = known.Failures + 1 },
            GatesOutcome.NoVerdict => known with { WithoutVerdict = known.WithoutVerdict + 1 },
            _ => throw new System.Diagnostics.UnreachableException($"{outcome}"),
        };
        if (outcome is not GatesOutcome.Passed)
        {
            _last[tree] = outcome;
        }
    }

    /// <param name="Watch">Ends after it, and well.</param>
    sealed record UnderWay(
        int Slot, DateTimeOffset Since, CancellationTokenSource Cancel, Task<GatesOutcome> Test, Task Watch);
}
