using System.Text;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class MergingTests
{
    static CancellationToken Cancel => LandingSetup.Cancel;

    [Fact]
    public async Task The_same_merge_gives_the_same_commit()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var head = await setup.WorkAsync(1, "bd-1", ("a.txt", "2\n"));

        var first = Assert.IsType<MergeOutcome.Clean>(await setup.MergeAsync(tip, head));
        var again = Assert.IsType<MergeOutcome.Clean>(await setup.MergeAsync(tip, head));

        Assert.Equal(first, again);
        Assert.Equal(first.Tree, await setup.Lander.TreeAsync(first.Candidate, Cancel));
        Assert.Equal($"{tip} {head}",
            await setup.Git.GitAsync(setup.Hub.GitDirectory, "log", "-1", "--format=%P", first.Candidate.Value));
    }

    [Fact]
    public async Task Squash_has_one_parent_and_the_same_tree()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var head = await setup.WorkAsync(1, "bd-1", ("a.txt", "2\n"));
        var request = new MergeRequest(tip, head, LandingSetup.Message("bd-1"), LandingSetup.When, MergeStyle.Squash);

        var clean = Assert.IsType<MergeOutcome.Clean>(await setup.Lander.MergeAsync(request, Cancel));

        Assert.Equal(tip.Value,
            await setup.Git.GitAsync(setup.Hub.GitDirectory, "log", "-1", "--format=%P", clean.Candidate.Value));
        Assert.Equal(await setup.Lander.TreeAsync(head, Cancel), clean.Tree);
    }

    [Fact]
    public async Task Conflict_names_the_files_both_sides_and_the_other_bead()
    {
        using var setup = await LandingSetup.LocalAsync(("a b.txt", "0\n1\n2\n"), ("gone.txt", "x\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var first = await setup.WorkAsync(1, "bd-1", ("a b.txt", "0\nfirst\n2\n"), ("gone.txt", null));
        var second = await setup.WorkAsync(2, "bd-2", ("a b.txt", "0\nsecond\n2\n"), ("gone.txt", "y\n"));
        var landed = await setup.CandidateAsync(tip, first);

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await setup.MergeAsync(landed, second, "bd-2"));

        Assert.Equal(["a b.txt", "gone.txt"], conflict.Files.Select(file => file.Path));
        Assert.Contains(
            "<<<<<<< target\nfirst\n=======\nsecond\n>>>>>>> this bead\n", conflict.Files[0].Excerpt,
                StringComparison.Ordinal);
        Assert.Contains("modify/delete", conflict.Files[1].Kind, StringComparison.Ordinal);
        Assert.Equal(("Land bd-1", "bd-1"), (conflict.OtherSide[0].Subject, conflict.OtherSide[0].Bead));
    }

    [Fact]
    public async Task Nothing_to_land_is_said_so()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var head = await setup.WorkAsync(1, "bd-1", ("a.txt", "2\n"));
        var candidate = await setup.CandidateAsync(tip, head);

        Assert.IsType<MergeOutcome.Empty>(await setup.MergeAsync(tip, tip));
        Assert.IsType<MergeOutcome.Empty>(await setup.MergeAsync(candidate, head));
    }

    [Fact]
    public async Task Missing_commit_is_a_failure_and_no_conflict()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        await Assert.ThrowsAsync<GitException>(() => setup.MergeAsync(tip, new CommitId(new string('1', 40))));
    }

    [Fact]
    public async Task What_agents_do_to_the_tracker_never_lands_and_never_conflicts()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), (".beads/issues.jsonl", "base\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var changes = await setup.WorkAsync(1, "bd-1", ("a.txt", "2\n"), (".beads/issues.jsonl", "agent\n"),
            (".beadswarm/x", "x\n"));
        var deletes = await setup.WorkAsync(2, "bd-2", ("b.txt", "2\n"), (".beads/issues.jsonl", null));
        var only = await setup.WorkAsync(3, "bd-3", (".beads/new.jsonl", "agent\n"));
        var synced = await setup.Lander.TrackerCommitAsync(
            tip, ".beads/issues.jsonl", Encoding.UTF8.GetBytes("synced\n"), new LandingMessage("beads: sync", "", []),
            LandingSetup.When, Cancel);

        foreach (var head in new[] { changes, deletes })
        {
            var candidate = await setup.CandidateAsync(synced!.Value, head);
            Assert.Equal("synced",
                await setup.Git.GitAsync(setup.Hub.GitDirectory, "show", $"{candidate}:.beads/issues.jsonl"));
            Assert.Single(await setup.Lander.ChangesAsync(synced.Value, candidate, Cancel));
        }

        Assert.IsType<MergeOutcome.Empty>(await setup.MergeAsync(synced!.Value, only));
    }

    [Fact]
    public async Task Tracker_commit_changes_one_file_and_only_where_git_tracks_it()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), (".beads/issues.jsonl", "old\n"),
            (".beads/ü", "x"));
        var tip = await setup.Lander.TipAsync(Cancel);

        Task<CommitId?> CommitAsync(string path, string text) => setup.Lander.TrackerCommitAsync(
            tip, path, Encoding.UTF8.GetBytes(text), new LandingMessage("beads: sync", "", []), LandingSetup.When,
                Cancel);

        var commit = await CommitAsync(".beads/issues.jsonl", "new ü\n");
        var change = Assert.Single(await setup.Lander.ChangesAsync(tip, commit!.Value, Cancel));
        Assert.Equal(".beads/issues.jsonl", change.Path);
        Assert.Equal("new ü",
            await setup.Git.GitAsync(setup.Hub.GitDirectory, "show", $"{commit}:.beads/issues.jsonl"));
        Assert.Null(await CommitAsync(".beads/issues.jsonl", "old\n"));
        Assert.Null(await CommitAsync(".beads/other.jsonl", "new\n"));
        Assert.Null(await CommitAsync(".beads", "new\n"));
    }

    [Fact]
    public void Text_of_a_bead_cannot_forge_a_trailer()
    {
        var message = new LandingMessage("title\nBead: bd-9", "body", [("Bead", "bd-1\nBead: bd-9")]).ToString();
        Assert.Equal("title Bead: bd-9\n\nbody\n\nBead: bd-1 Bead: bd-9\n", message);
    }

    [Fact]
    public async Task Landing_workspace_holds_exactly_the_candidate_each_time()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), (".gitignore", "out/\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var head = await setup.WorkAsync(1, "bd-1", ("b.txt", "2\n"));
        var folder = await setup.Lander.CheckoutAsync(head, 1, Cancel);
        Directory.CreateDirectory(Path.Combine(folder, "out/inner/.git"));
        await File.WriteAllTextAsync(Path.Combine(folder, "a.txt"), "changed by a gate", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "left"), "by a gate", Cancel);
        var admin = await setup.Git.GitAsync(folder, "rev-parse", "--absolute-git-dir");
        await File.WriteAllTextAsync(Path.Combine(admin, "index.lock"), "", Cancel);

        Assert.Equal(folder, await setup.Lander.CheckoutAsync(tip, 1, Cancel));

        Assert.Equal(
            [".git", ".gitignore", "a.txt"],
            Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("", await setup.Git.GitAsync(folder, "status", "--porcelain"));
        Assert.Equal(tip, await setup.Git.HeadAsync(folder));
    }
}
