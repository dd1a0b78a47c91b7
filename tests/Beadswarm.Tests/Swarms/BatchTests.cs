using Beadswarm.Auditing;
using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Swarms;
using Beadswarm.Tests.Auditing;

namespace Beadswarm.Tests.Swarms;

/// <summary>More beads wait to land than tests may run: they are tested together, once, and land by one step.</summary>
public sealed class BatchTests : IDisposable
{
    static readonly string[] Beads = ["t-1", "t-2", "t-3", "t-4"];

    readonly SwarmRepository _repository = new();
    readonly Dictionary<string, Fifo> _go = [];

    [Fact]
    public async Task Beads_that_wait_together_are_tested_once_and_land_by_one_commit_each_merged_by_its_own()
    {
        var start = Prepare("");
        await using (var run = await WaitingAsync())
        {
            await ResumeAsync();
            var outcome = await SwarmRepository.EndAsync(run);
            Assert.Equal((SwarmEnd.Completed, 4), (outcome.End, outcome.Landed));
        }

        var batch = Assert.Single(Line(start));
        Assert.Equal(Beads, Batch(batch));
        Assert.Equal(Beads, _repository.Landed());
        Assert.Equal(
            "t-1, t-2, t-3, t-4: tested together", _repository.Git("log", "-1", "--format=%s", batch));
        var journal = await _repository.JournalAsync();
        foreach (var bead in Beads)
        {
            var landed = Landed(journal, bead);
            Assert.Equal(bead, _repository.Git("log", "-1", "--format=%(trailers:key=Bead,valueonly)", landed));
            Assert.Equal(
                $"work/{bead}", _repository.Git("diff", "--name-only", $"{landed}^1", landed));
            Assert.Equal("closed", _repository.StatusOf(bead));
        }

        // One test for the four of them, beside those of the beads' own stages.
        var tree = _repository.Git("rev-parse", $"{batch}^{{tree}}");
        var tests = journal.Select(entry => entry.Event).OfType<JournalEvent.GateRan>()
            .Select(gate => gate.Commit).Distinct().ToArray();
        Assert.Single(journal, entry => entry.Event is JournalEvent.GateRan gate && gate.Tree == tree);
        Assert.DoesNotContain(Landed(journal, "t-2"), tests);
        await CheckAsync();
    }

    [Fact]
    public async Task On_an_integration_branch_they_land_by_one_commit_too_and_are_completed_when_the_target_has_it()
    {
        // Two of them change the same file, so that none of it is on any first parent as the first of them left it.
        _repository.Write("shared", string.Join('\n', Enumerable.Range(1, 9)) + "\n");
        var start = Prepare(
            """
            case $BEADSWARM_BEAD-$BEADSWARM_STAGE in
            t-1-implement) sed -i '1s/.*/one/' shared ;;
            t-4-implement) sed -i '9s/.*/nine/' shared ;;
            esac
            """);
        await using (var run = await WaitingAsync(OnAnIntegrationBranch))
        {
            await ResumeAsync();
            var outcome = await SwarmRepository.EndAsync(run);
            Assert.Equal((SwarmEnd.Completed, 4), (outcome.End, outcome.Landed));
        }

        var batch = Assert.Single(Line(start));
        Assert.Equal(Beads, Batch(batch));
        Assert.Equal(Beads, _repository.Landed());
        Assert.Equal("one 2 3 4 5 6 7 8 nine", _repository.Read("shared").Trim().Replace('\n', ' '));
        var journal = await _repository.JournalAsync();
        Assert.Equal(
            Beads,
            journal.Where(entry => entry.Event is JournalEvent.LandingIntegrated).Select(entry => $"{entry.Bead}"));
        Assert.All(
            journal.Select(entry => entry.Event).OfType<JournalEvent.BeadLanded>(),
            landed => Assert.Equal(batch, landed.ObservedTip));
        await CheckAsync();
    }

    [Fact]
    public async Task What_the_integration_branch_has_already_is_completed_only_when_the_target_has_it()
    {
        Prepare(
            """
            [ $BEADSWARM_BEAD-$BEADSWARM_STAGE != t-2-implement ] || {
              mkdir -p work; echo 1 > work/t-1; git add -A; git commit -qm "the same as t-1"; exit 0; }
            """);
        await using (var run = await WaitingAsync(OnAnIntegrationBranch))
        {
            await ResumeAsync();
            Assert.Equal(4, (await SwarmRepository.EndAsync(run)).Landed);
        }

        Assert.Equal(["t-1", "t-3", "t-4"], _repository.Landed());
        var journal = await _repository.JournalAsync();
        var promoted = journal.First(entry => entry.Event is JournalEvent.EffectDone { Kind: "promotion" });
        Assert.All(
            journal.Where(entry => entry.Event is JournalEvent.BeadLanded),
            landed => Assert.True(landed.Sequence > promoted.Sequence, $"{landed.Bead} was not on the target yet"));
        await CheckAsync();
    }

