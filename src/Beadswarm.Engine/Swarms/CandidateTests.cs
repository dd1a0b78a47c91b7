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

    readonly Beside<Test, GatesOutcome> _beside = new(bell);
    readonly Dictionary<TreeId, TreeKnowledge> _known = [];
    readonly Dictionary<TreeId, GatesOutcome> _last = [];

    public IReadOnlySet<TreeId> Running => _beside.Running.Select(test => test.Tree).ToHashSet();

    /// <summary>When the test of a tree was begun; null: it is not under way.</summary>
    public DateTimeOffset? Since(TreeId tree) => Find(tree)?.Since;

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
            number => _beside.Running.All(test => test.Slot != number));
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var test = gates.CheckAsync(
            names, candidate.Commit.Value, candidate.Tree.Value, bead,
            cancellation => where.CheckoutAsync(candidate.Commit, slot, cancellation), cancel.Token,
            again: Known(candidate.Tree).Failures > 0);
        _beside.Add(new Test(candidate.Tree, slot, time.GetUtcNow()), test, cancel);
    }

    /// <summary>Its place stays taken until all its processes are gone.</summary>
    public void Cancel(TreeId tree) => _beside.Cancel(Find(tree)!); // it is under way

    /// <summary>What passed before does not any more.</summary>
    public void Overtake(TreeId tree, GatesOutcome.Failed now) => Note(tree, now);

    /// <summary>Whoever was in the way of a verdict has had time to go.</summary>
    public void TryAgain(TreeId tree) => _known[tree] = Known(tree) with { WithoutVerdict = 0 };

    /// <summary>
    /// Takes in what has ended. Only here and by the others' caller is anything changed: a test itself changes nothing.
    /// Throws what a test ended with that is neither a verdict nor the want of one.
    /// </summary>
    public Task TakeInAsync() => _beside.TakeInAsync((test, outcome) => Note(test.Tree, outcome));

    /// <summary>Ends all of them; what they would have said is not known.</summary>
    public Task EndAsync() => _beside.EndAsync();

    Test? Find(TreeId tree) => _beside.Running.FirstOrDefault(test => test.Tree == tree);

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

    /// <summary>One that is under way.</summary>
    sealed record Test(TreeId Tree, int Slot, DateTimeOffset Since);
}
