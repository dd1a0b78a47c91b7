namespace Beadswarm.Landing.Queueing;

/// <summary>Which landings enter the line together.</summary>
static class BatchRules
{
    /// <summary>
    /// Bad changes to be expected under test at once: where, measured over many loads and failure rates, most lands.
    /// </summary>
    const double BadUnderTest = 0.7;

    /// <param name="failureRate">Of a single change, between 0 and 1.</param>
    public static int SizeAt(double failureRate, int slots, int most)
    {
        var size = failureRate <= 0 ? most : BadUnderTest / (slots * failureRate);
        return (int)Math.Clamp(Math.Round(Math.Min(size, most)), 1, most);
    }

    /// <summary>
    /// A further batch at the end of the line, for a slot that would be idle: no larger than what spreads those that
    /// wait over all idle slots. Null when nothing waits or the window is full.
    /// </summary>
    public static QueueState? Admit(QueueState state, QueueView view, QueueSettings settings, int slotsFree)
    {
        var rest = Unplaced(state, view).ToArray();
        if (rest.Length == 0 || state.Batches.Count >= settings.Window)
        {
            return null;
        }

        var most = SizeAt(state.FailureRate, settings.Slots, settings.BatchMax);
        var size = Math.Clamp((rest.Length + slotsFree - 1) / slotsFree, 1, most);
        LandingId[] members = [.. Fitting(state, view, rest).Take(size)];
        return members.Length == 0 ? null : state with { Batches = state.Batches.Add(new Batch([.. members])) };
    }

    /// <summary>
    /// Those that are not foreseen to conflict with anything ahead of them, be it in the line or passed over here: what
    /// would be tested upon a change that it conflicts with is no use, and its place is another's. What is passed over
    /// is overtaken only by what it does not conflict with, so it waits for no more than what was ahead of it.
    /// </summary>
    static IEnumerable<LandingId> Fitting(QueueState state, QueueView view, IEnumerable<LandingId> rest)
    {
        var ahead = state.Batches.SelectMany(batch => batch.Members).ToList();
        foreach (var landing in rest)
        {
            var fits = !ahead.Exists(other => view.Conflict(other, landing));
            ahead.Add(landing);
            if (fits)
            {
                yield return landing;
            }
        }
    }

    /// <summary>
    /// Puts at the head of the line, each alone, what a person wants first, and what was found innocent so often that
    /// only the target itself can tell: two changes that break only each other would go round for ever.
    /// </summary>
    public static QueueState Promote(QueueState state, QueueView view)
    {
        var tried = state.Trials.SelectMany(trial => trial.Members).ToHashSet();
        var first = view.Waiting.Where(view.Urgent.Contains)
            .Concat(view.Waiting.Where(landing =>
                !view.Urgent.Contains(landing)
                && state.Cleared.GetValueOrDefault(landing) >= QueueSettings.ClearedMax))
            .Where(landing => !tried.Contains(landing)).ToArray();
        var head = state.Batches.Take(first.Length).Select(batch => batch.Members);
        if (first.Zip(head, (landing, members) => members is [var only] && only == landing).Count(same => same)
            == first.Length)
        {
            return state;
        }

        var others = state.Batches
            .Select(batch => new Batch([.. batch.Members.Except(first)])).Where(batch => batch.Members.Length > 0);
        return state with { Batches = [.. first.Select(landing => new Batch([landing])), .. others] };
    }

    static IEnumerable<LandingId> Unplaced(QueueState state, QueueView view)
    {
        var placed = state.Batches.SelectMany(batch => batch.Members)
            .Concat(state.Trials.SelectMany(trial => trial.Members)).ToHashSet();
        return view.Waiting.Where(landing => !placed.Contains(landing));
    }
}
