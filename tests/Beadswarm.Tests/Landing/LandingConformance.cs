using System.Text;
using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

/// <summary>
/// What the lander may rely on, whatever git is behind it: each case runs on real git and on the simulated one, with
/// the target in the user's repository and on a remote.
/// </summary>
public abstract class LandingConformance
{
    const string Tracker = ".beads/issues.jsonl";

    static CancellationToken Cancel => LandingWorld.Cancel;

    private protected abstract Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files);

    [Fact]
    public async Task The_same_merge_gives_the_same_commit()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var head = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"));

        var first = Assert.IsType<MergeOutcome.Clean>(await world.MergeAsync(tip, head));
        var again = Assert.IsType<MergeOutcome.Clean>(await world.MergeAsync(tip, head));

        Assert.Equal(first, again);
        Assert.Equal(first.Tree, await world.Lander.TreeAsync(first.Candidate, Cancel));
        Assert.Equal([tip, head], await world.ParentsAsync(first.Candidate));
    }

    [Fact]
    public async Task Squash_has_one_parent_and_the_same_tree()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var head = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"));

        var clean = Assert.IsType<MergeOutcome.Clean>(
            await world.MergeAsync(tip, head, style: MergeStyle.Squash));

        Assert.Equal([tip], await world.ParentsAsync(clean.Candidate));
        Assert.Equal(await world.Lander.TreeAsync(head, Cancel), clean.Tree);
    }

    [Fact]
    public async Task Landings_are_joined_to_one_step_of_the_target()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var first = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "2\n")));
        var second = await world.CandidateAsync(first, await world.WorkAsync(2, "bd-2", ("b.txt", "2\n")), "bd-2");
        var message = new LandingMessage(
            "Both", "", [(LandingMessage.BatchTrailer, "bd-1"), (LandingMessage.BatchTrailer, "bd-2")]);

        var joined = await world.Lander.JoinAsync(tip, second, message, LandingWorld.When, Cancel);
        var again = await world.Lander.JoinAsync(tip, second, message, LandingWorld.When, Cancel);

        Assert.Equal(joined, again);
        Assert.Equal([tip, second], await world.ParentsAsync(joined));
        Assert.Equal(await world.Lander.TreeAsync(second, Cancel), await world.Lander.TreeAsync(joined, Cancel));
        Assert.IsType<Observation.Absent>(await world.Lander.ObserveAsync(joined, ["a.txt"], Cancel));
        Assert.IsType<AdvanceOutcome.Moved>(await world.Lander.AdvanceAsync(tip, joined, Cancel));
        Assert.Equal(new Observation.Present(joined), await world.Lander.ObserveAsync(joined, ["a.txt"], Cancel));
        Assert.True(await world.Lander.IsAncestorAsync(first, joined, Cancel));
        Assert.Equal(
            [first, second], (await world.Lander.HistoryAsync(tip, joined, Cancel))!.Select(commit => commit.Id));
    }

    [Fact]
    public async Task A_merge_has_what_both_sides_changed()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"), ("gone.txt", "1\n"), ("c.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var first = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"), ("gone.txt", null), ("same.txt", "s\n"));
        var second = await world.WorkAsync(2, "bd-2", ("b.txt", "2\n"), ("dir/new.txt", "n\n"), ("same.txt", "s\n"));

        var landed = await world.CandidateAsync(tip, first);
        var both = await world.CandidateAsync(landed, second, "bd-2");

        Assert.Equal(
            "a.txt 2, b.txt 2, c.txt 1, dir/new.txt n, same.txt s",
            string.Join(", ", (await world.FilesAsync(both)).OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => $"{file.Key} {file.Value.TrimEnd()}")));
        var changes = await world.Lander.ChangesAsync(tip, both, Cancel);
        Assert.Equal(
            ["a.txt", "b.txt", "dir/new.txt", "gone.txt", "same.txt"], changes.Select(change => change.Path));
        Assert.Equal(["dir/new.txt", "same.txt"], changes.Where(change => change.Added).Select(change => change.Path));
        Assert.Equal(["gone.txt"], changes.Where(change => change.Deleted).Select(change => change.Path));
    }

    [Fact]
    public async Task The_history_after_a_commit_is_that_of_the_first_parents()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var first = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"));
        var second = await world.WorkAsync(2, "bd-2", ("b.txt", "2\n"));
        var landed = await world.CandidateAsync(tip, first);
        var both = await world.CandidateAsync(landed, second, "bd-2");

        Assert.Equal(
            [landed, both], (await world.Lander.HistoryAsync(tip, both, Cancel))!.Select(commit => commit.Id));
        Assert.Equal(both, Assert.Single((await world.Lander.HistoryAsync(landed, both, Cancel))!).Id);
        Assert.All((await world.Lander.HistoryAsync(tip, both, Cancel))!, commit => Assert.NotEmpty(commit.Subject));
        Assert.Empty((await world.Lander.HistoryAsync(both, both, Cancel))!);
        Assert.Null(await world.Lander.HistoryAsync(both, landed, Cancel));
    }

    [Fact]
    public async Task What_a_commit_has_in_common_with_the_checkout_is_where_they_parted_and_what_was_taken_in_since()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var first = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "2\n")));
        var second = await world.CandidateAsync(first, await world.WorkAsync(2, "bd-2", ("b.txt", "2\n")), "bd-2");

        Assert.Equal(("1\n", "1\n"), await CommonAsync(second));
        await world.Lander.TakeAsync(first, Cancel);

        Assert.Equal(("1\n", "2\n"), await CommonAsync(second));
        Assert.Equal(("1\n", "1\n"), await CommonAsync(tip));
        Assert.Equal(("", ""), await CommonAsync(second, "c.txt"));

        async Task<(string Parted, string Taken)> CommonAsync(CommitId with, string path = "a.txt")
        {
            var common = (await world.Lander.CommonContentAsync(with, path, Cancel))!; // they have a first commit
            return (Encoding.UTF8.GetString(common.Parted.Span), Encoding.UTF8.GetString(common.Taken.Span));
        }
    }

    [Fact]
    public async Task The_landings_of_a_history_are_those_that_a_lander_brought_alone_or_together()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"), ("c.txt", "1\n"), ("d.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var alone = await LandedAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "2\n")), "bd-1", minute: 5);
        var early = await LandedAsync(alone, await world.WorkAsync(1, "bd-2", ("b.txt", "2\n")), "bd-2", minute: 1);
        var last = await LandedAsync(early, await world.WorkAsync(2, "bd-3", ("c.txt", "2\n")), "bd-3", minute: 2);
        var joined = await world.Lander.JoinAsync(
            alone, last,
            new LandingMessage(
                "Both", "", [(LandingMessage.BatchTrailer, "bd-2"), (LandingMessage.BatchTrailer, "bd-3")]),
            LandingWorld.When.AddMinutes(2), Cancel);

        // Somebody names a bead in a message and is no lander.
        var named = await world.CandidateAsync(joined, await world.WorkAsync(3, "bd-4", ("d.txt", "2\n")), "bd-4");

        Task<IReadOnlyList<BeadLanding>> SinceAsync(int minute) =>
            world.Lander.LandingsAsync(named, LandingWorld.When.AddMinutes(minute), Cancel);
        Assert.Equal(
            [At("bd-2", joined, 2), At("bd-3", joined, 2), At("bd-1", alone, 5)], await SinceAsync(-1));
        Assert.Equal([At("bd-1", alone, 5)], await SinceAsync(3));
        Assert.Empty(await SinceAsync(6));

        static BeadLanding At(string bead, CommitId commit, int minute) =>
            new(BeadId.Parse(bead), commit, LandingWorld.When.AddMinutes(minute));

        async Task<CommitId> LandedAsync(CommitId onto, CommitId head, string bead, int minute) =>
            Assert.IsType<MergeOutcome.Clean>(await world.Lander.MergeAsync(
                new MergeRequest(
                    onto, head,
                    new LandingMessage(
                        $"Land {bead}", "",
                        [(LandingMessage.BeadTrailer, bead), (LandingMessage.AgentTrailer, "1")]),
                    LandingWorld.When.AddMinutes(minute)),
                Cancel)).Candidate;
    }

    [Fact]
    public async Task Conflict_names_the_files_both_sides_and_the_other_bead()
    {
        using var world = await OpenAsync(("a b.txt", "0\n1\n2\n"), ("gone.txt", "x\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var first = await world.WorkAsync(1, "bd-1", ("a b.txt", "0\nfirst\n2\n"), ("gone.txt", null));
        var second = await world.WorkAsync(2, "bd-2", ("a b.txt", "0\nsecond\n2\n"), ("gone.txt", "y\n"));
        var landed = await world.CandidateAsync(tip, first);

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await world.MergeAsync(landed, second, "bd-2"));

        Assert.Equal(["a b.txt", "gone.txt"], conflict.Files.Select(file => file.Path));
        Assert.Contains(
            "<<<<<<< target\nfirst\n=======\nsecond\n>>>>>>> this bead\n", conflict.Files[0].Excerpt,
                StringComparison.Ordinal);
        Assert.Equal("CONFLICT (contents)", conflict.Files[0].Kind);
        Assert.Contains("modify/delete", conflict.Files[1].Kind, StringComparison.Ordinal);
        Assert.Equal(("Land bd-1", "bd-1"), (conflict.OtherSide[0].Subject, conflict.OtherSide[0].Bead));
    }

    [Fact]
    public async Task A_probe_foresees_what_a_merge_would_end_in_and_makes_nothing()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var first = await world.WorkAsync(1, "bd-1", ("a.txt", "first\n"));
        var second = await world.WorkAsync(2, "bd-2", ("a.txt", "second\n"));
        var third = await world.WorkAsync(3, "bd-3", ("b.txt", "third\n"));

        var foreseen = await world.Lander.ProbeAsync(first, second, Cancel);

        Assert.Equal(["a.txt"], foreseen!.Files.Select(file => file.Path));
        Assert.Contains("first\n=======\nsecond\n", foreseen.Files[0].Excerpt, StringComparison.Ordinal);
        Assert.Null(await world.Lander.ProbeAsync(first, third, Cancel));
        Assert.Null(await world.Lander.ProbeAsync(tip, second, Cancel));
        Assert.Null(await world.Lander.ProbeAsync(second, second, Cancel));
        var landed = await world.CandidateAsync(tip, first);
        Assert.Equal("bd-1", (await world.Lander.ProbeAsync(landed, second, Cancel))!.OtherSide[0].Bead);
        Assert.Equal(tip, await world.Lander.TipAsync(Cancel));
    }

    [Fact]
    public async Task A_file_where_the_other_side_has_a_folder_is_a_conflict()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var landed = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("x", "file\n")));
        var other = await world.WorkAsync(2, "bd-2", ("x/y.txt", "folder\n"));

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await world.MergeAsync(landed, other, "bd-2"));
        Assert.Contains("file/directory", Assert.Single(conflict.Files).Kind, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_that_the_agent_settled_by_merging_the_target_is_clean()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var landed = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "first\n")));
        await world.WorkFromAsync(tip, 2, "bd-2", ("a.txt", "second\n"));
        var folder = world.Workspaces.PathOf(new(2));
        await world.MergeAsync(folder, landed);
        var settled = await world.CommitAsync(folder, "merge", ("a.txt", "first second\n"));

        var candidate = await world.CandidateAsync(landed, settled, "bd-2");

        Assert.Equal("first second\n", await world.TextAsync(candidate, "a.txt"));
        Assert.Equal(2, (await world.ParentsAsync(settled)).Count);
    }

    [Fact]
    public async Task Merges_that_cross_have_the_merge_of_their_bases_as_base()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var one = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"));
        var other = await world.WorkAsync(2, "bd-2", ("b.txt", "2\n"));
        var left = await world.CandidateAsync(one, other);
        var right = await world.CandidateAsync(other, one);

        // Against either of the two bases alone, the side that took a change back would seem to have changed nothing.
        var back = await world.WorkFromAsync(left, 3, "bd-3", ("b.txt", "1\n"));
        var on = await world.WorkFromAsync(right, 4, "bd-4", ("c.txt", "c\n"));
        var merged = await world.CandidateAsync(back, on);

        Assert.Equal(("2\n", "1\n", "c\n"), (await world.TextAsync(merged, "a.txt"),
            await world.TextAsync(merged, "b.txt"), await world.TextAsync(merged, "c.txt")));
        Assert.NotEqual(tip, merged);
    }

    [Fact]
    public async Task Nothing_to_land_is_said_so()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var head = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"));
        var candidate = await world.CandidateAsync(tip, head);

        Assert.IsType<MergeOutcome.Empty>(await world.MergeAsync(tip, tip));
        Assert.IsType<MergeOutcome.Empty>(await world.MergeAsync(candidate, head));
    }

    [Fact]
    public async Task Missing_commit_is_a_failure_and_no_conflict()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        await Assert.ThrowsAsync<GitException>(() => world.MergeAsync(tip, new CommitId(new string('1', 40))));
    }

    [Fact]
    public async Task What_agents_do_to_the_tracker_never_lands_and_never_conflicts()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), (Tracker, "base\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var changes = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"), (Tracker, "agent\n"), (".beadswarm/x", "x\n"));
        var deletes = await world.WorkAsync(2, "bd-2", ("b.txt", "2\n"), (Tracker, null));
        var only = await world.WorkAsync(3, "bd-3", (".beads/new.jsonl", "agent\n"));
        var synced = await SyncAsync(world, tip, Tracker, "synced\n");

        foreach (var head in new[] { changes, deletes })
        {
            var candidate = await world.CandidateAsync(synced!.Value, head);
            Assert.Equal("synced\n", await world.TextAsync(candidate, Tracker));
            Assert.Single(await world.Lander.ChangesAsync(synced.Value, candidate, Cancel));
        }

        Assert.IsType<MergeOutcome.Empty>(await world.MergeAsync(synced!.Value, only));
    }

    [Fact]
    public async Task Tracker_commit_changes_one_file_and_only_where_git_tracks_it()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), (Tracker, "old\n"), (".beads/ü", "x"));
        var tip = await world.Lander.TipAsync(Cancel);

        var commit = await SyncAsync(world, tip, Tracker, "new ü\n");
        var change = Assert.Single(await world.Lander.ChangesAsync(tip, commit!.Value, Cancel));
        Assert.Equal(Tracker, change.Path);
        Assert.Equal("new ü\n", await world.TextAsync(commit.Value, Tracker));
        Assert.Equal([tip], await world.ParentsAsync(commit.Value));
        Assert.Null(await SyncAsync(world, tip, Tracker, "old\n"));
        Assert.Null(await SyncAsync(world, tip, ".beads/other.jsonl", "new\n"));
        Assert.Null(await SyncAsync(world, tip, ".beads", "new\n"));
    }

    [Fact]
    public async Task Landing_workspace_holds_the_candidate_and_nothing_else()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("dir/b.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var head = await world.WorkAsync(1, "bd-1", ("c.txt", "2\n"), ("dir/b.txt", null));
        var folder = await world.Lander.CheckoutAsync(head, 1, Cancel);
        Assert.Equal(await world.FilesAsync(head), world.Folder(folder));
        world.Write(folder, "a.txt", "changed by a gate\n");
        world.Write(folder, "left.txt", "by a gate\n");

        Assert.Equal(folder, await world.Lander.CheckoutAsync(tip, 1, Cancel));

        Assert.Equal(await world.FilesAsync(tip), world.Folder(folder));
        Assert.Equal((null, tip, false), await world.HeadAsync(folder));
        Assert.NotEqual(folder, await world.Lander.CheckoutAsync(tip, 2, Cancel));
    }

    [Fact]
    public async Task What_landed_is_exactly_the_candidate_and_landing_it_again_changes_nothing()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var candidate = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "2\n")));
        Assert.IsType<Observation.Absent>(await world.Lander.ObserveAsync(candidate, [], Cancel));

        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));
        Assert.Equal(candidate, await world.TargetAsync());
        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));

        Assert.Equal(candidate, await world.TargetAsync());
        Assert.Equal(candidate, await world.Lander.TipAsync(Cancel));
        Assert.Equal(new Observation.Present(candidate), await world.Lander.ObserveAsync(candidate, [], Cancel));
        Assert.IsType<Observation.Present>(await world.Lander.ObserveAsync(candidate, ["a.txt"], Cancel));
    }

    [Fact]
    public async Task Only_what_was_made_on_top_of_the_expected_tip_may_move_the_target()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var beside = await world.WorkAsync(1, "bd-1", ("b.txt", "2\n"));
        var landed = await world.CandidateAsync(tip, await world.WorkAsync(2, "bd-2", ("a.txt", "2\n")));
        await world.AdvanceAsync(tip, landed);

        await Assert.ThrowsAsync<InvalidOperationException>(() => world.AdvanceAsync(landed, beside));
        Assert.Equal(landed, await world.TargetAsync());
    }

    [Fact]
    public async Task A_commit_of_the_users_in_between_wins_and_the_bead_is_merged_again()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var head = await world.WorkAsync(1, "bd-1", ("b.txt", "2\n"));
        var candidate = await world.CandidateAsync(tip, head);
        var users = await world.ForeignAsync("mine", ("c.txt", "3\n"));

        var lost = Assert.IsType<AdvanceOutcome.LostRace>(await world.AdvanceAsync(tip, candidate));
        Assert.Equal(users, lost.Actual);
        Assert.Equal(users, await world.TargetAsync());
        Assert.IsType<Observation.Absent>(await world.Lander.ObserveAsync(candidate, [], Cancel));
        var again = await world.CandidateAsync(await world.Lander.TipAsync(Cancel), head);
        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(users, again));
        Assert.Equal(["a.txt", "b.txt", "c.txt"],
            (await world.FilesAsync(await world.TargetAsync())).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_candidate_that_others_built_upon_has_moved_the_target()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var candidate = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("b.txt", "2\n")));
        await world.AdvanceAsync(tip, candidate);
        var later = await world.ForeignAsync("on top", ("c.txt", "3\n"));
        Assert.Equal(later, await world.Lander.TipAsync(Cancel));

        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));
        Assert.Equal(later, await world.TargetAsync());
    }

    [Fact]
    public async Task A_lander_of_an_older_epoch_moves_nothing()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var candidate = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "2\n")));
        var zombie = await world.TakeOverAsync();
        var current = await world.TakeOverAsync();

        Assert.IsType<AdvanceOutcome.Fenced>(await zombie.AdvanceAsync(tip, candidate, Cancel));
        Assert.Equal(tip, await world.TargetAsync());
        Assert.IsType<AdvanceOutcome.Moved>(await current.AdvanceAsync(tip, candidate, Cancel));
    }

    [Fact]
    public async Task Content_is_observed_however_it_got_there()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var candidate = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "2\n")));

        Task<Observation> ObserveAsync() => world.Lander.ObserveAsync(candidate, ["a.txt"], Cancel);

        await world.ForeignAsync($"says it landed {candidate} Bead: bd-1", ("b.txt", "x\n"));
        Assert.IsType<Observation.Absent>(await ObserveAsync());
        var squashed = await world.ForeignAsync("the same by other means", ("a.txt", "2\n"));
        Assert.Equal(new Observation.Present(squashed), await ObserveAsync());
        var later = await world.ForeignAsync("later", ("a.txt", "3\n"));
        var seen = Assert.IsType<Observation.PresentButChangedSince>(await ObserveAsync());
        Assert.Equal((later, squashed), (seen.Tip, seen.SeenAt));
        Assert.Equal(["a.txt"], seen.Paths);
    }

    [Fact]
    public async Task What_was_taken_back_after_it_landed_is_said_to_have_been_there()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var head = await world.WorkAsync(1, "bd-1", ("a.txt", "2\n"), ("new.txt", "n\n"), ("b.txt", null));
        var candidate = await world.CandidateAsync(tip, head);
        await world.AdvanceAsync(tip, candidate);
        await world.ForeignAsync("between", ("c.txt", "c\n"));
        await world.ForeignAsync("revert", ("a.txt", "1\n"), ("new.txt", null), ("b.txt", "1\n"));

        var seen = Assert.IsType<Observation.PresentButChangedSince>(
            await world.Lander.ObserveAsync(candidate, [], Cancel));

        Assert.Equal(["a.txt", "b.txt", "new.txt"], seen.Paths);
        Assert.Equal("2\n", await world.TextAsync(seen.SeenAt, "a.txt"));
    }

    [Fact]
    public async Task Content_from_before_the_candidate_says_nothing_about_it()
    {
        using var world = await OpenAsync(("a.txt", "wanted\n"));
        await world.ForeignAsync("away from it", ("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var candidate = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "wanted\n")));
        await world.ForeignAsync("later", ("b.txt", "b\n"));

        Assert.IsType<Observation.Absent>(await world.Lander.ObserveAsync(candidate, ["a.txt"], Cancel));
    }

    [Fact]
    public async Task Integration_branch_is_made_once_and_promoted()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var tip = await world.Lander.TipAsync(Cancel);
        var candidate = await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", ("a.txt", "2\n")));
        var integration = await world.OpenAsync("swarm/next");
        await Assert.ThrowsAsync<GitException>(() => integration.TipAsync(Cancel));
        await integration.EnsureBranchAsync(tip, Cancel);
        Assert.IsType<AdvanceOutcome.Moved>(await integration.AdvanceAsync(tip, candidate, Cancel));
        await integration.EnsureBranchAsync(tip, Cancel);

        Assert.Equal(candidate, await integration.TipAsync(Cancel));
        Assert.Equal(tip, await world.TargetAsync());
        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));
        Assert.Equal(candidate, await world.TargetAsync());
    }

    static Task<CommitId?> SyncAsync(LandingWorld world, CommitId tip, string path, string text) =>
        world.Lander.TrackerCommitAsync(
            tip, path, Encoding.UTF8.GetBytes(text), new LandingMessage("beads: sync", "", []), LandingWorld.When,
            Cancel);
}