    [Fact]
    public async Task A_bead_that_breaks_its_batch_is_returned_and_the_others_land()
    {
        // Each is green alone; with t-1 on the target, t-3 is not.
        var start = Prepare(
            """
            if [ "$BEADSWARM_BEAD $BEADSWARM_STAGE" = "t-3 implement" ]; then
              if [ $BEADSWARM_ATTEMPT = 1 ]; then echo 'test ! -e work/t-1' > clash.sh; else rm clash.sh; fi
            fi
            """);
        await using (var run = await WaitingAsync())
        {
            await ResumeAsync();
            var returned = await SwarmRepository.UntilAsync<JournalEvent.LandingReturned>(run, "t-3");
            await SwarmRepository.UntilAsync(run, entry =>
                entry.Sequence > returned.Sequence && entry.Bead?.Value == "t-3"
                && entry.Event is JournalEvent.BeadLanded);
            Assert.Equal(4, (await SwarmRepository.EndAsync(run)).Landed);
        }

        Assert.Equal(Beads, _repository.Landed().Order());
        Assert.Equal("t-3", _repository.Landed()[^1]);
        foreach (var commit in Line(start))
        {
            _repository.Git("checkout", "-q", "--detach", commit);
            SwarmRepository.GitIn(_repository.Path, "-c", "alias.gate=!sh gate.sh", "gate");
        }

        _repository.Git("checkout", "-q", "main");
        await CheckAsync();
    }

    [Fact]
    public async Task Each_bead_of_a_batch_that_somebody_takes_off_the_target_is_taken_up_again()
    {
        Prepare("", "t-5");
        var remote = _repository.AddOrigin();
        await using var run = await WaitingAsync(config => config with
        {
            Tracker = config.Tracker with { Commit = false },
            Landing = config.Landing with { Remote = "origin", Watch = TimeSpan.FromMilliseconds(50) },
        });
        await ResumeAsync();
        var landed = new Dictionary<string, string>();
        foreach (var bead in Beads)
        {
            landed[bead] = ((JournalEvent.BeadLanded)(
                await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, bead)).Event).Commit;
        }

        SwarmRepository.Elsewhere(remote, "revert", "--no-edit", "-m", "1", landed["t-2"]);

        var lost = await SwarmRepository.UntilAsync<JournalEvent.LandingLost>(run, "t-2");
        await SwarmRepository.UntilAsync(run, entry =>
            entry.Sequence > lost.Sequence && entry.Bead == lost.Bead && entry.Event is JournalEvent.BeadLanded);
        _go["t-5"].Release();
        Assert.Equal(5, (await SwarmRepository.EndAsync(run)).Landed);

        Assert.Equal("t-2", Assert.Single(
            await _repository.JournalAsync(), entry => entry.Event is JournalEvent.LandingLost).Bead?.Value);
        Assert.Equal("2", SwarmRepository.GitIn(remote, "show", "main:work/t-2"));
    }

    /// <summary>Each bead's first attempt waits until it is let go.</summary>
    string Prepare(string agent, params string[] further)
    {
        foreach (var bead in Beads.Concat(further))
        {
            _repository.Bead(bead);
            _go[bead] = _repository.Fifo($"go-{bead}");
        }

        _repository.Write(
            "gate.sh",
            "for f in work/*; do ! grep -q broken \"$f\" || exit 1; done; [ ! -e clash.sh ] || sh clash.sh\n");
        _repository.Agent(
            """
            [ "$BEADSWARM_STAGE $BEADSWARM_ATTEMPT" != "implement 1" ] || read go < "$R/.beadswarm/go-$BEADSWARM_BEAD"

            """ + agent).Commit();
        return _repository.Git("rev-parse", "main");
    }

    /// <summary>A run in which all of them wait to land, in this order, and only one test may run at a time.</summary>
    async Task<SwarmRun> WaitingAsync(Func<SwarmConfig, SwarmConfig>? change = null)
    {
        var run = await _repository.StartAsync(_repository.Config(5, config =>
        {
            config = config with { Landing = config.Landing with { Tests = 1 } };
            return change?.Invoke(config) ?? config;
        }));
        Assert.True((await _repository.AskAsync(new QueueRequest.Pause(null))).Done);
        foreach (var bead in Beads)
        {
            _go[bead].Release();
            await SwarmRepository.UntilAsync<JournalEvent.LandingQueued>(run, bead);
        }

        return run;
    }

    async Task ResumeAsync() => Assert.True((await _repository.AskAsync(new QueueRequest.Resume())).Done);

    static SwarmConfig OnAnIntegrationBranch(SwarmConfig config) =>
        config with { Landing = config.Landing with { Mode = LandingMode.Integration } };

    /// <summary>What has come onto the target but for the tracker's file.</summary>
    string[] Line(string since) => _repository.Git(
        "log", "--first-parent", "--reverse", "--format=%H", $"{since}..main", "--", ".", ":!.beads").Split('\n');

    string[] Batch(string commit) => _repository.Git(
        "log", "-1", "--format=%(trailers:key=Batch,valueonly,separator=%x2C)", commit).Split(',');

    static string Landed(IReadOnlyList<JournalEntry> journal, string bead) =>
        journal.Where(entry => entry.Bead?.Value == bead).Select(entry => entry.Event)
            .OfType<JournalEvent.BeadLanded>().Single().Commit;

    async Task CheckAsync()
    {
        var report = (await RepositoryAudit.RunAsync(
            RepositoryAuditTests.ScopeOf(_repository.Path), TestContext.Current.CancellationToken))!.Value.Report;
        Assert.Empty(RepositoryAuditTests.Violated(report));
    }

    public void Dispose() => _repository.Dispose();
}
