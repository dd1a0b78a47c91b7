using System.Collections.Immutable;
using Beadswarm.Git;

namespace Beadswarm.Landing.Queueing;

/// <summary>
/// Landings that are merged one upon the other and tested together, once, as the last one's tree. Made when its first
/// test begins, from the order of the queue at that instant, and then only ever made smaller.
/// </summary>
sealed record Batch(ImmutableArray<LandingId> Members)
{
    public override string ToString() => string.Join('+', Members);
}

/// <summary>
/// Landings under suspicion, because a batch with them failed. They are tested beside the line, upon the target as it
/// was when the test began, and nothing is built upon them.
/// </summary>
/// <param name="Candidate">What is tested; null until the test begins.</param>
sealed record Trial(ImmutableArray<LandingId> Members, Candidate? Candidate = null);

/// <summary>
/// What the merge queue remembers between two decisions. Nothing of it has to survive: a queue that begins anew decides
/// more slowly, and as rightly.
/// </summary>
sealed record QueueState
{
    /// <summary>How much a single verdict moves the estimate of how many changes are bad.</summary>
    const double Learning = 0.05;

    const double FailureRateAtFirst = 0.05;

    public static readonly QueueState Empty = new();

    /// <summary>The line, in the order in which it is to land.</summary>
    public ImmutableList<Batch> Batches { get; init; } = [];

    public ImmutableList<Trial> Trials { get; init; } = [];

    /// <summary>
    /// How often each tree failed that held nothing beyond the target but this one landing: what proves a culprit.
    /// </summary>
    public ImmutableDictionary<LandingId, ImmutableDictionary<TreeId, int>> Proofs { get; init; } =
        ImmutableDictionary<LandingId, ImmutableDictionary<TreeId, int>>.Empty;

    /// <summary>How often a landing was suspected, tried and found innocent.</summary>
    public ImmutableDictionary<LandingId, int> Cleared { get; init; } = ImmutableDictionary<LandingId, int>.Empty;

    /// <summary>The share of changes that turn out to be bad, as far as seen.</summary>
    public double FailureRate { get; init; } = FailureRateAtFirst;

    public QueueState Learn(bool failed, int count) => this with
    {
        FailureRate = Enumerable.Range(0, count).Aggregate(
            FailureRate, (rate, _) => rate + (Learning * ((failed ? 1 : 0) - rate))),
    };

    /// <summary>Leaves out what no longer waits.</summary>
    public QueueState Keep(IReadOnlySet<LandingId> waiting) => this with
    {
        Batches =
        [
            .. Batches.Where(batch => batch.Members.Any(waiting.Contains))
                .Select(batch => batch.Members.All(waiting.Contains) ? batch : new Batch(Only(batch.Members, waiting))),
        ],
        Trials =
        [
            .. Trials.Where(trial => trial.Members.Any(waiting.Contains))
                .Select(trial => trial.Members.All(waiting.Contains)
                    ? trial
                    : new Trial(Only(trial.Members, waiting))),
        ],
        Proofs = Proofs.RemoveRange(Proofs.Keys.Where(landing => !waiting.Contains(landing))),
        Cleared = Cleared.RemoveRange(Cleared.Keys.Where(landing => !waiting.Contains(landing))),
    };

    /// <summary>A single landing failed upon the target as it was.</summary>
    /// <returns>Also how often it has.</returns>
    public (QueueState State, int Failures) Prove(Candidate red, int failures)
    {
        var landing = red.Members[0].Landing;
        var proofs = Proofs.GetValueOrDefault(landing, ImmutableDictionary<TreeId, int>.Empty)
            .SetItem(red.Tree, failures);
        return (this with { Proofs = Proofs.SetItem(landing, proofs) }, proofs.Values.Sum());
    }

    static ImmutableArray<LandingId> Only(ImmutableArray<LandingId> members, IReadOnlySet<LandingId> waiting) =>
        [.. members.Where(waiting.Contains)];
}

/// <summary>The bounds of a merge queue.</summary>
/// <param name="Slots">Tests that may run at once.</param>
/// <param name="Window">Batches that are open at once, tested or waiting for those ahead.</param>
/// <param name="BatchMax">Landings in one batch.</param>
/// <param name="RerunsMax">Failures of a single landing that are forgiven, for gates are flaky.</param>
/// <param name="TestsMax">Tests of one tree without a verdict before the queue waits for a person.</param>
sealed record QueueSettings(int Slots, int Window, int BatchMax, int RerunsMax = 1, int TestsMax = 3)
{
    /// <summary>So often a landing is found innocent; then it goes to the head of the line, alone.</summary>
    public const int ClearedMax = 2;

    /// <summary>
    /// How many slots the line leaves to trials that wait, so that none of them starves. A single slot is theirs: a
    /// half that passes leaves the other one's verdict known.
    /// </summary>
    public const int SlotsForTrials = 1;
}
