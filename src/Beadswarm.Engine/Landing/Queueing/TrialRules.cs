using System.Collections.Immutable;

namespace Beadswarm.Landing.Queueing;

/// <summary>
/// How a culprit is found without holding up the others. Landings of a batch that failed are tried beside the line. A
/// trial that passes lands where its base is still the target, and clears its members otherwise; one of several that
/// fails is divided; one of a single landing that fails, more often than is forgiven, has found the culprit.
/// </summary>
static class TrialRules
{
    /// <summary>Up to so many suspects are tried one by one, all at once; more are halved.</summary>
    const int TriedSinglyMax = 3;

    /// <summary>A batch that failed leaves the line.</summary>
    /// <param name="failed">What of it was tested; the others go back to where they waited.</param>
    public static QueueState Suspect(QueueState state, Batch batch, Candidate failed, QueueView view)
    {
        var members = failed.Members.Select(member => member.Landing).ToImmutableArray();
        var trials = members.Length > 1
            ? Divide(members)
            // Upon the target itself, alone: that was a trial already.
            : [new Trial(members, failed.Base == view.Tip ? failed : null)];
        return state with { Batches = state.Batches.Remove(batch), Trials = state.Trials.AddRange(trials) };
    }

    /// <summary>What the next verdict on a trial means; null when there is none that has not been drawn on.</summary>
    public static QueuePlan? Judge(QueueState state, QueueView view, QueueSettings settings) =>
        state.Trials.Where(trial => trial.Candidate is not null)
            .Select(trial => Judge(state, trial, trial.Candidate!, view, settings))
            .FirstOrDefault(plan => plan is not null);

    static QueuePlan? Judge(
        QueueState state, Trial trial, Candidate candidate, QueueView view, QueueSettings settings)
    {
        var known = view.Known(candidate.Tree);
        if (known.Passed)
        {
            return candidate.Base == view.Tip
                ? new QueuePlan(state.Learn(failed: false, candidate.Members.Length), [new QueueAction.Land(candidate)])
                : QueuePlan.Onward(Clear(state, trial));
        }

        if (known.Failures == 0)
        {
            return null;
        }

        if (trial.Members.Length > 1)
        {
            return QueuePlan.Onward(Replace(state, trial, Divide(trial.Members)));
        }

        var (proved, failures) = state.Prove(candidate, known.Failures);
        if (failures > settings.RerunsMax)
        {
            return new QueuePlan(proved.Learn(failed: true, 1), [new QueueAction.ReturnRed(candidate)]);
        }

        // Once more, on the target as it is now.
        return candidate.Base == view.Tip || view.Running.Contains(candidate.Tree)
            ? null
            : QueuePlan.Onward(Replace(proved, trial, [new Trial(trial.Members)]));
    }

    public static QueueState Replace(QueueState state, Trial trial, IEnumerable<Trial> by)
    {
        var at = state.Trials.IndexOf(trial);
        return state with { Trials = state.Trials.RemoveAt(at).InsertRange(at, by) };
    }

    static QueueState Clear(QueueState state, Trial trial) => state with
    {
        Trials = state.Trials.Remove(trial),
        Cleared = state.Cleared.SetItems(trial.Members.Select(landing =>
            KeyValuePair.Create(landing, state.Cleared.GetValueOrDefault(landing) + 1))),
    };

    static IEnumerable<Trial> Divide(ImmutableArray<LandingId> members) =>
        members.Length <= TriedSinglyMax
            ? members.Select(landing => new Trial([landing]))
            : [new Trial(members[..(members.Length / 2)]), new Trial(members[(members.Length / 2)..])];
}
