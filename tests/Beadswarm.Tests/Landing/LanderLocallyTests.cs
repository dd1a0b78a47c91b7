using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Swarms;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Landing;

/// <summary>A whole swarm whose target is a branch of the user's own repository, in each of the modes.</summary>
public sealed class LanderLocallyTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_dirty_checkout_holds_the_queue_until_it_is_clean_and_is_not_touched()
    {
        _repository.Write("mine.txt", "before\n");
        _repository.Bead("t-1").Commit();
        _repository.Write("mine.txt", "work of mine\n");

        await using var run = await _repository.StartAsync(_repository.Config());
        var held = await SwarmRepository.UntilAsync(
            run, entry => entry.Event is JournalEvent.ComponentHeld { Component: "lander" });
        Assert.Contains("mine.txt", ((JournalEvent.ComponentHeld)held.Event).Reason, StringComparison.Ordinal);
        Assert.Equal("work of mine\n", _repository.Read("mine.txt"));
        Assert.Empty(_repository.Landed());

        _repository.Git("stash", "-q", "--", "mine.txt");
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        _repository.Git("stash", "pop", "-q");
        Assert.Equal("work of mine\n", _repository.Read("mine.txt"));
        Assert.Equal("1", _repository.Read("work/t-1").Trim());
    }

    [Fact]
    public async Task A_checkout_on_another_branch_stays_as_it_is_while_the_target_moves()
    {
        _repository.Write(".gitignore", ".beads/\n");
        _repository.Bead("t-1").Commit();
        _repository.Git("checkout", "-q", "-b", "feature");
        _repository.Write("feature.txt", "unfinished\n");

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1"], _repository.Landed());
        Assert.Equal("feature", _repository.Git("branch", "--show-current"));
        Assert.Equal("?? feature.txt", _repository.Git("status", "--porcelain"));
        Assert.False(File.Exists(Path.Combine(_repository.Path, "work/t-1")));
    }

    [Fact]
    public async Task A_clone_sees_the_tracker_as_it_is_when_git_tracks_it()
    {
        _repository.Bead("t-1").Bead("t-2").Commit();

        await _repository.RunAsync(_repository.Config());

        var clone = Path.Combine(_repository.Path, ".beadswarm", "clone");
        _repository.Git("clone", "-q", _repository.Path, clone);
        Assert.Equal(
            _repository.Read(".beads/issues.jsonl"), _repository.Read(".beadswarm/clone/.beads/issues.jsonl"));
        Assert.Equal(["closed", "closed"], _repository.Beads().Select(bead => bead.Status));
        var syncs = _repository.Git("log", "--format=%s", "main", "--", ".beads").Split('\n');
        Assert.Equal("beads: sync", syncs[0]);
        Assert.InRange(syncs.Length, 2, 3);
        Assert.Equal(
            "", _repository.Git("log", "--format=%s", "--grep=beads: sync", "main", "--", ".", ":!.beads"));
    }

    [Fact]
    public async Task A_tracker_that_git_does_not_track_makes_no_commits()
    {
        _repository.Write(".gitignore", ".beads/\n");
        _repository.Bead("t-1").Commit();

        await _repository.RunAsync(_repository.Config());

        Assert.Equal("", _repository.Git("log", "--format=%s", "--grep=beads: sync", "main"));
        Assert.Equal("closed", _repository.StatusOf("t-1"));
        Assert.Equal("", _repository.Git("ls-tree", "-r", "--name-only", "main", ".beads"));
    }

    [Fact]
    public async Task Mode_integration_lands_on_its_branch_first_and_promotes_what_is_green()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Commit();

        var outcome = await _repository.RunAsync(InMode(LandingMode.Integration));

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1", "t-2"], _repository.Landed());
        var journal = await _repository.JournalAsync();
        Assert.Equal(2, journal.Count(entry => entry.Event is JournalEvent.LandingIntegrated));
        Assert.True(
            journal.First(entry => entry.Event is JournalEvent.LandingIntegrated).Sequence
                < journal.First(entry => entry.Event is JournalEvent.BeadLanded).Sequence);
        Assert.Contains("swarm/integration", _repository.Git("branch", "--format=%(refname:short)"),
            StringComparison.Ordinal);
        Assert.Equal("1", _repository.Read("work/t-2").Trim());
    }

    [Fact]
    public async Task Mode_integration_promotes_although_the_target_has_gone_on_by_itself()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Commit();

        // The tracker's commit of the first bead is on the target, not on the integration branch, when the second
        // lands.
        var outcome = await _repository.RunAsync(InMode(LandingMode.Integration) with
        {
            Tracker = _repository.Config().Tracker with { CommitInterval = TimeSpan.Zero },
        });

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal("1", _repository.Read("work/t-2").Trim());
        Assert.Contains("Take up main", _repository.Git("log", "--format=%s", "main"), StringComparison.Ordinal);
        Assert.Equal("closed", _repository.StatusOf("t-2"));
        Assert.Equal("", _repository.Git("status", "--porcelain"));
    }

    [Fact]
    public async Task Mode_branch_leaves_a_branch_that_the_user_sees_and_says_so_in_the_tracker()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Commit();
        var before = _repository.Git("rev-parse", "main");

        var outcome = await _repository.RunAsync(InMode(LandingMode.Branch));

        Assert.Equal((SwarmEnd.Exhausted, 0, 1), (outcome.End, outcome.Landed, outcome.Left));
        Assert.Equal("1", _repository.Git("show", "beadswarm/t-1/attempt-1:work/t-1"));
        Assert.Equal(new BeadState.Left("beadswarm/t-1/attempt-1"), (await _repository.WorkAsync("t-1")).State);
        Assert.Contains("beadswarm/t-1/attempt-1", _repository.Find("t-1").Notes, StringComparison.Ordinal);
        Assert.Equal("open", _repository.StatusOf("t-2"));
        Assert.Equal(
            before, _repository.Git("log", "-1", "--format=%H", "main", "--", ".", ":!.beads"));
    }

    SwarmConfig InMode(LandingMode mode) =>
        _repository.Config(change: config => config with { Landing = config.Landing with { Mode = mode } });

    public void Dispose() => _repository.Dispose();
}
