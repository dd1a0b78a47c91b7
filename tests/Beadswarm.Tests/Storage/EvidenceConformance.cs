using System.Text;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>Stages, artifacts, gates, landings and the journal: what is kept, and how it is read again.</summary>
public abstract class EvidenceConformance : StoreConformance
{
    [Fact]
    public async Task A_stage_is_found_open_with_its_process_and_later_in_the_history()
    {
        var claim = await HeldAsync();
        var run = await StartAsync(claim.Key);
        var process = new AgentProcess(new ProcessIdentity(77, 123456789012, "boot-1"), "sessions/1", "tag-1");
        await Store.RecordProcessAsync(claim.Key, run, process, Token);
        await ReopenAsync();

        var open = Assert.Single(await Store.ReadOpenStagesAsync(Token));
        Assert.Equal((run, claim.Key, process), (open.Run, open.Claim.Key, open.Process));
        Assert.Equal(Start(claim.Key, Contract), open.Start);

        Time.Advance(TimeSpan.FromSeconds(3));
        var failed = new StageFinish(run, StageStatus.Failed, "red", "fix it", null, null, []);
        await Store.FinishStageAsync(claim.Key, failed, new BeadTransition.Free(Implement, 2, 0, null), Token);

        Assert.Empty(await Store.ReadOpenStagesAsync(Token));
        var done = Assert.Single(await Store.ReadHistoryAsync(claim.Bead, claim.Key.Agent, 10, Token));
        Assert.Equal(
            (StageStatus.Failed, "red", "fix it", TimeSpan.FromSeconds(3)),
            (done.Status, done.Summary, done.Feedback, done.CompletedAt - done.StartedAt));
        Assert.Equal((Implement, 2), ((await ClaimAsync()).Stage, (await BeadAsync("x-1")).Attempt));
    }

    [Fact]
    public async Task History_gives_the_newest_oldest_first()
    {
        var claim = await HeldAsync();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var run = await StartAsync(claim.Key);
            await Store.FinishStageAsync(claim.Key, Finish(run), new BeadTransition.Keep(Contract, attempt + 1), Token);
        }

