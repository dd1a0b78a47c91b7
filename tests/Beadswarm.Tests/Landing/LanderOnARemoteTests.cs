using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Swarms;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Landing;

/// <summary>A whole swarm whose target is on a remote: pushed, observed there, and recorded once.</summary>
public sealed class LanderOnARemoteTests : IDisposable
{
    readonly SwarmRepository _repository = new();
    readonly List<SwarmChild> _children = [];

    public LanderOnARemoteTests()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Origin)!); // a folder below the repository
        _repository.Git("init", "-q", "--bare", "-b", "main", Origin);
        _repository.Git("remote", "add", "origin", Origin);
    }

    // Below the swarm's folder, which git does not look at.
    string Origin => Path.Combine(_repository.Path, ".beadswarm", "origin.git");

    [Fact]
    public async Task Beads_land_on_the_remote_and_the_local_branch_follows()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1");
        Publish();

        var outcome = await _repository.RunAsync(Remote());

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1", "t-2"], LandedOnOrigin());
        Assert.Equal(_repository.Git("rev-parse", "main"), InOrigin("rev-parse", "main"));
        Assert.Equal("1", _repository.Read("work/t-2").Trim());
        Assert.Equal("", _repository.Git("status", "--porcelain"));
        Assert.Equal("main", InOrigin("branch", "--format=%(refname:short)"));
    }

    [Fact]
    public async Task A_foreign_push_in_between_is_merged_and_the_combination_tested_again()
    {
        // The gate on the first candidate lets somebody push: what it was tested on is not the target any more.
        _repository.Write(
            "gate.sh",
            $"""
            [ "$(git log -1 --format=%P | wc -w)" = 2 ] || exit 0
            cd '{_repository.Path}/.beadswarm'
            [ -e pushed ] && exit 0
            touch pushed; echo here > arrived; read go < go

            """);
        _repository.Bead("t-1");
        Publish();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));

        var config = Remote();
        await using var run = await _repository.StartAsync(config with
        {
            Gates = config.Gates.ToDictionary(gate => gate.Key, gate => gate.Value with { Cached = false }),
        });
        await arrived.LineAsync();
        PushForeign("foreign.txt");
        go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        var journal = await run.Store.ReadJournalAsync(0, null, 1000, TestContext.Current.CancellationToken);
        Assert.Equal("foreign", InOrigin("show", "main:foreign.txt"));
        Assert.Equal("1", InOrigin("show", "main:work/t-1"));
        var landed = journal.Select(entry => entry.Event).OfType<JournalEvent.BeadLanded>().Single();
        var tree = InOrigin("rev-parse", $"{landed.Commit}^{{tree}}");
        Assert.Contains(
            journal, entry => entry.Event is JournalEvent.GateRan { Status: "passed" } gate && gate.Tree == tree);
    }

    [Fact]
    public async Task A_push_that_loses_the_race_at_the_remote_is_void_and_tried_again_on_what_is_there()
    {
        _repository.Bead("t-1").Bead("t-2");
        Publish();
        PushForeign("foreign.txt", "other");
        Hook("pre-receive",
            """
            [ -e lost ] && exit 0
            touch lost; unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main refs/heads/other
            """);

        await using var run = await _repository.StartAsync(Remote());
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        var journal = await run.Store.ReadJournalAsync(0, null, 1000, TestContext.Current.CancellationToken);
        Assert.Contains(journal, entry => entry.Event is JournalEvent.LandingVoided);
        Assert.Equal("foreign", InOrigin("show", "main:foreign.txt"));
        Assert.Equal("1", InOrigin("show", "main:work/t-1"));
        Assert.Equal("1", InOrigin("show", "main:work/t-2"));
    }

    [Fact]
    public async Task A_remote_that_refuses_holds_the_queue_says_so_once_and_does_not_keep_a_drain_waiting()
    {
        _repository.Bead("t-1");
        Publish();
        Hook("pre-receive", "echo 'protected branch' >&2; exit 1");

        await using (var run = await _repository.StartAsync(Remote()))
        {
            var held = await SwarmRepository.UntilAsync(
                run, entry => entry.Event is JournalEvent.ComponentHeld { Component: "lander" });
            Assert.Contains(
                "hook", ((JournalEvent.ComponentHeld)held.Event).Reason, StringComparison.Ordinal);
            run.Drain("a person looks");
            var outcome = await SwarmRepository.EndAsync(run);

            Assert.Equal((SwarmEnd.Drained, 0, 0), (outcome.End, outcome.Landed, outcome.Blocked));
        }

        var journal = await _repository.JournalAsync();
        Assert.Single(journal, entry => entry.Event is JournalEvent.ComponentHeld { Component: "lander" });
        Assert.Single(journal, entry => entry.Event is JournalEvent.LandingIntended);

        Hook("pre-receive", "exit 0");
        var next = await _repository.RunAsync(Remote());

        Assert.Equal((SwarmEnd.Completed, 1), (next.End, next.Landed));
        Assert.Equal(["t-1"], LandedOnOrigin());
    }

    [Theory]
    [InlineData(2, "closed")]
    [InlineData(99, "open")]
    public async Task What_the_remote_takes_a_moment_later_is_there_when_a_swarm_has_ended_and_otherwise_said(
        int refusals, string status)
    {
        _repository.Bead("t-1");
        Publish();
        Hook("pre-receive",
            $"""
            read old new ref
            [ "$ref" = refs/heads/main ] && [ "$(git log -1 --format=%s $new)" = 'beads: sync' ] || exit 0
            [ $(cat refused 2>/dev/null | wc -l) -ge {refusals} ] && exit 0
            echo no >> refused; echo 'not now' >&2; exit 1
            """);

        var config = Remote();
        var outcome = await _repository.RunAsync(
            config with { Tracker = config.Tracker with { CommitInterval = TimeSpan.FromHours(1) } });

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Contains($"\"{status}\"", InOrigin("show", "main:.beads/issues.jsonl"), StringComparison.Ordinal);
        var said = (await _repository.JournalAsync()).Select(entry => entry.Event)
            .OfType<JournalEvent.ComponentHeld>().Where(held => held.Component == "tracker").ToArray();
        Assert.Equal(status == "open", said.Length == 1);
        Assert.All(said, held => Assert.Contains("the next run brings", held.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pre-receive")]
    [InlineData("post-receive")]
    public async Task A_crash_between_intent_and_observation_lands_exactly_once(string hook)
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1");
        Publish();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));
        Hook(hook, "[ -e ../pushed ] && exit 0; touch ../pushed; echo here > ../arrived; read go < ../go; exit 0");
        var child = SwarmChild.Start(_repository, "origin");
        _children.Add(child);
        await arrived.LineAsync();
        await child.KillAsync();

        await using var run = await _repository.StartAsync(Remote());
        await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-1");
        go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(["t-1", "t-2"], LandedOnOrigin());
        var journal = await run.Store.ReadJournalAsync(0, null, 1000, TestContext.Current.CancellationToken);
        Assert.Equal(2, journal.Count(entry => entry.Event is JournalEvent.BeadLanded));
        Assert.Equal(["closed", "closed"], _repository.Beads().Select(bead => bead.Status));
    }

    SwarmConfig Remote() => _repository.Config(
        change: config => config with { Landing = config.Landing with { Remote = "origin" } });

    void Publish()
    {
        _repository.Commit();
        _repository.Git("push", "-q", "origin", "main");
    }

    void PushForeign(string file, string branch = "main")
    {
        var clone = Path.Combine(_repository.Path, ".beadswarm", "clone");
        _repository.Git("clone", "-q", Origin, clone);
        File.WriteAllText(Path.Combine(clone, file), "foreign\n");
        SwarmRepository.GitIn(clone, "add", "-A");
        SwarmRepository.GitIn(
            clone, "-c", "user.name=Other", "-c", "user.email=other@example.org", "commit", "-qm", "foreign");
        SwarmRepository.GitIn(clone, "push", "-q", "origin", $"main:{branch}");
    }

    void Hook(string name, string script)
    {
        var path = Path.Combine(Origin, "hooks", name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    string InOrigin(params string[] arguments) => SwarmRepository.GitIn(Origin, arguments);

    IEnumerable<string> LandedOnOrigin() =>
        InOrigin("log", "--first-parent", "--reverse", "--format=%(trailers:key=Bead,valueonly,separator=)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose()
    {
        _children.ForEach(child => child.Dispose());
        _repository.Dispose();
    }
}
