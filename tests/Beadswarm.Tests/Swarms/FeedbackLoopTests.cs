using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>A check that fails leads back to implement, told what failed, and never without a bound.</summary>
public sealed class FeedbackLoopTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task Findings_of_qa_reach_the_next_implement_and_the_bead_lands_once()
    {
        _repository.Bead("t-1").Agent(
            """
            if [ "$BEADSWARM_STAGE-$BEADSWARM_ATTEMPT" = qa-enforcer-1 ]; then
              echo '{"verdict":"fail","summary":"edge case","findings":[{"severity":"major",
                "title":"Empty input crashes","detail":"call it with nothing","file":"work/t-1","line":7}]}' \
                > "$BEADSWARM_RESULT"
              exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(["t-1"], _repository.Landed());
        Assert.Equal(
            [
                "contract 1 Passed", "implement 1 Passed", "qa-enforcer 1 Failed",
                "implement 2 Passed", "qa-enforcer 2 Passed", "red-queen 2 Passed",
            ],
            await _repository.HistoryAsync("t-1"));
        foreach (var told in new[] { "prompt.md", "context/feedback.md" })
        {
            var text = _repository.Given("t-1", "implement", 2, told);
            Assert.Contains("Empty input crashes", text, StringComparison.Ordinal);
            Assert.Contains("call it with nothing", text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(
            "Empty input crashes", _repository.Given("t-1", "implement", 1, "prompt.md"), StringComparison.Ordinal);
        Assert.Contains(
            "Empty input crashes", await _repository.ArtifactAsync("t-1", "retry_packet.json"),
            StringComparison.Ordinal);
        Assert.Single(await _repository.JournalAsync(), entry => entry.Event is JournalEvent.BeadLanded);
    }

    [Fact]
    public async Task Failing_output_of_a_gate_reaches_the_next_attempt_trimmed()
    {
        _repository.Write(
            "gate.sh",
            """
            grep -q 2 work/t-1 && exit 0
            echo THE-FIRST-LINE
            i=0; while [ $i -lt 5000 ]; do echo "line $i of a long log"; i=$((i+1)); done
            echo "error: expected 2 but was 1" >&2
            exit 3
            """);
        _repository.Bead("t-1").Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Failed", "implement 2 Passed"],
            (await _repository.HistoryAsync("t-1")).Take(3));
        var feedback = _repository.Given("t-1", "implement", 2, "context/feedback.md");
        Assert.Contains("error: expected 2 but was 1", feedback, StringComparison.Ordinal);
        Assert.Contains("sh gate.sh", feedback, StringComparison.Ordinal);
        Assert.InRange(feedback.Length, 200, 16 * 1024);
        Assert.Contains(
            "error: expected 2 but was 1", _repository.Given("t-1", "implement", 2, "prompt.md"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Used_up_attempts_block_with_a_dossier_and_the_rest_of_the_backlog_lands()
    {
        _repository.Bead("t-1").Bead("t-2").Bead("t-3", 2, "t-1").Agent(
            """
            if [ "$BEADSWARM_STAGE-$BEADSWARM_BEAD" = red-queen-t-1 ]; then
              echo "I broke it again"
              echo '{"verdict":"fail","summary":"still broken","findings":
                [{"severity":"critical","title":"Overflow"}]}' > "$BEADSWARM_RESULT"
              exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Exhausted, 1, 1, 1), (outcome.End, outcome.Landed, outcome.Blocked, outcome.Pending));
        Assert.Equal(["t-2"], _repository.Landed());
        Assert.Equal("blocked", _repository.StatusOf("t-1"));
        Assert.Contains(
            "attempt 3 of 3 failed: verdict fail, 1 findings: still broken", _repository.Find("t-1").Notes,
            StringComparison.Ordinal);
        Assert.Equal("open", _repository.StatusOf("t-3"));
        var work = await _repository.WorkAsync("t-1");
        Assert.IsType<BeadState.Blocked>(work.State);
        Assert.Equal((3, 3), (work.Attempt, work.AttemptsAllowed));
        Assert.Equal(
            3, (await _repository.HistoryAsync("t-1")).Count(run => run.EndsWith("Failed", StringComparison.Ordinal)));
        var dossier = await _repository.ArtifactAsync("t-1", BlockedDossier.Name);
        Assert.All(
            ["State: blocked", "Attempt: 3 of 3", "| red-queen | 3 |", "Overflow", "beadswarm retry t-1", "agent-"],
            part => Assert.Contains(part, dossier, StringComparison.Ordinal));
        Assert.DoesNotContain("| started |", dossier.Split("## History")[1].Split("##")[0].Split('\n', 5)[4],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bead_without_progress_is_blocked_without_running_a_gate_again()
    {
        _repository.Bead("t-1").Agent("[ $BEADSWARM_STAGE = implement ] && exit 0").Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Exhausted, 0, 1), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Failed", "implement 2 Failed", "implement 3 Failed"],
            await _repository.HistoryAsync("t-1"));
        Assert.Contains("no progress", _repository.Find("t-1").Notes, StringComparison.Ordinal);
        Assert.DoesNotContain(
            await _repository.JournalAsync(), entry => entry is { Event: JournalEvent.GateRan, Bead: not null });
    }

    [Fact]
    public async Task The_tree_of_a_failed_attempt_is_no_progress()
    {
        // Each attempt takes its predecessor's change back and makes it again.
        _repository.Bead("t-1").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              mkdir -p work; echo broken > work/t-1; git add -A; git commit -qm "try $BEADSWARM_ATTEMPT" --allow-empty
              exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal(1, outcome.Blocked);
        var reasons = await _repository.AskAsync(async store =>
            (await store.ReadHistoryAsync(BeadId.Parse("t-1"), null, 100, TestContext.Current.CancellationToken))
                .Skip(1).Select(run => run.Summary!.Split(' ')[0]).ToArray());
        Assert.Equal(["gate", "no", "no"], reasons);
        Assert.Single(
            await _repository.JournalAsync(), entry => entry.Event is JournalEvent.GateRan { Status: "failed" });
    }

    [Fact]
    public async Task No_progress_is_seen_although_the_target_has_moved_on()
    {
        // t-1 fails, waits until t-2 has landed, and then adds nothing to what the merge with the target gives.
        _repository.Bead("t-1").Bead("t-2").Agent(
            """
            if [ "$BEADSWARM_STAGE-$BEADSWARM_BEAD" = implement-t-1 ]; then
              [ $BEADSWARM_ATTEMPT -gt 1 ] && exit 0
              mkdir -p work; echo broken > work/t-1; git add -A; git commit -qm "try"
              read go < "$R/.beadswarm/landed"
              exit 0
            fi
            """).Commit();
        var landed = _repository.Fifo("landed");

        await using var run = await _repository.StartAsync(_repository.Config());
        await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-2");
        landed.Release();
        await SwarmRepository.EndAsync(run);

        var history = await run.Store.ReadHistoryAsync(
            BeadId.Parse("t-1"), null, 100, TestContext.Current.CancellationToken);
        Assert.Equal(
            ["gate", "no", "no"],
            history.Where(one => one.Stage.Value == "implement").Select(one => one.Summary!.Split(' ')[0]));
    }

    [Fact]
    public async Task A_counting_gate_lowers_its_baseline_with_what_lands()
    {
        _repository.Write("work/seed", "warning\nwarning\n");
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              [ $BEADSWARM_BEAD = t-1 ] && echo warning > work/seed
              [ $BEADSWARM_BEAD = t-2 ] && printf 'warning\nwarning\n' > work/seed
              git commit -qam "$BEADSWARM_BEAD"; exit 0
            fi
            """).Commit();
        var count = new GateSpec { Name = "count", Run = "cat work/seed", CountPattern = "warning" };

        var outcome = await _repository.RunAsync(_repository.Config(change: config => config with
        {
            Gates = new Dictionary<string, GateSpec>(config.Gates) { ["count"] = count },
            Landing = config.Landing with { Gates = ["check", "count"] },
        }));

        Assert.Equal((SwarmEnd.Exhausted, 1, 1), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Equal(1, await _repository.AskAsync(store =>
            store.ReadBaselineAsync("count", TestContext.Current.CancellationToken)));
        Assert.Contains(
            "at most 1 are allowed", _repository.Given("t-2", "implement", 2, "context/feedback.md"),
            StringComparison.Ordinal);
    }

    public void Dispose() => _repository.Dispose();
}
