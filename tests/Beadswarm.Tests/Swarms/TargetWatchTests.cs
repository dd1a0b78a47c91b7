using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>The gates of the whole on the target: what is red is traced, taken up again or named.</summary>
public sealed class TargetWatchTests : IDisposable
{
    readonly SwarmRepository _repository = new();
    readonly TemporaryFolder _elsewhere = new();

    /// <summary>Slow enough that no landing runs it: red where anything broke the whole.</summary>
    const string Whole =
        """
        echo "$(git rev-parse 'HEAD^{tree}')" >> "$R/.beadswarm/whole-ran"
        ! grep -rq breaks work foreign 2>/dev/null || { echo "the whole is broken"; exit 1; }
        """;

    [Fact]
    public async Task What_a_landing_broke_is_traced_and_taken_up_again_with_the_output()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Bead("t-3", 2, "t-2").Agent(
            """
            case $BEADSWARM_BEAD in
            t-1) read go < "$R/.beadswarm/begin" ;;
            t-3) read go < "$R/.beadswarm/go" ;;
            esac
            [ $BEADSWARM_BEAD-$BEADSWARM_ATTEMPT != t-2-1 ] || {
              mkdir -p work; echo breaks > work/t-2; git add -A; git commit -qm "t-2"; exit 0; }
            """);
        _repository.Commit();
        var (begin, go) = (_repository.Fifo("begin"), _repository.Fifo("go"));
        await using var run = await StartAsync(agents: 2);
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.TargetJudged { Gate: null });
        begin.Release();
        var broke = await SwarmRepository.UntilAsync<JournalEvent.LandingBroke>(run, "t-2");
        await SwarmRepository.UntilAsync(run, entry => entry.Sequence > broke.Sequence
            && entry.Bead == broke.Bead && entry.Event is JournalEvent.BeadLanded);
        await SwarmRepository.UntilAsync(run, entry => entry.Sequence > broke.Sequence
            && entry.Event is JournalEvent.TargetJudged { Gate: null });

        go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 3, (string?)null), (outcome.End, outcome.Landed, outcome.Red));
        var journal = (await _repository.JournalAsync()).Select(entry => entry.Event).ToArray();
        var landed = journal.OfType<JournalEvent.BeadLanded>().First(one =>
            one.Landing == ((JournalEvent.LandingBroke)broke.Event).Landing);
        var red = journal.OfType<JournalEvent.TargetJudged>().First(judged => judged.Gate is not null);
        Assert.Equal(("whole", landed.Commit, "t-2"), (red.Gate, red.Culprit, red.Bead));
        Assert.Single(journal.OfType<JournalEvent.LandingBroke>());
        var feedback = _repository.Given("t-2", "implement", 2, "context/feedback.md");
        Assert.Contains("since which gate whole fails on the target", feedback, StringComparison.Ordinal);
        Assert.Contains("the whole is broken", feedback, StringComparison.Ordinal);
        Assert.Equal("2", _repository.Git("show", "main:work/t-2"));
        EachTreeWasTestedOnce(journal);
    }

    [Fact]
    public async Task Of_a_batch_that_breaks_the_whole_together_the_bead_since_which_it_fails_is_taken_up_again()
    {
        // Neither of t-1 and t-2 breaks the whole alone; t-3 lands with them and has nothing to do with it.
        string[] beads = ["t-1", "t-2", "t-3", "t-4"];
        var go = beads.ToDictionary(bead => bead, bead => _repository.Bead(bead).Fifo($"go-{bead}"));
        _repository.Agent(
            """
            [ $BEADSWARM_ATTEMPT != 1 ] || {
              read go < "$R/.beadswarm/go-$BEADSWARM_BEAD"
              mkdir -p work; case $BEADSWARM_BEAD in t-1|t-2) echo half ;; *) echo whole ;; esac > work/$BEADSWARM_BEAD
              git add -A; git commit -qm $BEADSWARM_BEAD; exit 0; }
            """).Commit();
        await using var run = await StartAsync(
            agents: 4, "[ $(cat work/* 2>/dev/null | grep -c half) -lt 2 ] || { echo 'two halves'; exit 1; }");
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.TargetJudged { Gate: null });
        Assert.True((await _repository.AskAsync(new QueueRequest.Pause(null))).Done);
        foreach (var bead in beads[..3])
        {
            go[bead].Release();
            await SwarmRepository.UntilAsync<JournalEvent.LandingQueued>(run, bead);
        }

        Assert.True((await _repository.AskAsync(new QueueRequest.Resume())).Done);
        var broke = await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.LandingBroke);
        await SwarmRepository.UntilAsync(run, entry => entry.Sequence > broke.Sequence
            && entry.Bead == broke.Bead && entry.Event is JournalEvent.BeadLanded);
        go["t-4"].Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 4), (outcome.End, outcome.Landed));
        var journal = await _repository.JournalAsync();
        var together = Assert.Single(journal.Select(entry => entry.Event).OfType<JournalEvent.LandingIntended>()
            .Where(intended => intended.BatchCommit is not null).GroupBy(intended => intended.BatchCommit));
        Assert.Equal(3, together.Count());
        var red = Assert.Single(journal.Select(entry => entry.Event).OfType<JournalEvent.TargetJudged>(),
            judged => judged.Gate is not null);
        Assert.Equal((together.Key, together.ElementAt(1).Candidate, "t-2"), (red.Tip, red.Culprit, red.Bead));
        Assert.Equal(
            ["t-1", "t-2", "t-2", "t-3", "t-4"],
            journal.Where(entry => entry.Event is JournalEvent.BeadLanded).Select(entry => $"{entry.Bead}").Order());
        Assert.Single(journal, entry => entry.Event is JournalEvent.LandingBroke);
        Assert.Contains(
            "two halves", _repository.Given("t-2", "implement", 2, "context/feedback.md"), StringComparison.Ordinal);
        Assert.Equal("half", _repository.Git("show", "main:work/t-1"));
        EachTreeWasTestedOnce([.. journal.Select(entry => entry.Event)]);
    }

    [Fact]
    public async Task What_others_broke_is_named_once_and_the_run_ends_with_it()
    {
        _repository.Bead("t-1").Agent(
            """
            read go < "$R/.beadswarm/go"
            """).Commit();
        var go = _repository.Fifo("go");
        await using var run = await StartAsync(agents: 1);
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.TargetJudged { Gate: null });

        Foreign("fine", "one");
        var culprit = Foreign("breaks", "this one");
        for (var i = 0; i < 3; i++)
        {
            Foreign($"fine {i}", $"later {i}");
        }

        _repository.Git("merge", "-q", "--ff-only", "theirs");
        var judged = await SwarmRepository.UntilAsync(
            run, entry => entry.Event is JournalEvent.TargetJudged { Gate: not null });
        go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        var red = (JournalEvent.TargetJudged)judged.Event;
        Assert.Equal((culprit, "this one", (string?)null), (red.Culprit, red.Subject, red.Bead));
        Assert.Contains($"since {culprit[..12]} \"this one\", which the swarm did not land", outcome.Red!,
            StringComparison.Ordinal);
        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.DoesNotContain(
            (await _repository.JournalAsync()).Select(entry => entry.Event),
            happened => happened is JournalEvent.LandingBroke);
        EachTreeWasTestedOnce([.. (await _repository.JournalAsync()).Select(entry => entry.Event)]);
    }

    [Fact]
    public async Task A_gate_of_the_whole_that_passes_the_second_time_is_told_as_flaky_and_nothing_is_red()
    {
        _repository.Bead("t-1").Commit();
        await using var run = await StartAsync(
            agents: 1,
            "seen=\"$R/.beadswarm/seen-$(git rev-parse HEAD)\"; [ -e \"$seen\" ] || { > \"$seen\"; exit 3; }");
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.TargetJudged);
        await SwarmRepository.EndAsync(run);

        var journal = (await _repository.JournalAsync()).Select(entry => entry.Event).ToArray();
        Assert.All(journal.OfType<JournalEvent.TargetJudged>(), judged => Assert.Null(judged.Gate));
        Assert.Contains(journal, happened => happened is JournalEvent.GateFlaky { Gate: "whole" });
    }

    [Fact]
    public async Task What_was_tested_is_not_tested_again_by_the_next_run()
    {
        _repository.Bead("t-1").Commit();
        await using (var run = await StartAsync(agents: 1))
        {
            await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.TargetJudged);
            await SwarmRepository.EndAsync(run);
        }

        var before = Ran().Length;
        _repository.Bead("t-2").Commit();
        await using (var run = await StartAsync(agents: 1))
        {
            await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-2");
            await SwarmRepository.EndAsync(run);
        }

        Assert.NotEqual(0, before);
        Assert.Equal(Ran().Length, Ran().Distinct().Count());
        EachTreeWasTestedOnce([.. (await _repository.JournalAsync()).Select(entry => entry.Event)]);
    }

    string[] Ran() => _repository.Read(".beadswarm/whole-ran").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    static void EachTreeWasTestedOnce(IReadOnlyList<JournalEvent> journal)
    {
        var tested = journal.OfType<JournalEvent.TargetTested>().Select(one => (one.Tree, one.Suite)).ToArray();
        Assert.NotEmpty(tested);
        Assert.Equal(tested.Length, tested.Distinct().Count());
        var ran = journal.OfType<JournalEvent.GateRan>().Where(gate => gate.Gate == "whole").ToArray();
        Assert.All(ran.GroupBy(gate => gate.Tree), runs => Assert.InRange(
            runs.Count(), 1, runs.First().Status == "passed" ? 1 : 2));
    }

    /// <summary>A commit of somebody else, on a branch that the target is moved to later.</summary>
    string Foreign(string text, string subject)
    {
        var clone = _elsewhere["clone"];
        if (!Directory.Exists(clone))
        {
            _repository.Git("worktree", "add", "-q", "-b", "theirs", clone, "main");
        }

        Directory.CreateDirectory(Path.Combine(clone, "foreign"));
        File.WriteAllText(Path.Combine(clone, "foreign", subject.Replace(' ', '-')), text + "\n");
        SwarmRepository.GitIn(clone, "add", "-A");
        SwarmRepository.GitIn(clone, "commit", "-qm", subject);
        return SwarmRepository.GitIn(clone, "rev-parse", "HEAD");
    }

    /// <summary>What happens to a bead before it lands is not looked at: one stage, and one test at a time.</summary>
    Task<SwarmRun> StartAsync(int agents, string? whole = null) =>
        _repository.StartAsync(_repository.Config(agents, config => config with
        {
            Pipeline = new Pipeline(
                [new StageSpec { Name = StageName.Implement, Prompt = "implement", ProgressRequired = true }], 3,
                StageName.Implement),
            Pools = [new PoolConfig("worker", agents, "sh", [StageName.Implement])],
            Gates = new Dictionary<string, GateSpec>(config.Gates)
            {
                ["whole"] = new() { Name = "whole", Run = $"R='{_repository.Path}'; {whole ?? Whole}" },
            },
            Tracker = config.Tracker with { Commit = false },
            Landing = config.Landing with
            {
                Tests = 1,
                WatchGates = ["check", "whole"],
                WatchEvery = TimeSpan.FromMilliseconds(50),
            },
        }));

    public void Dispose()
    {
        _repository.Dispose();
        _elsewhere.Dispose();
    }
}
