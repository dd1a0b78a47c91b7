using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>What agents say is no evidence, and what they do in the wrong place is not lost.</summary>
public sealed class MisbehavingAgentTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_claim_of_success_does_not_get_past_the_gate()
    {
        _repository.Bead("t-1").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              mkdir -p work; echo "broken $BEADSWARM_ATTEMPT" > work/t-1; git add -A; git commit -qm "perfect"
              echo '{"verdict":"pass","summary":"all tests pass"}' > "$BEADSWARM_RESULT"
              exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Exhausted, 0, 1), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Empty(_repository.Landed());
        Assert.Contains("gate check failed", _repository.Find("t-1").Notes, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("git checkout -q -b elsewhere; make_it; git add -A; git -c core.hooksPath=/dev/null commit -qm x")]
    [InlineData("git checkout -q --detach; make_it; git add -A; git -c core.hooksPath=/dev/null commit -qm x")]
    [InlineData("make_it")]
    [InlineData("make_it; git add -A; git stash -q")]
    public async Task Work_left_in_the_wrong_place_lands_all_the_same(string implement)
    {
        _repository.Bead("t-1").Agent(
            $$"""
            make_it() { mkdir -p work; echo done > work/t-1; }
            if [ $BEADSWARM_STAGE = implement ]; then
              {{implement}}
              exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal("done", _repository.Git("show", "main:work/t-1"));
        Assert.Equal("main", _repository.Git("branch", "--format=%(refname:short)"));
    }

    [Fact]
    public async Task Edits_of_the_tracker_never_land()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              mkdir -p work .beads; echo done > "work/$BEADSWARM_BEAD"
              sed -i 's/"status":"[a-z_]*"/"status":"closed"/; s/Do t/Forged/' .beads/issues.jsonl
              echo more > .beads/other; git add -A -f; git commit -qm "close everything"
              exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal("Do t-2", _repository.Find("t-2").Title);
        foreach (var commit in _repository.Git("log", "--format=%H", "--first-parent", "main").Split('\n'))
        {
            Assert.DoesNotContain(
                "Forged", _repository.Git("show", $"{commit}:.beads/issues.jsonl"), StringComparison.Ordinal);
            Assert.Equal("issues.jsonl", _repository.Git("ls-tree", "--name-only", $"{commit}:.beads"));
        }

        Assert.Equal(["t-1", "t-2"], _repository.Landed());
    }

    [Fact]
    public async Task A_crash_of_an_agent_costs_no_attempt_and_is_retried_with_its_work_kept()
    {
        _repository.Bead("t-1").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/crashed" ]; then
              touch "$R/.beadswarm/crashed"; mkdir -p work; echo half > work/half; kill -SEGV $$
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(
            [
                "contract 1 Passed", "implement 1 Error", "implement 1 Passed", "qa-enforcer 1 Passed",
                "red-queen 1 Passed",
            ],
            await _repository.HistoryAsync("t-1"));
        Assert.Equal("half", _repository.Git("show", "main:work/half"));
        Assert.Equal(1, (await _repository.WorkAsync("t-1")).InfrastructureFailures);
    }

    [Fact]
    public async Task Infrastructure_failures_block_within_their_own_limit_and_leave_the_attempts_alone()
    {
        _repository.Bead("t-1").Agent("[ $BEADSWARM_STAGE = implement ] && kill -SEGV $$").Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Exhausted, 1), (outcome.End, outcome.Blocked));
        var work = await _repository.WorkAsync("t-1");
        Assert.Equal(1, work.Attempt);
        Assert.Equal(6, (await _repository.HistoryAsync("t-1")).Count(run => run == "implement 1 Error"));
        Assert.Contains("infrastructure failed 6 times", _repository.Find("t-1").Notes, StringComparison.Ordinal);
        Assert.Contains("| implement | 1 |", await _repository.ArtifactAsync("t-1", BlockedDossier.Name),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_that_an_agent_leaves_behind_are_gone_when_its_stage_is_over()
    {
        _repository.Bead("t-1").Agent(
            "[ $BEADSWARM_STAGE = implement ] && { setsid sleep 1000 > /dev/null 2>&1 < /dev/null & }").Commit();

        await using var run = await _repository.StartAsync(_repository.Config());
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.StageEnded { Stage: "implement" });

        Assert.DoesNotContain(
            _repository.Processes(), tag => tag.EndsWith("/implement", StringComparison.Ordinal));
        await SwarmRepository.EndAsync(run);
        Assert.Empty(_repository.Processes());
    }

    public void Dispose() => _repository.Dispose();
}
