using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Swarms;
using Beadswarm.Tests.Beads;

namespace Beadswarm.Tests.Swarms;

public sealed class OutdatedRulesTests
{
    static readonly DateTimeOffset Landed = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-1, "nothing", true)]
    [InlineData(-1, "closed 1", true)]
    [InlineData(-1, "open -1", true)]
    [InlineData(-1, "open 0", false)]
    [InlineData(-1, "in_progress 1", false)]
    [InlineData(0, "nothing", false)]
    [InlineData(1, "closed 1", false)]
    public void A_line_is_outdated_when_neither_it_nor_the_targets_was_changed_since_the_landing(
        int minutes, string onTarget, bool outdated)
    {
        var there = onTarget.Split(' ') is [var status, var at]
            ? Line(int.Parse(at, System.Globalization.CultureInfo.InvariantCulture), status)
            : null;

        Assert.Equal(outdated, OutdatedRules.IsOutdated(Line(minutes), Landing, there));
    }

    [Fact]
    public void A_line_without_a_time_is_never_outdated() =>
        Assert.False(OutdatedRules.IsOutdated(Line(0) with { UpdatedAt = default }, Landing, null));

    static BeadLanding Landing => new(BeadId.Parse("bd-1"), new CommitId(new string('a', 40)), Landed);

    static Bead Line(int minutes, string status = BeadStatus.Open) =>
        Some.Bead("bd-1") with { Status = status, UpdatedAt = Landed.AddMinutes(minutes) };
}
