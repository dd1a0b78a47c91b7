using System.Collections.Immutable;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Tests.Landing.Queueing;

public sealed class LineRulesTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly TimeSpan Test = TimeSpan.FromMinutes(4);

    [Fact]
    public void Each_landing_says_what_it_waits_for()
    {
        var state = QueueState.Empty with
        {
            Batches = [.. Ids(1, 2, 3, 4).Select(id => new Batch([id]))],
            Trials = [new Trial([new(5)], Alone(5)), new Trial([new(6)])],
            Proofs = ImmutableDictionary<LandingId, ImmutableDictionary<TreeId, int>>.Empty.Add(
                new(5), ImmutableDictionary<TreeId, int>.Empty.Add(new("tip+5"), 1)),
        };
        var view = new QueueView(
            new("tip"), Ids(1, 2, 3, 4, 5, 6, 7), new HashSet<LandingId>(), new HashSet<TreeId>(),
            (onto, landing) => landing.Value == 3 ? new MergeResult.Conflict() : Clean(onto, landing),
            tree => tree.Value == "tip+1" ? TreeKnowledge.None with { Passed = true } : TreeKnowledge.None);

        var positions = LineRules.Positions(
            state, view, tree => tree.Value is "tip+1+2" or "tip+5" ? Now.AddMinutes(-1) : null);

        Assert.Equal(
            [
                (1, new LineState.Passed()), (2, new LineState.Testing(Now.AddMinutes(-1))),
                (3, new LineState.Conflicts()), (4, new LineState.Waits()),
                (5, new LineState.OnTrial(Now.AddMinutes(-1), 1)), (6, new LineState.OnTrial(null, 0)),
                (7, (LineState)new LineState.Queued()),
            ],
            positions.Select(position => ((int)position.Landing.Value, position.State)));
    }

    [Fact]
    public void One_whose_conflicts_are_being_settled_says_so_and_those_it_was_to_be_tested_with_go_on_without_it()
    {
        var state = QueueState.Empty with { Batches = [new Batch([.. Ids(1, 2, 3)]), new Batch([new(4)])] };
        var view = new QueueView(
            new("tip"), Ids(1, 2, 3, 4), new HashSet<LandingId>(), new HashSet<TreeId>(),
            (onto, landing) => landing.Value == 2 ? new MergeResult.UnderWay() : Clean(onto, landing),
            _ => TreeKnowledge.None);

        var positions = LineRules.Positions(
            state, view, tree => tree.Value is "tip+1+3" or "tip+1+3+4" ? Now.AddMinutes(-1) : null);

        var testing = new LineState.Testing(Now.AddMinutes(-1));
        Assert.Equal(
            [(1, testing, "3"), (2, new LineState.Resolving(), ""), (3, testing, "1"), (4, (LineState)testing, "")],
            positions.Select(position =>
                ((int)position.Landing.Value, position.State, string.Join(' ', position.With))));

        // Its own test begins when a slot is free, and it keeps its place.
        Assert.Equal(
            [3.0, 7.0, 7.0, 7.0],
            LineRules.Expect(positions, slots: 2, Test, Now).Select(position =>
                (position.Expected!.Value - Now).TotalMinutes));
    }

    [Fact]
    public void What_is_foreseen_to_conflict_says_with_which_one_ahead()
    {
        var state = QueueState.Empty with { Batches = [new Batch([new(1)])] };
        var view = new QueueView(
            new("tip"), Ids(1, 2, 3, 4), new HashSet<LandingId>(), new HashSet<TreeId>(),
            (onto, landing) => Clean(onto, landing), _ => TreeKnowledge.None)
        {
            Conflict = (one, other) => (one.Value, other.Value) is (1, 2) or (2, 4),
        };

        var positions = LineRules.Positions(state, view, _ => null);

        Assert.Equal(
            [new LineState.Waits(), new LineState.Foreseen(new(1)), new LineState.Queued(),
                new LineState.Foreseen(new(2))],
            positions.Select(position => position.State));
        var admitted = BatchRules.Admit(state, view, new QueueSettings(4, 8, 4), 1);
        Assert.Equal([new(3)], admitted!.Batches[1].Members);
    }

    [Fact]
    public void Beyond_a_merge_that_nobody_has_tried_nothing_is_claimed()
    {
        var state = QueueState.Empty with { Batches = [.. Ids(1, 2).Select(id => new Batch([id]))] };
        var view = new QueueView(
            new("tip"), Ids(2), new HashSet<LandingId>(), new HashSet<TreeId>(), (_, _) => null,
            _ => TreeKnowledge.None with { Passed = true });

        Assert.Equal(
            [new LinePosition(new(2), new LineState.Waits())], LineRules.Positions(state, view, _ => null));
    }

    [Fact]
    public void Nobody_lands_before_those_ahead_nor_before_its_own_test_has_ended() =>
        Assert.Equal(
            [3.0, 3.0, 4.0, 7.0, 8.0],
            Expect(
                slots: 2, new LineState.Testing(Now.AddMinutes(-1)), new LineState.Passed(),
                new LineState.Testing(Now), new LineState.Waits(), new LineState.Queued()));

    [Fact]
    public void A_test_that_takes_longer_than_they_do_may_end_at_any_moment() =>
        Assert.Equal([0.0, 4.0], Expect(slots: 1, new LineState.Testing(Now.AddHours(-1)), new LineState.Waits()));

    [Fact]
    public void One_that_is_tried_alone_holds_up_nobody() =>
        Assert.Equal(
            [4.0, 3.0, 7.0],
            Expect(
                slots: 2, new LineState.Waits(), new LineState.OnTrial(Now.AddMinutes(-1), 1), new LineState.Waits()));

    [Fact]
    public void Nothing_is_expected_while_nobody_knows_how_long_a_test_takes() =>
        Assert.All(
            LineRules.Expect([new LinePosition(new(1), new LineState.Passed())], 1, test: null, Now),
            position => Assert.Null(position.Expected));

    /// <summary>In minutes from now.</summary>
    static IEnumerable<double> Expect(int slots, params LineState[] states) =>
        LineRules.Expect([.. states.Select((state, i) => new LinePosition(new(i + 1), state))], slots, Test, Now)
            .Select(position => (position.Expected!.Value - Now).TotalMinutes);

    static LandingId[] Ids(params int[] ids) => [.. ids.Select(id => new LandingId(id))];

    static MergeResult.Clean Clean(CommitId onto, LandingId landing) =>
        new(new($"{onto.Value}+{landing}"), new($"{onto.Value}+{landing}"));

    static Candidate Alone(int id) => new(
        new("tip"), [new CandidateMember(new(id), new($"tip+{id}"), new($"tip+{id}"))]);
}
