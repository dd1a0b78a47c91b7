using Beadswarm.Git;

namespace Beadswarm.Landing.Queueing;

/// <summary>
/// One look along the line from the target's tip: every batch is merged upon what is ahead of it, and what is known of
/// the tree that results says what becomes of it.
/// </summary>
sealed class QueueWalk(QueueView view, QueueSettings settings)
{
    readonly List<QueueAction> _settled = [];
    readonly List<Candidate> _wanted = [];
    readonly List<CandidateMember> _ahead = [];
    CommitId _at = view.Tip;

    /// <summary>
    /// The candidate that holds everything up to the first batch that is known to be green. What is green beyond it
    /// lands upon it, by a commit of its own.
    /// </summary>
    public Candidate? Green { get; private set; }

    /// <summary>A batch that failed, and as what, its base being all that was ahead of it.</summary>
    public (Batch Batch, Candidate Candidate)? Failed { get; private set; }

    /// <summary>A merge that has not been tried; nothing beyond it can be known.</summary>
    public QueueAction.Merge? Missing { get; private set; }

    /// <summary>What is decided without a further test: by the target as it is, or because no test gives an
    /// answer.</summary>
    public IReadOnlyList<QueueAction> Settled => _settled;

    /// <summary>What has no verdict yet, from the head on.</summary>
    public IReadOnlyList<Candidate> Wanted => _wanted;

    /// <summary>Several may land at once, also such as were not tested without those behind.</summary>
    bool Together => settings.BatchMax > 1;

    /// <summary>Whether the walk may go on: nothing is missing and no batch has to leave the line first.</summary>
    public bool Open => Missing is null && Failed is null;

    public void Visit(Batch batch)
    {
        if (Merge(_at, batch.Members) is not { Count: > 0 } added)
        {
            return;
        }

        var candidate = new Candidate(view.Tip, [.. _ahead, .. added]);
        var known = view.Known(candidate.Tree);
        if (known is { Passed: false, Failures: > 0 })
        {
            Failed = (batch, new Candidate(_at, [.. added]));
            return;
        }

        if (known.Passed)
        {
            Green ??= Together || _ahead.Count == 0 ? candidate : null;
        }
        else
        {
            Want(candidate, known);
        }

        _ahead.AddRange(added);
        _at = candidate.Commit;
    }

    /// <summary>A trial's members beside the line, upon the tip itself; null when there is nothing to test.</summary>
    public Candidate? Beside(Trial trial)
    {
        if (Merge(view.Tip, trial.Members) is not { Count: > 0 } added)
        {
            return null;
        }

        var candidate = new Candidate(view.Tip, [.. added]);
        if (view.Known(candidate.Tree).WithoutVerdict >= settings.TestsMax)
        {
            _settled.Add(new QueueAction.Hold(candidate));
        }

        return candidate;
    }

    void Want(Candidate candidate, TreeKnowledge known)
    {
        if (known.WithoutVerdict >= settings.TestsMax)
        {
            _settled.Add(new QueueAction.Hold(candidate));
        }

        _wanted.Add(candidate);
    }

    /// <summary>The members one upon the other; null when a merge has to be tried first.</summary>
    List<CandidateMember>? Merge(CommitId at, IReadOnlyList<LandingId> members)
    {
        var added = new List<CandidateMember>();
        foreach (var landing in members)
        {
            var result = view.Merged(at, landing);
            if (result is MergeResult.Clean clean)
            {
                added.Add(new CandidateMember(landing, clean.Commit, clean.Tree));
                at = clean.Commit;
            }
            else if (result is null)
            {
                Missing = new QueueAction.Merge(at, landing);
                return null;
            }
            else if (at == view.Tip && result is not MergeResult.UnderWay)
            {
                _settled.Add(result is MergeResult.Empty
                    ? new QueueAction.Complete(landing)
                    : new QueueAction.ReturnConflict(landing));
            }

            // Otherwise something ahead that has not landed is in its way, or its conflicts are being settled: it keeps
            // its place until that is over.
        }

        return added;
    }
}
