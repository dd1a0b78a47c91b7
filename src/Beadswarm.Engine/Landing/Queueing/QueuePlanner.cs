using System.Collections.Immutable;

namespace Beadswarm.Landing.Queueing;

/// <summary>
/// What the merge queue does next, as a pure function of what is known. The target only ever becomes a tree that was
/// tested as exactly that tree. Batches are tested in parallel, each on top of all that are ahead of it in the line,
/// and the furthest one that is green lands with all of those. A batch that fails leaves the line, so that nothing is
/// built upon it, and is tried beside it (<see cref="TrialRules"/>). Every verdict stays of use for as long as its tree
/// comes up again.
/// </summary>
static class QueuePlanner
{
    public static QueuePlan Plan(QueueState state, QueueView view, QueueSettings settings)
    {
        state = BatchRules.Promote(state.Keep(view.Waiting.ToHashSet()), view);
        while (true)
        {
            // Each round either ends or draws on a verdict or a place that it did not before, of which there are
            // finitely many.
            var plan = TrialRules.Judge(state, view, settings) ?? PlanLine(state, view, settings);
            if (plan.Complete)
            {
                return plan;
            }

            state = plan.State;
        }
    }

    static QueuePlan PlanLine(QueueState state, QueueView view, QueueSettings settings)
    {
        var walk = new QueueWalk(view, settings);
        foreach (var batch in state.Batches.TakeWhile(_ => walk.Open))
        {
            walk.Visit(batch);
        }

        if (walk.Failed is { } failed)
        {
            return QueuePlan.Onward(TrialRules.Suspect(state, failed.Batch, failed.Candidate, view));
        }

        if (Decided(walk) is { Length: > 0 } decided)
        {
            return new QueuePlan(
                walk.Green is { } green ? state.Learn(failed: false, green.Members.Length) : state, decided);
        }

        return Choose(state, walk, view, settings);
    }

    /// <summary>What changes the tip or the queue: tests are chosen on what is true after that.</summary>
    static ImmutableArray<QueueAction> Decided(QueueWalk walk) =>
    [
        .. walk.Settled,
        .. walk.Green is { } green ? [new QueueAction.Land(green)] : Array.Empty<QueueAction>(),
        .. walk.Missing is { } missing ? [missing] : Array.Empty<QueueAction>(),
    ];

    /// <summary>Gives the slots to the line from its head on, then to trials, and fills what is left with new
    /// batches.</summary>
    static QueuePlan Choose(QueueState state, QueueWalk walk, QueueView view, QueueSettings settings)
    {
        var useful = walk.Wanted.Select(candidate => candidate.Tree)
            .Concat(state.Trials.Select(trial => trial.Candidate).OfType<Candidate>().Select(tried => tried.Tree))
            .ToHashSet();
        var free = settings.Slots - view.Running.Count(useful.Contains);
        var line = walk.Wanted.Where(candidate => !view.Running.Contains(candidate.Tree)).ToArray();
        var trials = state.Trials.Where(trial => !IsRunning(trial, view)).ToArray();
        var reserved = Math.Clamp(
            QueueSettings.SlotsForTrials - (state.Trials.Count - trials.Length), 0, trials.Length);
        var freeForLine = Math.Max(0, free - reserved);
        if (freeForLine > line.Length
            && BatchRules.Admit(state, view, settings, freeForLine - line.Length) is { } admitted)
        {
            return QueuePlan.Onward(admitted);
        }

        var tests = line.Take(freeForLine).ToList();
        foreach (var trial in trials.Take(Math.Max(0, free - tests.Count)))
        {
            if (Begin(state, trial, walk) is not { } begun)
            {
                return walk.Settled.Count > 0 || walk.Missing is not null
                    ? new QueuePlan(state, Decided(walk))
                    : QueuePlan.Onward(state with { Trials = state.Trials.Remove(trial) });
            }

            state = begun.State;
            if (IsNews(begun.Candidate, view))
            {
                return QueuePlan.Onward(state);
            }

            tests.Add(begun.Candidate);
        }

        return new QueuePlan(state,
        [
            .. view.Running.Where(tree => !useful.Contains(tree)).Select(tree => new QueueAction.Cancel(tree)),
            .. tests.Where(candidate => !view.Running.Contains(candidate.Tree))
                .Select(candidate => new QueueAction.Test(candidate)),
        ]);
    }

    /// <summary>
    /// Merges a trial onto the tip. Members that something else in it stands in the way of become a trial of their own.
    /// </summary>
    static (QueueState State, Candidate Candidate)? Begin(QueueState state, Trial trial, QueueWalk walk)
    {
        if (walk.Beside(trial) is not { } candidate || walk.Settled.Count > 0)
        {
            return null;
        }

        var tested = candidate.Members.Select(member => member.Landing).ToImmutableArray();
        var others = trial.Members.Except(tested).ToImmutableArray();
        Trial[] begun = others.Length == 0
            ? [new Trial(tested, candidate)]
            : [new Trial(tested, candidate), new Trial(others)];
        return (TrialRules.Replace(state, trial, begun), candidate);
    }

    static bool IsRunning(Trial trial, QueueView view) =>
        trial.Candidate is { } candidate && view.Running.Contains(candidate.Tree);

    /// <summary>Whether the tree is known already, from an earlier test: of a single landing a failure is tested
    /// again.</summary>
    static bool IsNews(Candidate candidate, QueueView view) => view.Known(candidate.Tree) is var known
        && (known.Passed || (known.Failures > 0 && candidate.Members.Length > 1));
}
