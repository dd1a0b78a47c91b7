using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

public sealed class AccountLimitRulesTests
{
    const int Agents = 12;

    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly RetryLimits Retry = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    static readonly AgentEnd Busy = new AgentEnd.Overloaded("busy");

    [Fact]
    public void Nobody_is_kept_out_where_nobody_was_refused() =>
        Assert.Equal(AccountDoor.Open, AccountLimitRules.Door(null, Agents, Agents, Noon));

    [Fact]
    public void After_a_refusal_nobody_is_started_until_the_hold_is_over_and_then_one_alone()
    {
        var limit = Refused(null, Busy, Noon, atWork: Agents)!;

        Assert.Equal(AccountDoor.Held, AccountLimitRules.Door(limit, 0, 0, Noon));
        Assert.Equal(AccountDoor.Open, AccountLimitRules.Door(limit, 0, 0, limit.HeldUntil));
        Assert.Equal(AccountDoor.Crowded, AccountLimitRules.Door(limit, 1, 1, limit.HeldUntil));
    }

    [Fact]
    public void With_each_that_gets_through_one_more_may_be_at_work_up_to_all()
    {
        var limit = Refused(null, Busy, Noon, atWork: 1);
        var seen = new List<int?>();
        for (var i = 0; i < Agents; i++)
        {
            limit = Through(limit, limit!.HeldUntil);
            seen.Add(limit?.AtOnce);
        }

        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, null], seen);
    }

    [Fact]
    public void A_refusal_halves_what_had_been_reached_but_never_to_none()
    {
        var limit = Proven(9);
        var seen = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            limit = Refused(limit, Busy, limit.HeldUntil, atWork: 1)!;
            seen.Add(limit.AtOnce);
        }

        Assert.Equal([4, 2, 1, 1, 1], seen);
    }

    [Fact]
    public void As_many_as_were_refused_are_not_tried_for_a_while_that_doubles()
    {
        var limit = Refused(Proven(5), Busy, Noon, atWork: 5)!;
        var patience = limit.Patience;
        for (var i = 0; i < Agents; i++)
        {
            limit = Through(limit, limit.HeldUntil)!;
        }

        Assert.Equal(4, limit.AtOnce);
        Assert.Equal(4, Through(limit, limit.RefusedUntil.AddTicks(-1))!.AtOnce);

        limit = Through(limit, limit.RefusedUntil)!;
        Assert.Equal(5, limit.AtOnce);
        Assert.Equal(2 * patience, Refused(limit, Busy, limit.RefusedUntil, atWork: 5)!.Patience);
    }

    [Theory]
    [InlineData("rate limited", 2)]
    [InlineData("overloaded", 0)]
    public void Hold_lasts_until_a_told_reset_or_doubles_up_to_its_limit(string kind, int hours)
    {
        AgentEnd end = kind == "overloaded" ? Busy : new AgentEnd.RateLimited(Noon.AddHours(hours), "");
        AccountLimit? limit = null;
        var (waits, now) = (new List<double>(), Noon);
        for (var i = 0; i < 12; i++)
        {
            limit = Refused(limit, end, now, atWork: 1)!;
            waits.Add((limit.HeldUntil - now).TotalSeconds);
            now = limit.HeldUntil;
        }

        if (hours > 0)
        {
            Assert.Equal((hours * 3600) + 1, waits[0]);
        }
        else
        {
            Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300], waits);
        }
    }

    [Fact]
    public void Refusals_of_those_that_were_under_way_count_as_one_and_only_make_it_longer()
    {
        var first = Refused(null, Busy, Noon, atWork: Agents)!;

        Assert.Same(first, Refused(first, Busy, Noon.AddMilliseconds(1), atWork: 11, startedIn: 0));
        var told = Refused(first, new AgentEnd.RateLimited(Noon.AddHours(1), ""), Noon, atWork: 10, startedIn: 0)!;
        Assert.Equal((first.AtOnce, first.Strikes, first.Hold), (told.AtOnce, told.Strikes, told.Hold));
        Assert.Equal(Noon.AddHours(1).AddSeconds(1), told.HeldUntil);
        Assert.Same(told, Refused(told, Busy, Noon.AddMinutes(1), atWork: 9, startedIn: 0));
    }

    [Fact]
    public void One_started_before_the_hold_tells_news_only_if_it_had_got_through()
    {
        var limit = Refused(null, Busy, Noon, atWork: Agents)!;
        var later = limit.HeldUntil.AddMinutes(1);

        Assert.Same(limit, Refused(limit, Busy, later, atWork: 3, startedIn: 0));
        Assert.Same(limit, AccountLimitRules.GotThrough(limit, startedIn: 0, Agents, later));
        Assert.NotSame(limit, AccountLimitRules.Ended(
            limit, new TurnRecord(0, GotThrough: true), Busy, 3, Agents, Retry, later, 0));
    }

    [Fact]
    public void Work_that_was_done_is_as_good_as_an_answer_and_a_crash_says_nothing()
    {
        var limit = Refused(null, Busy, Noon, atWork: 1)!;

        Assert.Equal(2, Refused(limit, new AgentEnd.Finished(null, null), limit.HeldUntil, atWork: 1)!.AtOnce);
        Assert.Same(limit, Refused(limit, new AgentEnd.Crashed(9, ""), limit.HeldUntil, atWork: 1));
    }

    /// <summary>
    /// A vendor lets a number of agents through that changes; agents begin and end in any order. Never are more started
    /// than the limit says, nobody starves, what is refused stays bounded, and when the vendor lets all through again,
    /// all are at work in the end.
    /// </summary>
    [Fact]
    public void Agents_keep_to_what_is_let_through_take_turns_and_come_back()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            new Play(new Random(seed), $"seed {seed}").Run();
        }
    }

    static AccountLimit? Refused(
        AccountLimit? limit, AgentEnd end, DateTimeOffset now, int atWork, long? startedIn = null) =>
        AccountLimitRules.Ended(
            limit, new TurnRecord(startedIn ?? limit?.Hold ?? 0, GotThrough: false), end, atWork, Agents, Retry, now,
            0);

    static AccountLimit? Through(AccountLimit? limit, DateTimeOffset now) =>
        AccountLimitRules.GotThrough(limit, limit!.Hold, Agents, now);

    static AccountLimit Proven(int atOnce) => new()
    {
        AtOnce = atOnce,
        HeldUntil = Noon,
        Proven = true,
        Patience = TimeSpan.FromMinutes(1),
    };

    sealed class Play(Random random, string name)
    {
        const int Calm = 1_500;

        readonly RunnerTurns _turns = RunnerTurnsTests.Turns(Agents);
        readonly Dictionary<int, RunnerTurn> _atWork = [];
        readonly int[] _granted = new int[Agents + 1];
        DateTimeOffset _now = Noon;
        int _capacity;
        int _refused;

        public void Run()
        {
            for (var phase = 0; phase < 4; phase++)
            {
                _capacity = random.Next(0, Agents);
                var before = _refused;
                Steps(150);

                // At first all that are at work may be refused; then by and by, each time after a longer pause.
                Assert.True(_refused - before <= Agents + 40, $"{name}: {_refused - before} refused");
            }

            _capacity = 2;
            Array.Clear(_granted);
            Steps(Calm);
            Assert.True(_granted.Skip(1).All(count => count > 0), $"{name}: {string.Join(' ', _granted)}");

            _capacity = int.MaxValue;
            Steps(Calm);
            Assert.True(_turns.Report(_now).Count == 0, $"{name}: still limited");
        }

        void Steps(int count)
        {
            for (var i = 0; i < count; i++)
            {
                _now += TimeSpan.FromSeconds(random.Next(0, 60));
                var agent = random.Next(1, Agents + 1);
                if (_atWork.Remove(agent, out var turn))
                {
                    _turns.Ended(turn, new AgentEnd.Finished(null, null), _now, random.NextDouble());
                    _turns.GiveBack(turn);
                }

                Begin(agent);
            }
        }

        void Begin(int agent)
        {
            var limit = _turns.Report(_now);
            if (_turns.Take(new(agent), "claude", _now) is not TurnAnswer.Granted { Turn: var turn })
            {
                return;
            }

            Assert.True(
                limit.Count == 0 || (_atWork.Count < limit[0].AtOnce && limit[0].Until is null), $"{name}: too many");
            _granted[agent]++;
            if (_atWork.Count < _capacity)
            {
                _atWork.Add(agent, turn);
                _turns.GotThrough(turn, _now);
                return;
            }

            _refused++;
            AgentEnd end = random.Next(2) == 0 ? Busy
                : new AgentEnd.RateLimited(random.Next(2) == 0 ? null : _now.AddMinutes(random.Next(20)), "full");
            _turns.Ended(turn, end, _now, random.NextDouble());
            _turns.GiveBack(turn);
        }
    }
}
