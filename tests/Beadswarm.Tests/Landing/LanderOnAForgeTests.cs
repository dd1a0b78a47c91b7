using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support.Forges;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Landing;

/// <summary>
/// A whole swarm that lands by pull requests, by the real gh at a stand-in of GitHub with a real repository behind it.
/// </summary>
public sealed class LanderOnAForgeTests : IAsyncDisposable
{
    readonly SwarmRepository _repository = new();
    readonly StandInForge _forge;

    public LanderOnAForgeTests()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Origin)!); // a folder below the repository
        _repository.Git("init", "-q", "--bare", "-b", "main", Origin);
        _repository.Git("remote", "add", "origin", Origin);
        _forge = new StandInForge(Origin);
    }

    string Origin => Path.Combine(_repository.Path, ".beadswarm", "origin.git");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _forge.DisposeAsync();
        _repository.Dispose();
    }

    [Fact]
    public async Task Pull_requests_wait_side_by_side_and_land_when_the_forge_allows_it()
    {
        _repository.Bead("t-1", bead => bead with { Description = "Do the first.", Labels = ["core"] })
            .Bead("t-2").Bead("t-3");
        Publish();

        // Nobody's checks end before all three are open.
        _forge.Checks = (_, _) =>
            [new StandInCheck("build", _forge.Pulls.Count < 3 ? "IN_PROGRESS" : "COMPLETED")];

        await using var run = await StartAsync(pull => pull with { Labels = ["swarm"] });
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 3, 3), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(["t-1", "t-2", "t-3"], Landed().Order());
        Assert.Equal(["MERGED", "MERGED", "MERGED"], _forge.Pulls.Select(pull => pull.State));
        var first = _forge.Pulls.Single(pull => pull.Title == "t-1: Do t-1");
        Assert.Equal(["swarm", "core"], first.Labels);
        Assert.Contains("Do the first.", first.Body, StringComparison.Ordinal);
        Assert.Contains("- **red-queen**", first.Body, StringComparison.Ordinal);
        Assert.Equal("main", InOrigin("branch", "--format=%(refname:short)"));

        // What the forge made is what is recorded, and each tree of it had passed before.
        var journal = await JournalAsync(run);
        var landed = journal.Select(entry => entry.Event).OfType<JournalEvent.BeadLanded>().ToArray();
        Assert.Equal(
            _forge.Pulls.Select(pull => pull.MergeCommit).Order(), landed.Select(bead => bead.Commit).Order());
        var passed = journal.Select(entry => entry.Event).OfType<JournalEvent.GateRan>()
            .Where(gate => gate.Status == "passed").Select(gate => gate.Tree).ToHashSet();
        Assert.All(landed, bead => Assert.Contains(InOrigin("rev-parse", $"{bead.Commit}^{{tree}}"), passed));
        Assert.Contains(journal, entry => entry.Event is JournalEvent.LandingProposed { Waits: "checks: build" });
    }

    [Fact]
    public async Task What_checks_and_reviewers_say_leads_back_to_implement_and_the_pull_request_stays_the_same()
    {
        _repository.Bead("t-1");
        Publish();
        _forge.Checks = (_, head) => _forge.Git.File(head, "work/t-1") == "1"
            ?
            [
                new StandInCheck("lint", Conclusion: "FAILURE", Summary: "line 1 is ugly")
                {
                    Log = "2026-01-01T10:00:00.0000000Z ##[group]Run lint\n"
                        + $"2026-01-01T10:00:01.0000000Z work/t-1:1: ugly, says {StandInForge.Token}\n"
                        + "2026-01-01T10:00:02.0000000Z ##[error]Process completed with exit code 1.\n"
                        + "2026-01-01T10:00:03.0000000Z Post job cleanup.\n",
                },
            ]
            : [new StandInCheck("lint")];
        _forge.Before = request =>
        {
            // The reviewer is there as soon as the second attempt is, and content with the third.
            if (_forge.Pulls is [{ State: "OPEN" } pull] && request.Path.EndsWith("/graphql", StringComparison.Ordinal))
            {
                var (head, attempt) = (_forge.HeadOf(pull), _forge.Git.File(_forge.HeadOf(pull), "work/t-1"));
                pull.Reviews.Clear();
                if (attempt is "2" or "3")
                {
                    pull.Reviews.Add(new StandInReview(
                        "ann", attempt == "2" ? "CHANGES_REQUESTED" : "APPROVED", head, "use a better number"));
                }
            }

            return null;
        };

        await using var run = await StartAsync(pull => pull with { ReviewRequired = true });
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 3), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal("3", InOrigin("show", "main:work/t-1"));
        var pull = Assert.Single(_forge.Pulls);
        Assert.Equal(2, pull.Comments.Count);
        Assert.Matches(
            "^Attempt 2, by agent [0-9]+, was given what was said here. It is at [0-9a-f]{40}.\n\n- ..implement",
            pull.Comments[0]);
        Assert.StartsWith("Attempt 3, ", pull.Comments[1], StringComparison.Ordinal);
        Assert.Contains($"<!-- beadswarm: {_forge.HeadOf(pull)} -->", pull.Comments[1], StringComparison.Ordinal);
        var second = _repository.Given("t-1", "implement", 2, "context/feedback.md");
        Assert.Contains("line 1 is ugly", second, StringComparison.Ordinal);
        Assert.Contains(
            "\nwork/t-1:1: ugly, says [redacted]\n##[error]Process completed with exit code 1.", second,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Post job cleanup", second, StringComparison.Ordinal);
        Assert.Contains(
            "== lint (https://", _repository.Given("t-1", "implement", 2, "context/failing_output.txt"),
            StringComparison.Ordinal);
        var third = _repository.Given("t-1", "implement", 3, "context/feedback.md");
        Assert.Contains("use a better number", third, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_review_before_landing_sends_a_bead_back_with_findings_before_it_is_proposed()
    {
        _repository.Agent(
            """
            [ $BEADSWARM_STAGE != merger ] || {
              grep -q 1 work/t-1 && verdict=fail || verdict=pass
              echo '{"verdict":"'$verdict'","summary":"put together with nothing",' > "$BEADSWARM_RESULT"
              echo '"findings":[{"severity":"major","title":"one is too few"}]}' >> "$BEADSWARM_RESULT"; exit 0; }
            """).Bead("t-1");
        Publish();

        await using var run = await StartAsync(review: "merger");
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal("2", InOrigin("show", "main:work/t-1"));
        Assert.Contains(
            "one is too few", _repository.Given("t-1", "implement", 2, "context/feedback.md"),
            StringComparison.Ordinal);
        var pull = Assert.Single(_forge.Pulls);
        Assert.Contains("put together with nothing", pull.Body, StringComparison.Ordinal);
        Assert.Matches("git diff [0-9a-f]{40}\\.\\.\\.HEAD", _repository.Given("t-1", "merger", 2, "prompt.md"));
    }

    [Fact]
    public async Task What_people_do_on_the_forge_is_followed()
    {
        _repository.Bead("t-1").Bead("t-2");
        Publish();
        _forge.Checks = (_, _) => [new StandInCheck("build", "IN_PROGRESS")];

        await using var run = await StartAsync();
        await SwarmRepository.UntilAsync(
            run, entry => entry.Event is JournalEvent.LandingProposed { Waits: "checks: build", Number: 2 });
        var (merged, closed) = (PullOf("t-1"), PullOf("t-2"));
        _forge.Merge(merged, squash: true);
        _forge.Close(closed, "ann");
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((1, 1), (outcome.Landed, outcome.Blocked));
        var state = Assert.IsType<BeadState.Blocked>((await run.Store.ReadBeadAsync(
            BeadId.Parse("t-2"), Cancel))?.State);
        Assert.Contains("closed without being merged by ann", state.Reason, StringComparison.Ordinal);
        Assert.Contains(_forge.Address, state.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_that_must_be_up_to_date_takes_the_target_up_without_what_agents_did_to_the_tracker()
    {
        _repository.Agent("""
            [ $BEADSWARM_STAGE != implement ] || { echo mine >> .beads/issues.jsonl; git add -f .beads; }
            """);
        _repository.Bead("t-1").Bead("t-2");
        Publish();
        _forge.Strict = true;

        await using var run = await StartAsync();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(["t-1", "t-2"], Landed().Order());
        Assert.DoesNotContain("mine", InOrigin("show", "main:.beads/issues.jsonl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outages_and_limits_are_told_once_and_cost_no_attempt()
    {
        _repository.Bead("t-1").Bead("t-2");
        Publish();
        var asked = 0;
        _forge.Before = _ => Interlocked.Increment(ref asked) switch
        {
            <= 3 => new HttpReply(503, "<html>Unicorn</html>"),
            5 => StandInForge.Message(429, "slow down", ("Retry-After", "1")),
            7 => StandInForge.Message(500, "again"),
            _ => null,
        };

        await using var run = await StartAsync();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(2, _forge.Pulls.Count);
        var held = (await JournalAsync(run)).Select(entry => entry.Event).OfType<JournalEvent.ComponentHeld>()
            .Where(event_ => event_.Component == "forge").ToArray();
        Assert.InRange(held.Length, 1, 3);
    }

    [Fact]
    public async Task A_token_that_is_not_let_in_is_one_message_with_its_remedy_and_a_drain_does_not_wait_for_it()
    {
        _repository.Bead("t-1").Bead("t-2");
        Publish();

        await using var run = await StartAsync(token: "ghp_wrong");
        var told = await SwarmRepository.UntilAsync(
            run, entry => entry.Event is JournalEvent.ComponentHeld { Component: "forge" });
        Assert.Contains("gh auth login", ((JournalEvent.ComponentHeld)told.Event).Reason, StringComparison.Ordinal);
        run.Drain("a person looks");
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Drained, 0, 0), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Single(
            await JournalAsync(run), entry => entry.Event is JournalEvent.ComponentHeld { Component: "forge" });
        Assert.Empty(_forge.Pulls);
    }

    [Fact]
    public async Task A_target_that_moves_while_the_forge_merges_is_tested_as_what_it_became()
    {
        _repository.Bead("t-1");
        Publish();
        var raced = false;
        _forge.Before = request =>
        {
            if (request.Method == "PUT" && !raced)
            {
                raced = true;
                var tip = _forge.Git.Branch("main")!; // it was published
                var blob = _forge.Git.Must("hash-object", "-w", Path.Combine(_repository.Path, "gate.sh"));
                _forge.Git.Must("read-tree", tip);
                _forge.Git.Must("update-index", "--add", "--cacheinfo", $"100644,{blob},foreign.txt");
                _forge.Git.Commit("main", _forge.Git.Must("write-tree"), [tip], "foreign");
            }

            return null;
        };

        await using var run = await StartAsync();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        var journal = await JournalAsync(run);
        var landed = journal.Select(entry => entry.Event).OfType<JournalEvent.BeadLanded>().Single();
        var tree = InOrigin("rev-parse", $"{landed.Commit}^{{tree}}");
        Assert.Contains("foreign.txt", InOrigin("ls-tree", "--name-only", landed.Commit), StringComparison.Ordinal);
        Assert.Contains(
            journal, entry => entry.Event is JournalEvent.GateRan { Status: "passed" } gate && gate.Tree == tree);
    }

    StandInPullRequest PullOf(string bead) => _forge.Pulls.Single(
        pull => pull.HeadRef == string.Create(CultureInfo.InvariantCulture, $"beadswarm/{bead}/pull-request"));

    Task<SwarmRun> StartAsync(
        Func<PullRequestConfig, PullRequestConfig>? change = null, string token = StandInForge.Token,
        string? review = null)
    {
        var pull = new PullRequestConfig
        {
            Repository = _forge.Address,
            Poll = TimeSpan.FromMilliseconds(200),
            ChecksAppear = TimeSpan.Zero,
        };
        var config = _repository.Config(change: config => Reviewed(config, review) with
        {
            Tracker = config.Tracker with { Commit = false },
            Landing = config.Landing with
            {
                Mode = LandingMode.PullRequest,
                Remote = "origin",
                PullRequest = change?.Invoke(pull) ?? pull,
            },
        });
        return _repository.StartAsync(config, setup => setup with
        {
            Environment = new Dictionary<string, string>(setup.Environment.Concat(_forge.Environment))
            {
                ["GH_ENTERPRISE_TOKEN"] = token,
            },
        });
    }

    static SwarmConfig Reviewed(SwarmConfig config, string? review)
    {
        if (review is null)
        {
            return config;
        }

        var pipeline = PipelinePresets.WithReview(config.Pipeline, review, ["check"]);
        return config with
        {
            Pipeline = pipeline,
            Pools = [config.Pools[0] with { Stages = [.. pipeline.Stages.Select(stage => stage.Name)] }],
        };
    }

    void Publish()
    {
        _repository.Commit();
        _repository.Git("push", "-q", "origin", "main");
    }

    static Task<IReadOnlyList<JournalEntry>> JournalAsync(SwarmRun run) =>
        run.Store.ReadJournalAsync(0, null, 1000, Cancel);

    string InOrigin(params string[] arguments) => SwarmRepository.GitIn(Origin, arguments);

    string[] Landed() =>
        InOrigin("log", "--first-parent", "--reverse", "--format=%(trailers:key=Bead,valueonly,separator=)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
