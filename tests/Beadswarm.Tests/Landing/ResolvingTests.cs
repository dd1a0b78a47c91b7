using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Landing;

/// <summary>Conflicts that the configuration settles, on real git.</summary>
public sealed class ResolvingTests
{
    static CancellationToken Cancel => LandingSetup.Cancel;

    [Fact]
    public async Task A_union_keeps_the_lines_of_both_sides_and_is_told_in_history()
    {
        using var setup = await LandingSetup.LocalAsync(("src/mods.rs", "mod a;\n"), ("other.txt", "1\n"));
        var (landed, head) = await TwoAsync(
            setup, [("src/mods.rs", "mod a;\nmod b;\n")], [("src/mods.rs", "mod a;\nmod c;\n"), ("other.txt", "2\n")]);
        var lander = await ResolvingAsync(setup, Union("mods.rs"));

        Assert.Null(await lander.ProbeAsync(landed, head, Cancel));
        var clean = Assert.IsType<MergeOutcome.Clean>(await MergeAsync(lander, landed, head));

        Assert.Equal([new ResolvedFile("src/mods.rs", "union")], clean.Resolved);
        Assert.Equal("mod a;\nmod b;\nmod c;\n", await setup.TextAsync(clean.Candidate, "src/mods.rs"));
        Assert.Equal("2\n", await setup.TextAsync(clean.Candidate, "other.txt"));
        Assert.Equal([landed, head], await setup.ParentsAsync(clean.Candidate));
        Assert.Equal(clean.Tree, await lander.TreeAsync(clean.Candidate, Cancel));
        Assert.Contains(
            "Conflict-resolved: src/mods.rs by union",
            await setup.Git.GitAsync(setup.Hub.GitDirectory, "log", "-1", "--format=%B", clean.Candidate.Value),
            StringComparison.Ordinal);

        // The same merge gives the same candidate, also to a lander that knows nothing of the first.
        var again = Assert.IsType<MergeOutcome.Clean>(
            await MergeAsync(await ResolvingAsync(setup, Union("mods.rs")), landed, head));
        Assert.Equal((clean.Candidate, clean.Tree), (again.Candidate, again.Tree));
    }

    [Fact]
    public async Task Both_sides_of_a_file_that_neither_had_before_are_kept_and_identical_changes_need_no_rule()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var (landed, head) = await TwoAsync(
            setup, [("new.txt", "b\n"), ("same.txt", "s\n")], [("new.txt", "c\n"), ("same.txt", "s\n")]);

        var clean = Assert.IsType<MergeOutcome.Clean>(
            await MergeAsync(await ResolvingAsync(setup, Union("*.txt")), landed, head));

