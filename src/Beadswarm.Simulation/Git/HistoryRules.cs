namespace Beadswarm.Simulation.Git;

/// <summary>
/// What can be said of commits by their parents. A walk visits a commit after all its descendants, and ends with the
/// last one that matters, so it costs what lies between the commits asked about and not the whole history.
/// </summary>
static class HistoryRules
{
    public static bool IsAncestor(SimulatedCommit ancestor, SimulatedCommit of)
    {
        if (ancestor == of)
        {
            return true;
        }

        var seen = new HashSet<SimulatedCommit>();
        var open = new Stack<SimulatedCommit>([of]);
        while (open.TryPop(out var commit))
        {
            foreach (var parent in commit.Parents)
            {
                if (parent == ancestor)
                {
                    return true;
                }

                if (parent.Generation > ancestor.Generation && seen.Add(parent))
                {
                    open.Push(parent);
                }
            }
        }

        return false;
    }

    /// <summary>The common ancestors that are no ancestors of another one, the oldest first.</summary>
    public static IReadOnlyList<SimulatedCommit> MergeBases(SimulatedCommit one, SimulatedCommit other)
    {
        var walk = new Walk();
        walk.Add(one, Mark.One);
        walk.Add(other, Mark.Other);
        var found = new List<SimulatedCommit>();
        while (walk.TryTake(out var commit, out var marks))
        {
            if (marks == (Mark.One | Mark.Other))
            {
                found.Add(commit);
                marks |= Mark.Done;
            }

            foreach (var parent in commit.Parents)
            {
                walk.Add(parent, marks);
            }
        }

        found.Reverse();
        return found;
    }

    /// <summary>What is reachable from a commit and from none of the others, the newest first.</summary>
    public static IReadOnlyList<SimulatedCommit> Unreachable(
        SimulatedCommit from, IEnumerable<SimulatedCommit> others)
    {
        var walk = new Walk();
        walk.Add(from, Mark.One);
        foreach (var other in others)
        {
            walk.Add(other, Mark.Done);
        }

        var found = new List<SimulatedCommit>();
        while (walk.TryTake(out var commit, out var marks))
        {
            if (marks == Mark.One)
            {
                found.Add(commit);
            }

            foreach (var parent in commit.Parents)
            {
                walk.Add(parent, marks);
            }
        }

        return found;
    }

    /// <summary>The first parents from a commit on, without the ancestors of another one.</summary>
    public static IEnumerable<SimulatedCommit> FirstParents(SimulatedCommit from, SimulatedCommit? without)
    {
        for (var commit = from; commit is not null; commit = commit.FirstParent)
        {
            if (without is not null && IsAncestor(commit, without))
            {
                yield break;
            }

            yield return commit;
        }
    }

    /// <summary>From where a commit was reached.</summary>
    [Flags]
    enum Mark
    {
        None = 0,
        One = 1,
        Other = 2,

        /// <summary>Known, and all its ancestors with it: of no more interest.</summary>
        Done = 4,
    }

    /// <summary>Commits still to be visited, descendants first.</summary>
    sealed class Walk
    {
        readonly PriorityQueue<SimulatedCommit, (int Generation, string Id)> _open = new(NewestFirst);
        readonly Dictionary<SimulatedCommit, Mark> _marks = [];
        int _interesting;

        static readonly Comparer<(int Generation, string Id)> NewestFirst =
            Comparer<(int Generation, string Id)>.Create((one, other) => one.Generation != other.Generation
                ? other.Generation.CompareTo(one.Generation)
                : string.CompareOrdinal(one.Id, other.Id));

        public void Add(SimulatedCommit commit, Mark mark)
        {
            var known = _marks.TryGetValue(commit, out var before);
            var after = before | mark;
            _marks[commit] = after;
            if (!known)
            {
                _open.Enqueue(commit, (commit.Generation, commit.Id.Value));
            }

            _interesting += (IsInteresting(after) ? 1 : 0) - (known && IsInteresting(before) ? 1 : 0);
        }

        /// <summary>The next commit, unless only such are left that nobody asks about.</summary>
        public bool TryTake(out SimulatedCommit commit, out Mark marks)
        {
            (commit, marks) = (null!, Mark.None);
            if (_interesting == 0)
            {
                return false;
            }

            commit = _open.Dequeue();
            marks = _marks[commit];
            _interesting -= IsInteresting(marks) ? 1 : 0;
            return true;
        }

        static bool IsInteresting(Mark mark) => !mark.HasFlag(Mark.Done);
    }
}
