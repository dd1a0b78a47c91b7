using Beadswarm.Supervision;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Supervision;

/// <summary>A storm of failures is not a storm of messages, and nothing of it goes uncounted.</summary>
public sealed class StormDigestTests
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    readonly StormDigest _digest = new(Pause);
    readonly List<string> _told = [];
    DateTimeOffset _now = FakeTime.Start;

    [Fact]
    public void A_thousand_failures_of_one_reason_are_two_messages()
    {
        for (var agent = 1; agent <= 1_000; agent++)
        {
            Fail($"agent {agent} was killed", $"agent {agent}");
        }

        Later(Pause);

        Assert.Equal(
            [
                "1: agent 1 was killed (agent 1)",
                "999: agent 1000 was killed (agent 996, agent 997, agent 998, agent 999, agent 1000)",
            ],
            _told);
        Assert.False(_digest.Pending);
    }

    [Fact]
    public void Each_distinct_reason_is_told_at_once()
    {
        Fail("no space left", "lander");
        Fail("no such runner", "agent 1");
        Fail("no space left", "tracker");

        Assert.Equal(["1: no space left (lander)", "1: no such runner (agent 1)"], _told);
        Assert.Equal(["no space left"], _digest.Rest().Select(told => told.Reason));
    }

    [Fact]
    public void After_the_pause_a_reason_is_told_at_once_again_with_what_was_counted()
    {
        Fail("no", "a");
        Fail("no", "b");
        _now += Pause;
        Fail("no", "c");

        Assert.Equal(["1: no (a)", "2: no (b, c)"], _told);
    }

    [Fact]
    public void Endless_reasons_share_a_bounded_number_of_messages()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Fail(string.Concat(i.ToString(System.Globalization.CultureInfo.InvariantCulture)
                .Select(digit => (char)(digit - '0' + 'a'))), "x");
        }

        Later(Pause);

        Assert.InRange(_told.Count, StormDigest.ReasonsMax, StormDigest.ReasonsMax + 2);
        Assert.Equal(10_000, _told.Sum(line => int.Parse(
            line[..line.IndexOf(':', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture)));
    }

    void Fail(string reason, string who) => Keep(_digest.Note(reason, who, _now) is { } told ? [told] : []);

    void Later(TimeSpan by)
    {
        _now += by;
        Keep(_digest.Due(_now));
    }

    void Keep(IEnumerable<Told> told) =>
        _told.AddRange(told.Select(one => $"{one.Count}: {one.Reason} ({string.Join(", ", one.Who)})"));
}
