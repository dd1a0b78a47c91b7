namespace Beadswarm.ScriptedAgent;

/// <summary>Picks a misbehaviour by a seed: the same seed, bead, stage and attempt always come out the same.</summary>
static class Chance
{
    public static readonly IReadOnlyList<string> Behaviours =
    [
        "fail", "broken", "lie", "lie-broken", "no-commit", "uncommitted", "exit", "broken-result", "leak",
        "wrong-branch", "detached", "outside", "edit-beads", "hang", "hang-with-output", "flood", "crash",
    ];

    /// <summary>The actions of what chance picked, or null for the usual ones.</summary>
    public static IReadOnlyList<ScriptAction>? ActionsFor(AgentTask task, Options options)
    {
        var draw = Draw(options.Seed, $"{task.Bead}\n{task.Stage}\n{task.Attempt}");
        foreach (var rate in options.Rates.Where(rate => rate.Stage is null || rate.Stage == task.Stage))
        {
            if (draw < rate.Probability)
            {
                return DefaultActions.For(task, rate.Behaviour);
            }

            draw -= rate.Probability;
        }

        return null;
    }

    /// <summary>A number from 0 to 1, spread evenly over all texts.</summary>
    public static double Draw(long seed, string text)
    {
        // FNV-1a over the text, then the finalizer of splitmix64, because FNV alone leaves neighbours close together.
        var hash = unchecked(14695981039346656037UL ^ ((ulong)seed * 0x9E3779B97F4A7C15UL));
        foreach (var c in text)
        {
            hash = unchecked((hash ^ c) * 1099511628211UL);
        }

        hash = unchecked((hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL);
        hash = unchecked((hash ^ (hash >> 27)) * 0x94D049BB133111EBUL);
        return ((hash ^ (hash >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
