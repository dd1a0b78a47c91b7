using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Simulation;
using Beadswarm.Simulation.Queues;

namespace Beadswarm.Tests.Landing.Queueing;

/// <summary>The merge queue's rules in generated histories: what must hold in every one of them.</summary>
public sealed class QueueSimulationTests
{
    const int Histories = 150;

    static readonly QueueLoad Ordinary = new(30, 300, TimeSpan.FromMinutes(5)) { Bad = 0.05, Flaky = 0.01 };

    [Fact]
    public void Never_red_each_lands_or_is_returned_once_and_nothing_waits_or_is_tested_for_ever()
    {
        for (var seed = 1; seed <= Histories; seed++)
        {
            var (load, settings) = QueueLoad.Draw(seed);

            var figures = new QueueSimulation(load, settings, seed).Run();

            Assert.Equal(load.Changes, figures.Landed + figures.ReturnedRed + figures.ReturnedConflicting);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_history()
    {
        var (load, settings) = QueueLoad.Draw(7);

        var (one, other) = (
            new QueueSimulation(load, settings, 7).Run(), new QueueSimulation(load, settings, 7).Run());

        Assert.Equal(one.Turnarounds, other.Turnarounds);
        Assert.Equal(one with { Turnarounds = [] }, other with { Turnarounds = [] });
    }

    [Fact]
    public void With_one_slot_and_nothing_bad_changes_land_in_their_order()
    {
        var landed = new List<long>();
        var load = new QueueLoad(60, 200, TimeSpan.FromMinutes(5));

        new QueueSimulation(load, new QueueSettings(1, 2, 4), 1)
        {
            Observer = (action, _) => landed.AddRange(Landed(action)),
        }.Run();

        Assert.Equal(Enumerable.Range(1, 200).Select(number => (long)number), landed);
    }

    [Fact]
    public void What_is_urgent_overtakes_everything_that_waits()
    {
        var (overtaken, open) = (0, new HashSet<long>());
        var simulation = new QueueSimulation(
            Ordinary with { Bad = 0, Flaky = 0, PerHour = 90 }, new QueueSettings(2, 4, 1), 3)
        {
            Urgent = change => change.Number % 20 == 0,
            Observer = (action, view) =>
            {
                foreach (var number in Landed(action).Where(number => number % 20 == 0))
                {
                    overtaken += view.Waiting.Count(other => other.Value < number);
                }

                if (action is QueueAction.Land land)
                {
                    open.Add(land.Candidate.Members.Min(member => view.Urgent.Contains(member.Landing) ? 0L : 1L));
                }
            },
        };

        var figures = simulation.Run();

        Assert.Equal(300, figures.Landed);
        Assert.True(overtaken > 50, $"overtook {overtaken}");
    }

    [Fact]
    public void Two_changes_that_break_only_each_other_do_not_go_round_for_ever()
    {
        var load = Ordinary with { Bad = 0, Flaky = 0, BreaksTogether = 0.4, Changes = 400 };

        var figures = new QueueSimulation(load, new QueueSettings(4, 8, 8), 5).Run();

        Assert.Equal(400, figures.Landed + figures.ReturnedRed);
        Assert.InRange(figures.ReturnedRed, 1, 160);
    }

    [Fact]
    public void A_landing_that_conflicts_only_with_one_ahead_keeps_its_place_until_that_is_settled()
    {
        var load = Ordinary with { Bad = 0.3, Flaky = 0, Conflicting = 0.5 };
        var conflicts = new List<long>();
        var simulation = new QueueSimulation(load, new QueueSettings(4, 8, 4), 11)
        {
            Observer = (action, _) =>
            {
                if (action is QueueAction.ReturnConflict conflict)
                {
                    conflicts.Add(conflict.Landing.Value);
                }
            },
        };

        var figures = simulation.Run();

        // Returned for a conflict only with what has landed: where the other side was bad, both would have been.
        Assert.Equal(figures.ReturnedConflicting, conflicts.Count);
        Assert.All(conflicts, number => Assert.Contains(
            simulation.Stream.Changes, other => simulation.Stream.Conflict(number, other.Number) && !other.Bad));
    }

    [Fact]
    public void What_is_foreseen_to_conflict_is_not_tested_upon_the_other_and_waits_for_no_more_than_before()
    {
        for (var seed = 1; seed <= Histories; seed++)
        {
            var (load, settings) = QueueLoad.Draw(seed);
            var guesses = new Chance(seed, "foresight").Fraction();
            var (failed, placed) = (new HashSet<LandingId>(), new HashSet<LandingId>());

            // Some of the conflicts there are, and others that there are not.
            bool Foreseen(ChangeStream stream, long one, long other) =>
                stream.Conflict(one, other)
                || new Chance(Math.Min(one, other), $"{Math.Max(one, other)}").Fraction() < guesses * 0.3;
            var simulation = new QueueSimulation(load, settings, seed)
            {
                Foresight = Foreseen,
                Planner = (state, view, given) =>
                {
                    var plan = QueuePlanner.Plan(state, view, given);
                    failed.UnionWith(plan.State.Trials.SelectMany(trial => trial.Members));
                    failed.UnionWith(plan.State.Cleared.Keys);
                    placed.UnionWith(plan.State.Batches.SelectMany(batch => batch.Members));
                    return plan;
                },
                Observer = (action, view) =>
                {
                    switch (action)
                    {
                        case QueueAction.Test { Candidate.Members: var members }:
                            Assert.DoesNotContain(members, member => members.Any(other =>
                                other != member && !failed.Contains(other.Landing) && !failed.Contains(member.Landing)
                                && view.Conflict(other.Landing, member.Landing)));
                            break;
                        case QueueAction.Land { Candidate.Members: var members }:
                            // What never had a place is not overtaken by anything that it is foreseen to meet.
                            Assert.All(members, member => Assert.DoesNotContain(view.Waiting, other =>
                                !failed.Contains(member.Landing) && other.Value < member.Landing.Value
                                && !placed.Contains(other) && view.Conflict(other, member.Landing)));
                            break;
                    }
                },
            };

            var figures = simulation.Run();

            Assert.Equal(load.Changes, figures.Landed + figures.ReturnedRed + figures.ReturnedConflicting);
        }
    }

    [Theory]
    [InlineData(2, 0.97, 1.25, 1.15)]
    [InlineData(4, 0.95, 1.35, 1.3)]
    public void At_an_ordinary_load_it_is_about_as_fast_as_an_oracle_that_tests_each_good_change_once(
        int slots, double median, double tail, double tests)
    {
        var load = Ordinary with { Changes = 3000, PerHour = 7.5 * slots };
        var settings = new QueueSettings(slots, 2 * slots, 16);
        var simulation = new QueueSimulation(load, settings, 1);
        var (figures, oracle) = (simulation.Run(), simulation.Stream.Oracle(slots));

        Assert.InRange(figures.Percentile(0.5) / oracle.Percentile(0.5), 0, median);
        Assert.InRange(figures.Percentile(0.95) / oracle.Percentile(0.95), 0, tail);
        Assert.InRange(figures.TestsPerLanding, 0, tests);
        Assert.InRange((double)figures.FalselyReturned / load.Changes, 0, 0.005);
    }

    [Fact]
    public void Overloaded_it_lands_a_quarter_more_than_that_oracle()
    {
        var load = Ordinary with { Changes = 3000, PerHour = 80, Bad = 0.03 };
        var simulation = new QueueSimulation(load, new QueueSettings(4, 8, 16), 1);

        var ratio = simulation.Run().LandedPerHour / simulation.Stream.Oracle(4).LandedPerHour;

        Assert.InRange(ratio, 1.25, 5);
    }

    [Fact]
    public void Planted_mistakes_are_found()
    {
        Assert.All(Mistakes, mistake => Assert.True(
            Enumerable.Range(1, 20).Any(seed => Breaks(mistake.Value, seed)), $"{mistake.Key} went unnoticed"));
        Assert.All(Enumerable.Range(1, 20), seed => Assert.False(Breaks(QueuePlanner.Plan, seed)));
    }

    static Dictionary<string, Func<QueueState, QueueView, QueueSettings, QueuePlan>> Mistakes => new()
    {
        ["lands what was not tested"] = Changed(action => action is QueueAction.Test test
            ? new QueueAction.Land(test.Candidate) : action),
        ["lands a prefix that was tested only with what is behind it"] = Changed(action =>
            action is QueueAction.Land { Candidate.Members.Length: > 1 } land
                ? new QueueAction.Land(land.Candidate with { Members = land.Candidate.Members[..^1] }) : action),
        ["lands a member without the one ahead that it was tested with"] = Changed(action =>
            action is QueueAction.Land { Candidate.Members.Length: > 1 } land
                ? new QueueAction.Land(land.Candidate with { Members = land.Candidate.Members[1..] }) : action),
        ["believes a verdict for every tree"] = (state, view, settings) => QueuePlanner.Plan(
            state, view with { Known = _ => new TreeKnowledge(true, 0, 0) }, settings),
        ["returns a whole batch for one failure"] = (state, view, settings) => TrialsOf(state, view) is { } failed
            ? new QueuePlan(state, [new QueueAction.ReturnRed(failed)])
            : QueuePlanner.Plan(state, view, settings),
        ["forgets what it cancelled"] = Changed(action => action is QueueAction.Cancel ? null : action),
        ["tests more than there are slots"] = (state, view, settings) => QueuePlanner.Plan(
            state, view, settings with { Slots = settings.Slots + 1 }),
        ["never returns a culprit"] = (state, view, settings) => QueuePlanner.Plan(
            state, view, settings with { RerunsMax = 1_000_000 }),
    };

    static Candidate? TrialsOf(QueueState state, QueueView view) => state.Trials
        .Select(trial => trial.Candidate).OfType<Candidate>()
        .FirstOrDefault(tried => tried.Members.Length > 1 && view.Known(tried.Tree).Failures > 0);

    static Func<QueueState, QueueView, QueueSettings, QueuePlan> Changed(Func<QueueAction, QueueAction?> change) =>
        (state, view, settings) => QueuePlanner.Plan(state, view, settings) is var plan
            ? plan with { Actions = [.. plan.Actions.Select(change).OfType<QueueAction>()] }
            : throw new InvalidOperationException();

    static bool Breaks(Func<QueueState, QueueView, QueueSettings, QueuePlan> planner, int seed)
    {
        try
        {
            var load = Ordinary with { Bad = 0.15, PerHour = 120, Changes = 150 };
            new QueueSimulation(load, new QueueSettings(3, 6, 8), seed) { Planner = planner }.Run();
            return false;
        }
        catch (QueueRuleBrokenException)
        {
            return true;
        }
    }

    static IEnumerable<long> Landed(QueueAction action) => action is QueueAction.Land land
        ? land.Candidate.Members.Select(member => member.Landing.Value) : [];
}
