using System.Text.Json.Serialization;
using Beadswarm.Git;

namespace Beadswarm.Landing.Queueing;

/// <summary>What a landing that waits is waiting for.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "line")]
[JsonDerivedType(typeof(Queued), "queued")]
[JsonDerivedType(typeof(Foreseen), "foreseen")]
[JsonDerivedType(typeof(Conflicts), "conflicts")]
[JsonDerivedType(typeof(Resolving), "resolving")]
[JsonDerivedType(typeof(Waits), "waits")]
[JsonDerivedType(typeof(Testing), "testing")]
[JsonDerivedType(typeof(Passed), "passed")]
[JsonDerivedType(typeof(OnTrial), "trial")]
abstract record LineState
{
    LineState() { }

    /// <summary>For a place in the line, which is as long as there are tests to keep busy.</summary>
    public sealed record Queued : LineState;

    /// <summary>For one ahead of it that it is foreseen to conflict with: it has no place in the line until
    /// then.</summary>
    public sealed record Foreseen(LandingId Other) : LineState;

    /// <summary>For one ahead of it that it conflicts with, until that has landed or left.</summary>
    public sealed record Conflicts : LineState;

    /// <summary>For a command of the configuration that settles its conflicts.</summary>
    public sealed record Resolving : LineState;

    /// <summary>For a free test.</summary>
    public sealed record Waits : LineState;

    /// <summary>For its test, merged upon all that are ahead.</summary>
    public sealed record Testing(DateTimeOffset Since) : LineState;

    /// <summary>For those ahead: upon them it has passed.</summary>
    public sealed record Passed : LineState;

    /// <summary>It failed, and left the line: alone upon the target it shows whose fault that was.</summary>
    /// <param name="Since">Null: it waits for a free test.</param>
    public sealed record OnTrial(DateTimeOffset? Since, int Failures) : LineState;
}

/// <summary>Where a landing stands.</summary>
/// <param name="Expected">When it lands if all goes well; null: nothing is known yet of how long tests take.</param>
sealed record LinePosition(LandingId Landing, LineState State, DateTimeOffset? Expected = null)
{
    /// <summary>Those that are tested with it, as one tree; it lands with them.</summary>
    public IReadOnlyList<LandingId> With { get; init; } = [];
}

/// <summary>The queue as the lander saw it last.</summary>
/// <param name="Slots">Tests that may run at once.</param>
/// <param name="Test">How long a test takes; null: not all gates have passed before.</param>
/// <param name="Held">What is in the way outside; null: nothing.</param>
sealed record LineReport(IReadOnlyList<LinePosition> Positions, int Slots, TimeSpan? Test, string? Held);

/// <summary>Says of each landing what it waits for, and how long that will be.</summary>
static class LineRules
{
    /// <summary>The line from its head on, then what is on trial, then what has no place yet.</summary>
    /// <param name="since">When the test of a tree was begun; null: it is not under way.</param>
    public static IReadOnlyList<LinePosition> Positions(
        QueueState state, QueueView view, Func<TreeId, DateTimeOffset?> since)
    {
        var waiting = view.Waiting.ToHashSet();
        var positions = new List<LinePosition>();
        var at = (CommitId?)view.Tip;
        foreach (var batch in state.Batches)
        {
            LandingId[] members = [.. batch.Members.Where(waiting.Contains)];
            var merges = new List<MergeResult?>();
            foreach (var landing in members)
            {
                var merge = at is { } onto ? view.Merged(onto, landing) : null;
                merges.Add(merge);
                at = merge switch
                {
                    MergeResult.Clean clean => clean.Commit,
                    null => null, // nobody has tried; beyond it nothing can be known
                    _ => at,
                };
            }

            // All of them are tested as the tree of the last.
            var last = at is null ? null : merges.OfType<MergeResult.Clean>().LastOrDefault();
            LineState together = last is null ? new LineState.Waits()
                : view.Known(last.Tree).Passed ? new LineState.Passed()
                : since(last.Tree) is { } begun ? new LineState.Testing(begun)
                : new LineState.Waits();

            // What something is in the way of is not among them.
            LandingId[] taken =
            [
                .. members.Zip(merges).Where(member => member.Second is null or MergeResult.Clean)
                    .Select(member => member.First),
            ];
            positions.AddRange(members.Zip(merges, (landing, merge) =>
                merge is null or MergeResult.Clean
                    ? new LinePosition(landing, together) { With = Others(taken, landing) }
                    : new LinePosition(
                        landing,
                        merge is MergeResult.UnderWay ? new LineState.Resolving() : new LineState.Conflicts())));
        }

        positions.AddRange(
            from trial in state.Trials
            from landing in trial.Members
            where waiting.Contains(landing)
            let failures = state.Proofs.GetValueOrDefault(landing)?.Values.Sum() ?? 0
            let begun = trial.Candidate is { } candidate ? since(candidate.Tree) : null
            select new LinePosition(landing, new LineState.OnTrial(begun, failures))
            {
                With = Others([.. trial.Members.Where(waiting.Contains)], landing),
            });
        var placed = positions.Select(position => position.Landing).ToHashSet();
        var ahead = state.Batches.SelectMany(batch => batch.Members).Where(waiting.Contains).ToList();
        foreach (var landing in view.Waiting.Where(landing => !placed.Contains(landing)))
        {
            var inTheWay = ahead.FindIndex(other => view.Conflict(other, landing));
            positions.Add(new LinePosition(
                landing, inTheWay < 0 ? new LineState.Queued() : new LineState.Foreseen(ahead[inTheWay])));
            ahead.Add(landing);
        }

        return positions;
    }

    static LandingId[] Others(IReadOnlyList<LandingId> members, LandingId landing) =>
        [.. members.Where(other => other != landing)];

    /// <summary>
    /// When each of them lands if every test passes: no sooner than its own test ends and those ahead have landed.
    /// </summary>
    /// <param name="test">How long a test takes; null: nobody knows yet.</param>
    public static IReadOnlyList<LinePosition> Expect(
        IReadOnlyList<LinePosition> positions, int slots, TimeSpan? test, DateTimeOffset now)
    {
        if (test is not { } span)
        {
            return positions;
        }

        DateTimeOffset End(DateTimeOffset since) => since + span < now ? now : since + span;
        var free = new PriorityQueue<DateTimeOffset, DateTimeOffset>();
        foreach (var end in positions.Select(position => position.State switch
        {
            LineState.Testing testing => End(testing.Since),
            LineState.OnTrial { Since: { } since } => End(since),
            _ => (DateTimeOffset?)null,
        }).OfType<DateTimeOffset>())
        {
            free.Enqueue(end, end);
        }

        while (free.Count < slots)
        {
            free.Enqueue(now, now);
        }

        var landed = now;
        var together = new Dictionary<LandingId, DateTimeOffset>();
        return
        [
            .. positions.Select(position =>
            {
                if (position.State is LineState.OnTrial { Since: { } tried })
                {
                    return position with { Expected = End(tried) };
                }

                if (!together.TryGetValue(position.Landing, out var ready))
                {
                    ready = position.State switch
                    {
                        LineState.Passed => now,
                        LineState.Testing testing => End(testing.Since),
                        _ => Begin(),
                    };
                    foreach (var other in position.With)
                    {
                        together[other] = ready; // one test for all of them
                    }
                }

                landed = ready > landed ? ready : landed;
                return position with { Expected = landed };
            }),
        ];

        DateTimeOffset Begin()
        {
            var end = free.Dequeue() + span;
            free.Enqueue(end, end);
            return end;
        }
    }
}
