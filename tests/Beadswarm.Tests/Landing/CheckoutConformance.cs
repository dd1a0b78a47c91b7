using System.Text;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

/// <summary>
/// What the user's checkout may rely on while his own branch is the target: real and simulated. A landing is held by
/// what the user has not saved, and never overwrites it.
/// </summary>
public abstract class CheckoutConformance
{
    const string Tracker = ".beads/issues.jsonl";

    static CancellationToken Cancel => LandingWorld.Cancel;

    private protected abstract Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files);

    [Fact]
    public async Task Checkout_follows_what_landed()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"), ("dir/c.txt", "new\n"), ("b.txt", null));

        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));
        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));

        await FollowedAsync(world, candidate);
        Assert.IsType<FollowOutcome.Followed>(await world.Lander.FollowAsync(candidate, Cancel));
        var users = await world.UserCommitsAsync("mine");
        Assert.Equal([candidate], await world.ParentsAsync(users));
    }

    [Fact]
    public async Task Unsaved_changes_and_files_in_the_way_hold_the_landing()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b c.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"), ("new.txt", "landed\n"));
        world.UserWrites("b c.txt", "mine\n");
        Assert.Contains("b c.txt", await HeldAsync(world, tip, candidate), StringComparison.Ordinal);
        world.UserWrites("b c.txt", "1\n");
        world.UserWrites("new.txt", "mine\n");
        Assert.Contains("new.txt", await HeldAsync(world, tip, candidate), StringComparison.Ordinal);
        Assert.Equal("mine\n", world.UserFolder["new.txt"]);
        world.UserWrites("new.txt", null);
        world.UserWrites("other untracked.txt", "mine\n");

        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));

        Assert.Equal(["other untracked.txt"], await world.UserChangesAsync());
        Assert.Equal("landed\n", world.UserFolder["new.txt"]);
    }

    [Fact]
    public async Task Newer_tracker_file_of_the_checkout_is_not_touched()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), (Tracker, "old\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"));
        var synced = await world.Lander.TrackerCommitAsync(
            candidate, Tracker, Encoding.UTF8.GetBytes("synced\n"), new LandingMessage("beads: sync", "", []),
            LandingWorld.When, Cancel);
        world.UserWrites(Tracker, "newest\n");

        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, synced!.Value));

        Assert.Equal(("newest\n", "2\n"), (world.UserFolder[Tracker], world.UserFolder["a.txt"]));
        Assert.Equal([Tracker], await world.UserChangesAsync());
    }

    [Fact]
    public async Task A_checkout_on_another_branch_is_left_alone()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(world, ("a.txt", "2\n"));
        await world.UserSwitchesAsync("side");
        world.UserWrites("a.txt", "mine\n");

        Assert.IsType<AdvanceOutcome.Moved>(await world.AdvanceAsync(tip, candidate));
        Assert.Equal("mine\n", world.UserFolder["a.txt"]);
        Assert.Equal(candidate, await world.TargetAsync());
    }

    static async Task<(CommitId Tip, CommitId Candidate)> CandidateAsync(
        LandingWorld world, params (string Path, string? Text)[] files)
    {
        var tip = await world.Lander.TipAsync(Cancel);
        return (tip, await world.CandidateAsync(tip, await world.WorkAsync(1, "bd-1", files)));
    }

    static async Task<string> HeldAsync(LandingWorld world, CommitId tip, CommitId candidate)
    {
        var before = (world.UserFolder, string.Join('\n', await world.UserChangesAsync()));
        var held = Assert.IsType<AdvanceOutcome.Held>(await world.AdvanceAsync(tip, candidate));
        Assert.Equal(tip, await world.TargetAsync());
        Assert.Equal(before.UserFolder, world.UserFolder);
        Assert.Equal(before.Item2, string.Join('\n', await world.UserChangesAsync()));
        return held.Reason;
    }

    static async Task FollowedAsync(LandingWorld world, CommitId commit)
    {
        Assert.Equal(commit, await world.TargetAsync());
        Assert.Empty(await world.UserChangesAsync());
        Assert.Equal(await world.FilesAsync(commit), world.UserFolder);
    }
}
