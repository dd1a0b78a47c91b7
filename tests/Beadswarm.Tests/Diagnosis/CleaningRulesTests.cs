using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Diagnosis;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Diagnosis;

public sealed class CleaningRulesTests
{
    static readonly BeadId Bead = BeadId.Parse("a-1");
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(100);

    [Fact]
    public void Old_records_go_only_when_their_bead_is_finished()
    {
        Check(new BeadState.Pending(StageName.Implement, null), removed: false);
        Check(new BeadState.Held(new AgentNumber(1), new FencingToken(1), StageName.Implement, Now), removed: false);
        Check(new BeadState.Landing(), removed: false);
        Check(new BeadState.Left("agent-1/a-1"), removed: false);
        Check(new BeadState.Blocked("attempts used up"), removed: false);
        Check(new BeadState.Completed("abc", Now), removed: true);
        Check(new BeadState.Withdrawn(), removed: true);

        static void Check(BeadState state, bool removed) =>
            Assert.Equal(removed, Plan(ageDays: 30, state) is CleaningStep.Remove);
    }

    [Theory]
    [InlineData(6, false)]
    [InlineData(7, true)]
    public void Young_records_of_a_finished_bead_stay(int ageDays, bool removed) =>
        Assert.Equal(removed, Plan(ageDays, new BeadState.Completed("abc", Now)) is CleaningStep.Remove);

    [Fact]
    public void Records_of_a_bead_that_nobody_knows_go_when_they_are_old()
    {
        Assert.IsType<CleaningStep.Remove>(Plan(30, null));
        Assert.IsType<CleaningStep.Keep>(Plan(1, null));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Commits_that_are_nowhere_else_are_never_removed(int commitsOnlyHere, bool kept)
    {
        var branch = new Orphan.Branch(
            new BranchName("agent-1/a-1"), CommitId.Parse(new string('a', 40)), commitsOnlyHere);

        var step = Assert.Single(CleaningRules.Plan([], [branch], new Dictionary<BeadId, BeadState>(), Now, default));

        Assert.Equal(kept, step is CleaningStep.Keep);
    }

    static CleaningStep Plan(int ageDays, BeadState? state)
    {
        var leftover = new Leftover("sessions/a-1/1", Bead, Now - TimeSpan.FromDays(ageDays), 1);
        var states = state is null
            ? new Dictionary<BeadId, BeadState>()
            : new Dictionary<BeadId, BeadState> { [Bead] = state };
        return Assert.Single(CleaningRules.Plan([leftover], [], states, Now, TimeSpan.FromDays(7)));
    }
}