        Assert.Equal("b\nc\n", await setup.TextAsync(clean.Candidate, "new.txt"));
        Assert.Equal(["new.txt"], clean.Resolved.Select(file => file.Path));
    }

    [Fact]
    public async Task A_command_regenerates_its_files_in_the_merged_tree_and_nothing_else_of_what_it_does_is_taken()
    {
        using var setup = await LandingSetup.LocalAsync(("deps", "a\n\n\n\nz\n"), ("sub/my lock", "a z\n"));
        var (landed, head) = await TwoAsync(
            setup, [("deps", "a\nb\n\n\n\nz\n"), ("sub/my lock", "a b z\n")],
            [("deps", "a\n\n\n\ny\nz\n"), ("sub/my lock", "a y z\n")]);
        var lander = await ResolvingAsync(setup, Command(
            "sub/*lock",
            """
            [ "$BEADSWARM_CONFLICT_FILES" = "sub/my lock" ] && grep -q '^<<<<<<< ' "sub/my lock" || exit 7
            grep -qx 'a b z' "$BEADSWARM_CONFLICT_SIDES/target/sub/my lock" || exit 8
            grep -qx 'a y z' "$BEADSWARM_CONFLICT_SIDES/bead/sub/my lock" || exit 9
            grep -qx 'a z' "$BEADSWARM_CONFLICT_SIDES/base/sub/my lock" || exit 10
            echo $(cat deps) > "sub/my lock"; echo more > deps; echo left > left
            """));

        var clean = Assert.IsType<MergeOutcome.Clean>(await MergeAsync(lander, landed, head));

        Assert.Equal(
            new Dictionary<string, string> { ["deps"] = "a\nb\n\n\n\ny\nz\n", ["sub/my lock"] = "a b y z\n" },
            await setup.FilesAsync(clean.Candidate));
        Assert.False(Directory.Exists(Path.Combine(setup.Hub.Folder, "resolving")));
    }

    [Fact]
    public async Task The_same_conflict_is_settled_once_also_upon_another_commit_of_the_same_tree()
    {
        using var setup = await LandingSetup.LocalAsync(("deps", "d\n"), ("lock", "1\n"));
        var (landed, head) = await TwoAsync(setup, [("lock", "2\n")], [("lock", "3\n")]);
        var runs = setup.Git["runs"];
        var lander = await ResolvingAsync(setup, Command("lock", $"echo x >> '{runs}'; echo 23 > lock"));
        var other = await setup.Hub.Repository.CommitTreeAsync(
            await lander.TreeAsync(landed, Cancel), [landed], "the same again", DateTimeOffset.UnixEpoch, Cancel);

        var first = Assert.IsType<MergeOutcome.Clean>(await MergeAsync(lander, landed, head));
        var again = Assert.IsType<MergeOutcome.Clean>(await MergeAsync(lander, landed, head));
        var upon = Assert.IsType<MergeOutcome.Clean>(await MergeAsync(lander, other, head));

        Assert.Equal((first.Candidate, first.Tree), (again.Candidate, upon.Tree));
        Assert.Equal("lock", Assert.Single(upon.Resolved).Path);
        Assert.Single(await File.ReadAllLinesAsync(runs, Cancel));
    }

    [Fact]
    public async Task A_command_is_not_waited_for_by_whoever_only_begins_a_merge()
    {
        using var setup = await LandingSetup.LocalAsync(("lock", "1\n"));
        var (landed, head) = await TwoAsync(setup, [("lock", "2\n")], [("lock", "3\n")]);
        using var go = new Fifo(setup.Git["go"]);
        var lander = await ResolvingAsync(setup, Command("lock", $"read go < '{setup.Git["go"]}'; echo 23 > lock"));
        var request = new MergeRequest(landed, head, new LandingMessage("Land bd-2", "", []), DateTimeOffset.UnixEpoch);

        var merge = Assert.IsType<MergeStart.UnderWay>(await lander.BeginMergeAsync(request, Cancel));
        Assert.False(merge.Outcome.IsCompleted);
        go.Release();

        Assert.Equal("23\n", (await setup.FilesAsync(
            Assert.IsType<MergeOutcome.Clean>(await merge.Outcome).Candidate))["lock"]);
        Assert.IsType<MergeStart.Done>(await lander.BeginMergeAsync(
            request with { Head = await setup.WorkFromAsync(landed, 3, "bd-3", ("new", "x\n")) }, Cancel));
    }

    [Theory]
    [InlineData("true", "lock still has conflict markers")]
    [InlineData("echo no network >&2; echo x > lock; exit 3", "it exited with 3: no network")]
    [InlineData("rm lock", "lock is no file any more")]
    [InlineData("rm lock; ln -s deps lock", "lock is no file any more")]
    [InlineData("rm lock; mkdir lock; echo x > lock/x", "lock is no file any more")]
    [InlineData("kill -9 $$", "it was killed by signal 9")]
    [InlineData("sleep 1000", "it took longer than 1 s")]
    public async Task What_a_command_does_not_settle_stays_a_conflict_and_is_told(string command, string reason)
    {
        using var setup = await LandingSetup.LocalAsync(("deps", "d\n"), ("lock", "1\n"));
        var (landed, head) = await TwoAsync(setup, [("lock", "2\n")], [("lock", "3\n")]);
        var patience = command.StartsWith("sleep", StringComparison.Ordinal) ? 1 : 120;
        var lander = await ResolvingAsync(
            setup, Command("lock", command) with { Timeout = TimeSpan.FromSeconds(patience) });

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await MergeAsync(lander, landed, head));

        Assert.EndsWith(reason, conflict.Tried, StringComparison.Ordinal);
        Assert.Contains("<<<<<<< target\n2\n=======\n3\n", conflict.Files[0].Excerpt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_tried_where_another_file_conflicts_too_or_one_side_has_deleted_it()
    {
        using var setup = await LandingSetup.LocalAsync(("lock", "1\n"), ("code", "1\n"), ("gone", "1\n"));
        var mark = setup.Git["mark"];
        var lander = await ResolvingAsync(setup, Command("lock", $"touch '{mark}'; echo x > lock"), Union("gone"));
        var (both, head) = await TwoAsync(
            setup, [("lock", "2\n"), ("code", "2\n")], [("lock", "3\n"), ("code", "3\n")]);
        var (deleted, other) = await TwoAsync(setup, [("gone", null)], [("gone", "3\n")]);

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await MergeAsync(lander, both, head));

        Assert.Null(conflict.Tried);
        Assert.Equal(["code", "lock"], conflict.Files.Select(file => file.Path));
        Assert.NotNull(await lander.ProbeAsync(both, head, Cancel));
        Assert.Null(Assert.IsType<MergeOutcome.Conflict>(await MergeAsync(lander, deleted, other)).Tried);
        Assert.False(File.Exists(mark));
    }

    [Fact]
    public async Task A_command_that_takes_the_targets_side_as_a_whole_does_not_land_nothing()
    {
        using var setup = await LandingSetup.LocalAsync(("lock", "1\n"));
        var (landed, head) = await TwoAsync(setup, [("lock", "2\n")], [("lock", "3\n")]);
        var lander = await ResolvingAsync(setup, Command("lock", "echo 2 > lock"));

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await MergeAsync(lander, landed, head));

        Assert.Equal("nothing of this bead was left by it", conflict.Tried);
    }

    [Theory]
    [InlineData("Cargo.lock", "Cargo.lock", true)]
    [InlineData("Cargo.lock", "a/b/Cargo.lock", true)]
    [InlineData("Cargo.lock", "a/Cargo.lock.old", false)]
    [InlineData("a/*.lock", "a/x.lock", true)]
    [InlineData("a/*.lock", "a/b/x.lock", false)]
    [InlineData("a/**/x", "a/x", true)]
    [InlineData("a/**/x", "a/b/c/x", true)]
    [InlineData("**/mod?.rs", "src/mods.rs", true)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a/**", "b/a/c", false)]
    public void A_pattern_means_these_files(string pattern, string path, bool matches)
    {
        Assert.Null(PathPattern.Problem(pattern));
        Assert.Equal(matches, new PathPattern(pattern).Matches(path));
    }

    static ResolveRule Union(string pattern) => new([new PathPattern(pattern)], null, TimeSpan.Zero);

    static ResolveRule Command(string pattern, string command) =>
        new([new PathPattern(pattern)], command, TimeSpan.FromMinutes(2));

    /// <summary>What one of two beads has landed, and the other's head.</summary>
    static async Task<(CommitId Landed, CommitId Head)> TwoAsync(
        LandingSetup setup, (string Path, string? Text)[] one, (string Path, string? Text)[] other)
    {
        var tip = await setup.Lander.TipAsync(Cancel);
        var landed = await setup.CandidateAsync(tip, await setup.WorkFromAsync(tip, 1, "bd-1", one));
        return (landed, await setup.WorkFromAsync(tip, 2, "bd-2", other));
    }

    static Task<LandingGit> ResolvingAsync(LandingSetup setup, params ResolveRule[] rules) => setup.OpenAsync(
        new ResolvingParts(
            rules, setup.Git.Environment, $"{Path.GetFileName(setup.Git.Root)}/resolving", TimeSpan.FromSeconds(2),
            TimeProvider.System));

    static Task<MergeOutcome> MergeAsync(ILandingRepository lander, CommitId tip, CommitId head) => lander.MergeAsync(
        new MergeRequest(
            tip, head, new LandingMessage("Land bd-2", "", [(LandingMessage.BeadTrailer, "bd-2")]),
            DateTimeOffset.UnixEpoch),
        Cancel);
}
