using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class MergingTests
{
    static CancellationToken Cancel => LandingSetup.Cancel;

    [Fact]
    public async Task Control_characters_and_ids_in_history_do_not_confuse_who_the_other_side_is()
    {
        var id = new string('a', 40);
        using var setup = await LandingSetup.LocalAsync(("a.txt", "0\n"));
        var head = await setup.WorkAsync(1, "bd-1", ("a.txt", "1\n"));
        await setup.Git.CommitAsync(
            setup.User, "sub\u0001ject \u001b[2J\n\nBead: bd\u00019", ("a.txt", "2\n"), (id, "x\n"));
        await setup.Git.GitAsync(setup.User, "commit", "--quiet", "--allow-empty", "--allow-empty-message", "-m", "");
        var tip = await setup.Lander.TipAsync(Cancel);

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await setup.MergeAsync(tip, head));

        var other = Assert.Single(conflict.OtherSide);
        Assert.Equal(("sub\u0001ject \u001b[2J", "bd\u00019"), (other.Subject, other.Bead));
    }

    [Fact]
    public async Task A_conflict_is_with_those_landings_that_conflict_in_fact_and_shows_both_sides()
    {
        static string Text(string top, string middle, string bottom) =>
            $"{top}\n2\n3\n4\n5\n{middle}\n7\n8\n9\n10\n{bottom}\n";

        using var setup = await LandingSetup.LocalAsync(("a.txt", Text("1", "6", "11")));
        var began = await setup.Lander.TipAsync(Cancel);
        var top = await setup.CandidateAsync(
            began, await setup.WorkFromAsync(began, 1, "bd-1", ("a.txt", Text("first", "6", "11"))));
        var middle = await setup.CandidateAsync(
            top, await setup.WorkFromAsync(top, 2, "bd-2", ("a.txt", Text("first", "second", "11"))), "bd-2");
        var again = await setup.CandidateAsync(
            middle, await setup.WorkFromAsync(middle, 3, "bd-3", ("a.txt", Text("first", "third", "11"))), "bd-3");
        var bottom = await setup.CandidateAsync(
            again, await setup.WorkFromAsync(again, 4, "bd-4", ("a.txt", Text("first", "third", "fourth"))), "bd-4");

        var one = await ConflictAsync(await setup.WorkFromAsync(began, 5, "bd-5", ("a.txt", Text("mine", "6", "11"))));
        var other = await ConflictAsync(
            await setup.WorkFromAsync(began, 6, "bd-6", ("a.txt", Text("1", "mine", "11"))));

        Assert.Equal(["bd-1"], one.OtherSide.Select(side => side.Bead));
        Assert.Contains("-1\n+first\n", one.OtherSide[0].Change, StringComparison.Ordinal);
        Assert.Contains("-1\n+mine\n", one.OwnChange, StringComparison.Ordinal);

        // The one that had made the same place something else, and the one that built upon it.
        Assert.Equal(["bd-3", "bd-2"], other.OtherSide.Select(side => side.Bead));

        async Task<MergeOutcome.Conflict> ConflictAsync(CommitId head) =>
            Assert.IsType<MergeOutcome.Conflict>(await setup.MergeAsync(bottom, head));
    }

    [Fact]
    public async Task A_conflict_with_a_bead_of_a_batch_names_that_bead()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var began = await setup.Lander.TipAsync(Cancel);
        var first = await setup.CandidateAsync(
            began, await setup.WorkFromAsync(began, 1, "bd-1", ("a.txt", "first\n")));
        var second = await setup.CandidateAsync(
            first, await setup.WorkFromAsync(began, 2, "bd-2", ("b.txt", "second\n")), "bd-2");
        var tip = await setup.Lander.JoinAsync(
            began, second,
            new LandingMessage("bd-1, bd-2", "", [(LandingMessage.BatchTrailer, "bd-1"), ("Batch", "bd-2")]),
            LandingWorld.When, Cancel);

        var conflict = Assert.IsType<MergeOutcome.Conflict>(await setup.MergeAsync(
            tip, await setup.WorkFromAsync(began, 3, "bd-3", ("a.txt", "mine\n"))));

        Assert.Equal([("bd-1", first)], conflict.OtherSide.Select(side => (side.Bead!, side.Commit)));
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