        Assert.Equal([2L, 3L], (await Store.ReadHistoryAsync(null, null, 2, Token)).Select(run => run.Id.Value));
        Assert.Empty(await Store.ReadHistoryAsync(null, new AgentNumber(2), 2, Token));
    }

    [Fact]
    public async Task Artifacts_are_kept_by_their_hash_and_cut_at_their_limit()
    {
        var claim = await HeldAsync();
        var run = await StartAsync(claim.Key);
        var small = Encoding.UTF8.GetBytes("the contract");
        var large = new byte[ArtifactRules.BytesMax * 2];
        large[^1] = 42;
        await Store.FinishStageAsync(
            claim.Key,
            Finish(run, StageStatus.Passed, new("contract_document", "a.md", small), new("test_output", "log", large),
                new("contract_document", "b.md", small)),
            new BeadTransition.Keep(Implement, 1), Token);

        var kept = await Store.ReadArtifactsAsync(claim.Bead, Token);

        Assert.Equal(["a.md", "log", "b.md"], kept.Select(artifact => artifact.Name));
        Assert.All(kept, artifact => Assert.Equal(ArtifactRules.Hash(artifact.Content.Span), artifact.Sha256));
        Assert.Equal(small, kept[0].Content.ToArray());
        Assert.Equal((ArtifactRules.BytesMax, 42), (kept[1].Content.Length, kept[1].Content.Span[^1]));
        Assert.Equal(run, kept[2].Run);
    }

    [Fact]
    public async Task A_gate_result_is_found_by_tree_and_recipe_and_no_verdict_is_never_one()
    {
        var result = new GateResult(
            "test", "recipe", "commit", "tree", GateStatus.Failed, 1, "exit code 1", "logs/1", "aa", "tail", 3,
            Time.GetUtcNow(), TimeSpan.FromSeconds(2));
        await Store.RecordGateResultAsync(BeadId.Parse("x-1"), result, Token);
        await Store.RecordGateResultAsync(null, result with { Status = GateStatus.NoVerdict, ExitCode = null }, Token);

        Assert.Equal(result, await Store.FindGateResultAsync("tree", "recipe", Token));
        Assert.Null(await Store.FindGateResultAsync("tree", "other", Token));
        Assert.Null(await Store.FindGateResultAsync("other", "recipe", Token));
    }

    [Fact]
    public async Task A_baseline_only_falls()
    {
        Assert.Null(await Store.ReadBaselineAsync("warnings", Token));
        foreach (var count in (int[])[7, 9, 5, 5])
        {
            await Store.LowerBaselineAsync("warnings", count, Token);
        }

        Assert.Equal(5, await Store.ReadBaselineAsync("warnings", Token));
        Assert.Equal(2, (await JournalAsync()).Count(entry => entry.Event is JournalEvent.BaselineLowered));
    }

    [Fact]
    public async Task A_landing_goes_from_queue_to_intent_and_back_and_completes_once()
    {
        var claim = await HeldAsync();
        var landing = await QueueAsync(claim);
        Assert.Equal(("agent-1/x-1", "base0", "head1", "tree1"),
            (landing.Branch, landing.BaseCommit, landing.HeadCommit, landing.HeadTree));
        var intent = new LandingIntent("b0", "c1", "t1", ["src/a.cs", "docs/ä.md"]);
        Assert.Equal(WriteOutcome.Fenced, await Store.VoidLandingAsync(Epoch, landing.Id, "moved", Token));
        Assert.Equal(WriteOutcome.Done, await Store.IntendLandingsAsync(Epoch, [new(landing.Id, intent)], Token));
        var intended = Assert.IsType<LandingState.Intended>((await Store.ReadQueueAsync(Token)).Entries[0].State);
        Assert.Equal(intent.Paths, intended.Intent.Paths);
        Assert.Equal(WriteOutcome.Done, await Store.VoidLandingAsync(Epoch, landing.Id, "moved", Token));
        Assert.IsType<LandingState.Queued>((await Store.ReadQueueAsync(Token)).Entries[0].State);
        await Store.IntendLandingsAsync(Epoch, [new(landing.Id, intent)], Token);

        var proof = new LandingProof("c1", "c2");
        Assert.Equal(WriteOutcome.Done, await Store.CompleteLandingAsync(Epoch, landing.Id, proof, Token));
        var before = await EverythingAsync();
        Assert.Equal(WriteOutcome.Done, await Store.CompleteLandingAsync(Epoch, landing.Id, proof, Token));
        Assert.Equal(
            WriteOutcome.Fenced,
            await Store.CompleteLandingAsync(Epoch, landing.Id, new LandingProof("c9", "c9"), Token));
        Assert.Equal(
            WriteOutcome.Fenced,
            await Store.ReturnLandingAsync(
                Epoch, landing.Id, "late", new BeadTransition.Free(Implement, 2, 0, null), [], Token));

        Assert.Equal(before, await EverythingAsync());
        Assert.Equal(new BeadState.Completed("c1", Time.GetUtcNow()), (await BeadAsync("x-1")).State);
        Assert.Empty((await Store.ReadQueueAsync(Token)).Entries);
    }

    [Fact]
    public async Task Landings_of_a_batch_are_intended_all_or_none()
    {
        await BeginAsync();
        await IntakeAsync(Entry("x-1"), Entry("x-2"));
        var first = await QueueAsync(await ClaimAsync());
        var second = await QueueAsync(await ClaimAsync());
        var batch = new LandingBatch("b0", "j1");
        var one = new LandingIntent("b0", "c1", "t1", ["a"]) { Batch = batch };
        var other = new LandingIntent("c1", "c2", "t2", ["b"]) { Batch = batch };
        await Store.CompleteLandingAsync(Epoch, second.Id, new LandingProof("c2", "c2"), Token);
        var before = await EverythingAsync();

        Assert.Equal(
            WriteOutcome.Fenced,
            await Store.IntendLandingsAsync(Epoch, [new(first.Id, one), new(second.Id, other)], Token));
        Assert.Equal(before, await EverythingAsync());

        await Store.IntendLandingsAsync(Epoch, [new(first.Id, one)], Token);
        var intent = Assert.IsType<LandingState.Intended>((await Store.ReadQueueAsync(Token)).Entries[0].State).Intent;
        Assert.Equal(("b0", "j1", batch), (intent.Departure, intent.Arrival, intent.Batch));
        Assert.Contains(await JournalAsync(), entry => entry.Event is JournalEvent.LandingIntended
        {
            Base: "b0", Candidate: "c1", BatchBase: "b0", BatchCommit: "j1",
        });
        await Store.VoidLandingAsync(Epoch, first.Id, "moved", Token);
        await Store.IntendLandingsAsync(Epoch, [new(first.Id, one with { Batch = null })], Token);
        Assert.Null(
            Assert.IsType<LandingState.Intended>((await Store.ReadQueueAsync(Token)).Entries[0].State).Intent.Batch);
    }

    [Fact]
    public async Task What_was_integrated_with_others_knows_what_the_branch_became_by_it()
    {
        var landing = await QueueAsync(await HeldAsync());
        var batch = new LandingBatch("b0", "j1");
        await Store.IntendLandingsAsync(
            Epoch, [new(landing.Id, new LandingIntent("b0", "c1", "t1", ["a"]) { Batch = batch })], Token);

        Assert.Equal(WriteOutcome.Done, await Store.RecordIntegratedAsync(Epoch, landing.Id, "c1", Token));

        var integrated = Assert.IsType<LandingState.Integrated>((await Store.ReadQueueAsync(Token)).Entries[0].State);
        Assert.Equal(("c1", "j1", batch), (integrated.Commit, integrated.Arrival, integrated.Batch));
        Assert.Equal(integrated, Assert.Single(await Store.ReadLandingsAsync(landing.Bead, Token)).State);
    }

    [Fact]
    public async Task An_integrated_landing_waits_for_promotion_and_returns_there_when_it_is_voided()
    {
        var landing = await QueueAsync(await HeldAsync());
        var intent = new LandingIntent("b0", "c1", "t1", []);
        await Store.IntendLandingsAsync(Epoch, [new(landing.Id, intent)], Token);
        Assert.Equal(WriteOutcome.Done, await Store.RecordIntegratedAsync(Epoch, landing.Id, "i1", Token));
        await Store.IntendLandingsAsync(Epoch, [new(landing.Id, intent)], Token);
        await Store.VoidLandingAsync(Epoch, landing.Id, "moved", Token);

        Assert.Equal(new LandingState.Integrated("i1"), (await Store.ReadQueueAsync(Token)).Entries[0].State);
    }

    [Fact]
    public async Task A_queued_landing_keeps_its_pull_request_through_intent_and_return_to_the_queue()
    {
        var landing = await QueueAsync(await HeldAsync());
        var pull = new PullRequest(7, "https://forge.example/7", "beadswarm/x-1/pull-request", "head1", "its checks");
        Assert.Null(landing.PullRequest);
        Assert.Equal(WriteOutcome.Done, await Store.ProposeLandingAsync(Epoch, landing.Id, pull, Token));
        pull = pull with { Head = "head2", Waits = "a review — ü" };
        Assert.Equal(WriteOutcome.Done, await Store.ProposeLandingAsync(Epoch, landing.Id, pull, Token));
        var proposed = (await Store.ReadQueueAsync(Token)).Entries[0];
        Assert.Equal((new LandingState.Queued(), pull), (proposed.State, proposed.PullRequest));
        Assert.Equal(
            [new ProposedBead(landing.Bead, 7, pull.Url, pull.Waits)],
            (await Store.ReadStatusAsync(Token)).PullRequests);

        await Store.IntendLandingsAsync(Epoch, [new(landing.Id, new LandingIntent("b0", "c1", "t1", []))], Token);
        Assert.Equal(WriteOutcome.Fenced, await Store.ProposeLandingAsync(Epoch, landing.Id, pull, Token));
        Assert.Equal(pull, (await Store.ReadQueueAsync(Token)).Entries[0].PullRequest);
        await Store.VoidLandingAsync(Epoch, landing.Id, "moved", Token);
        Assert.Equal(pull, (await Store.ReadQueueAsync(Token)).Entries[0].PullRequest);
        await Store.CompleteLandingAsync(Epoch, landing.Id, new LandingProof("c1", "c2"), Token);

        Assert.Equal(pull, (await Store.ReadLandingsAsync(landing.Bead, Token))[0].PullRequest);
        Assert.Empty((await Store.ReadStatusAsync(Token)).PullRequests);
        Assert.Equal(
            2, (await JournalAsync()).Count(entry => entry.Event is JournalEvent.LandingProposed { Number: 7 }));
    }

    [Fact]
    public async Task The_queue_gives_intended_then_integrated_then_queued_in_order_of_arrival()
    {
        await BeginAsync();
        await IntakeAsync(Entry("x-1", priority: 3), Entry("x-2", priority: 0), Entry("x-3", priority: 4));
        var ids = new List<LandingId>();
        for (var n = 0; n < 3; n++)
        {
            ids.Add((await QueueAsync(await ClaimAsync())).Id);
        }

        await Store.RecordIntegratedAsync(Epoch, ids[1], "i1", Token);
        await Store.IntendLandingsAsync(Epoch, [new(ids[2], new LandingIntent("b0", "c1", "t1", []))], Token);

        Assert.Equal([ids[2], ids[1], ids[0]], (await Store.ReadQueueAsync(Token)).Entries.Select(entry => entry.Id));
    }

    [Fact]
    public async Task What_a_person_asks_of_a_landing_stays_with_it_until_it_has_left_the_queue()
    {
        var landing = await QueueAsync(await HeldAsync());
        Assert.Null((await Store.ReadQueueAsync(Token)).Entries[0].Wish);

        Assert.Equal(WriteOutcome.Done, await Store.WishAsync(landing.Bead, new LandingWish.First(), Token));
        Assert.Equal(new LandingWish.First(), (await Store.ReadQueueAsync(Token)).Entries[0].Wish);
        var eject = new LandingWish.Eject("not on a Friday");
        Assert.Equal(WriteOutcome.Done, await Store.WishAsync(landing.Bead, eject, Token));
        await Store.IntendLandingsAsync(Epoch, [new(landing.Id, new LandingIntent("b0", "c1", "t1", []))], Token);
        Assert.Equal(eject, (await Store.ReadQueueAsync(Token)).Entries[0].Wish);
        await Store.VoidLandingAsync(Epoch, landing.Id, "moved", Token);
        await Store.ReturnLandingAsync(
            Epoch, landing.Id, "red", new BeadTransition.Free(Implement, 2, 0, null), [], Token);

        Assert.Equal(WriteOutcome.Fenced, await Store.WishAsync(landing.Bead, eject, Token));
        await QueueAsync(await ClaimAsync(2));
        Assert.Null((await Store.ReadQueueAsync(Token)).Entries[0].Wish);
        var asked = (await JournalAsync()).Select(entry => entry.Event).OfType<JournalEvent.LandingWished>();
        Assert.Equal(
            [
                new JournalEvent.LandingWished(landing.Id.Value, "first"),
                new JournalEvent.LandingWished(landing.Id.Value, "eject", "not on a Friday"),
            ],
            asked);
    }

    [Fact]
    public async Task What_is_on_the_integration_branch_is_beyond_a_persons_wishes()
    {
        var landing = await QueueAsync(await HeldAsync());
        await Store.RecordIntegratedAsync(Epoch, landing.Id, "i1", Token);

        Assert.Equal(
            WriteOutcome.Fenced, await Store.WishAsync(landing.Bead, new LandingWish.Eject("late"), Token));
        Assert.Equal(WriteOutcome.Fenced, await Store.WishAsync(BeadId.Parse("x-9"), new LandingWish.First(), Token));
    }

    [Fact]
    public async Task A_paused_queue_stays_so_over_a_restart_until_it_is_resumed_once()
    {
        await BeginAsync();
        Assert.Equal(WriteOutcome.Fenced, await Store.ResumeQueueAsync(Token));
        Assert.Equal(WriteOutcome.Done, await Store.PauseQueueAsync("release day", Token));
        var since = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(WriteOutcome.Fenced, await Store.PauseQueueAsync("again", Token));

        await BeginAsync();

        Assert.Equal(new QueuePause("release day", since), (await Store.ReadQueueAsync(Token)).Pause);
        Assert.Equal(WriteOutcome.Done, await Store.ResumeQueueAsync(Token));
        Assert.Null((await Store.ReadQueueAsync(Token)).Pause);
        Assert.Equal(
            [new JournalEvent.QueuePaused("release day"), new JournalEvent.QueueResumed()],
            (await JournalAsync()).Select(entry => entry.Event)
                .Where(happened => happened is JournalEvent.QueuePaused or JournalEvent.QueueResumed));
    }

    [Fact]
    public Task What_was_lost_from_the_target_is_taken_up_again_once_and_afresh() =>
        ReopenAsync(LandingFault.TakenOff, landing => new JournalEvent.LandingLost(landing, "c1", "reverted"));

    [Fact]
    public Task What_breaks_the_target_is_taken_up_again_once_and_afresh() =>
        ReopenAsync(LandingFault.BreaksTarget, landing => new JournalEvent.LandingBroke(landing, "c1", "reverted"));

    async Task ReopenAsync(LandingFault fault, Func<long, JournalEvent> told)
    {
        var landing = await QueueAsync(await HeldAsync());
        var to = new BeadTransition.Free(Implement, 2, 0, null);
        var evidence = new NewArtifact("feedback", "feedback.md", Encoding.UTF8.GetBytes("reverted"));
        Task<WriteOutcome> ReopenAsync() =>
            Store.ReopenLandedAsync(Epoch, landing.Id, fault, "reverted", to, 3, [evidence], Token);
        Assert.Equal(WriteOutcome.Fenced, await ReopenAsync()); // it has not landed
        await Store.CompleteLandingAsync(Epoch, landing.Id, new LandingProof("c1", "c1"), Token);
        await Store.ConfirmOutboxAsync(Epoch, [.. (await Store.ReadOutboxAsync(Token)).Select(one => one.Id)], Token);

        Assert.Equal(WriteOutcome.Done, await ReopenAsync());
        Assert.Equal(WriteOutcome.Fenced, await ReopenAsync());

        var work = await BeadAsync("x-1");
        Assert.Equal(new BeadState.Pending(Implement, null), work.State);
        Assert.Equal((2, 4, null), (work.Attempt, work.AttemptsAllowed, work.HeadCommit));
        Assert.Equal(
            new BeadChange.Reopen(landing.Bead, "reverted"), Assert.Single(await Store.ReadOutboxAsync(Token)).Change);
        Assert.Contains(told(landing.Id.Value), (await JournalAsync()).Select(entry => entry.Event));
    }

    [Fact]
    public async Task A_gate_that_passes_where_it_had_failed_is_told_as_flaky_and_counted()
    {
        await BeginAsync();
        GateResult Result(GateStatus status, int? exitCode, string tree = "t1") => new(
            "test", "r1", "c1", tree, status, exitCode, "", "", "", "", null, Time.GetUtcNow(),
            TimeSpan.FromSeconds(4));
        await Store.RecordGateResultAsync(null, Result(GateStatus.Failed, 1), Token);
        await Store.RecordGateResultAsync(null, Result(GateStatus.NoVerdict, null), Token);
        await Store.RecordGateResultAsync(null, Result(GateStatus.Passed, 0), Token);
        await Store.RecordGateResultAsync(null, Result(GateStatus.Passed, 0), Token);
        await Store.RecordGateResultAsync(null, Result(GateStatus.Failed, 0, "t2"), Token); // a count too high
        Time.Advance(TimeSpan.FromMinutes(1));
        await Store.RecordGateResultAsync(null, Result(GateStatus.Passed, 0, "t2"), Token);
        await Store.RecordGateResultAsync(null, Result(GateStatus.Failed, null) with { Gate = "lint" }, Token);

        Assert.Equal(
            [
                new GateSummary("lint", 0, 1, 0, 0, TimeSpan.Zero, Time.GetUtcNow()),
                new GateSummary("test", 3, 2, 1, 1, TimeSpan.FromSeconds(12), Time.GetUtcNow()),
            ],
            await Store.ReadGatesAsync(Token));
        Assert.Equal(
            [new JournalEvent.GateFlaky("test", "c1", "t1", "r1")],
            (await JournalAsync()).Select(entry => entry.Event).OfType<JournalEvent.GateFlaky>());
    }

    [Fact]
    public async Task A_returned_landing_goes_back_to_a_stage_with_its_artifacts_or_blocks()
    {
        var landing = await QueueAsync(await HeldAsync());
        var artifact = new NewArtifact("retry_packet", "conflict", Encoding.UTF8.GetBytes("both edited"));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ReturnLandingAsync(
            Epoch, landing.Id, "?", new BeadTransition.Land(), [], Token));
        Assert.Equal(WriteOutcome.Done, await Store.ReturnLandingAsync(
            Epoch, landing.Id, "conflict", new BeadTransition.Free(Implement, 2, 0, null), [artifact], Token));
        Assert.Single(await Store.ReadArtifactsAsync(landing.Bead, Token));

        var again = await QueueAsync(await ClaimAsync(2));
        Assert.NotEqual(landing.Id, again.Id);
        await Store.ReturnLandingAsync(Epoch, again.Id, "red", new BeadTransition.Block("attempts used up"), [], Token);

        Assert.Equal(new BeadState.Blocked("attempts used up"), (await BeadAsync("x-1")).State);
        Assert.Equal(2, (await Store.ReadLandingsAsync(landing.Bead, Token)).Count);
    }

    [Fact]
    public async Task A_landing_without_a_commit_is_refused_as_a_whole()
    {
        var claim = await HeldAsync();
        var run = await StartAsync(claim.Key);
        var before = await EverythingAsync();
        var nothing = new StageFinish(run, StageStatus.Passed, "nothing", null, null, null, []);

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Store.FinishStageAsync(claim.Key, nothing, new BeadTransition.Land(), Token));

        Assert.Equal(before, await EverythingAsync());
    }

    [Fact]
    public async Task The_journal_has_no_gaps_and_is_read_from_anywhere()
    {
        await BlockAsync(await HeldAsync());
        await Store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a stale lock", "removed it"), Token);

        var journal = await JournalAsync();
        Assert.Equal(Enumerable.Range(1, journal.Count).Select(n => (long)n), journal.Select(entry => entry.Sequence));
        Assert.Equal(journal.Skip(3).Take(2), await Store.ReadJournalAsync(3, null, 2, Token));
        var bead = BeadId.Parse("x-1");
        Assert.Equal(
            journal.Where(entry => entry.Bead == bead), await Store.ReadJournalAsync(0, bead, 100, Token));

        await Store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a tag", "nothing"), Token);
        var found = await Store.ReadLatestAsync<JournalEvent.RecoveryFound>(1, Token);
        Assert.Equal(["a tag"], found.Select(entry => ((JournalEvent.RecoveryFound)entry.Event).Finding));
        Assert.Equal(2, (await Store.ReadLatestAsync<JournalEvent.RecoveryFound>(9, Token)).Count);
        Assert.Empty(await Store.ReadLatestAsync<JournalEvent.RunnerLimited>(9, Token));
    }
}
