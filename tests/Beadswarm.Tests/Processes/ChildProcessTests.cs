using Beadswarm.Processes;

namespace Beadswarm.Tests.Processes;

public sealed class ChildProcessTests : IDisposable
{
    readonly ChildFixture _fixture = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exit_code_is_known_and_recorded()
    {
        using var child = _fixture.Start("exit 3");

        Assert.Equal(new ChildExit.Exited(3), await child.Exit);
        Assert.Equal("3\n", _fixture.Output("exit"));
        Assert.True((await child.SweepAsync(Cancellation)).Clean);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_signal_is_known_as_such(bool recorded)
    {
        using var child = _fixture.Start(
            "kill -SEGV $$", spec => recorded ? spec : spec with { ExitFile = null });

        Assert.Equal(new ChildExit.Killed(11), await child.Exit);
    }

    [Theory]
    [InlineData(131)]
    [InlineData(173)]
    public async Task An_unusual_exit_code_is_not_taken_for_a_signal(int code)
    {
        using var child = _fixture.Start($"exit {code}");

        Assert.Equal(new ChildExit.Exited(code), await child.Exit);
    }

    [Fact]
    public async Task Input_comes_from_its_file_and_output_is_appended_to_its_files()
    {
        await File.WriteAllTextAsync(_fixture["in"], "given", Cancellation);
        await File.WriteAllTextAsync(_fixture["out"], "before ", Cancellation);
        using var child = _fixture.Start(
            "cat; echo problem >&2", spec => spec with { StandardInputFile = _fixture["in"] });

        await child.Exit;

        Assert.Equal("before given", _fixture.Output());
        Assert.Equal("problem\n", _fixture.Output("err"));
    }

    [Fact]
    public async Task A_child_that_closes_its_output_and_lives_is_still_running()
    {
        var closed = await _fixture.Pipe("closed");
        using var child = _fixture.Start($"exec >&- 2>&-; echo yes >{closed}; exec sleep 1000");
        await ChildFixture.Read(closed);

        Assert.False(child.Exit.IsCompleted);
        await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task Terminating_lets_the_program_end_in_its_own_way()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(
            $"trap 'echo bye; exit 5' TERM; sleep 1000 & echo yes >{ready}; wait");
        await ChildFixture.Read(ready);

        await child.TerminateAsync(ChildFixture.Patience, Cancellation);

        Assert.Equal(new ChildExit.Exited(5), await child.Exit);
        Assert.Equal("bye\n", _fixture.Output());
        Assert.Equal("5\n", _fixture.Output("exit"));
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_program_that_ignores_the_request_is_killed_with_its_children()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start($"trap '' TERM; sleep 1000 & echo yes >{ready}; while :; do wait; done");
        await ChildFixture.Read(ready);

        var leaks = await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);

        Assert.Equal(new ChildExit.Killed(9), await child.Exit);
        Assert.True(leaks.Clean);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task What_a_finished_program_leaves_running_is_found_named_and_ended()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(
            $"sleep 1111 & (setsid sh -c 'echo yes >{ready}; exec sleep 2222' >/dev/null 2>&1 &)");
        await ChildFixture.Read(ready);
        await child.Exit;

        var leaks = await child.SweepAsync(Cancellation);

        Assert.Equal(2, leaks.Ended.Count);
        Assert.Contains(leaks.Ended, leak => leak.Command == "sleep 1111");
        Assert.Empty(leaks.Remaining);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_grandchild_in_a_session_of_its_own_without_the_tag_is_found_while_its_parent_lives()
    {
        var ready = await _fixture.Pipe("ready");
        var pid = _fixture["pid"];
        using var child = _fixture.Start(
            $"env -i setsid /bin/sh -c 'echo $$ >{pid}; echo yes >{ready}; exec sleep 1000' & wait");
        await ChildFixture.Read(ready);
        var identity = ProcessIdentity.Of(int.Parse(await File.ReadAllTextAsync(pid, Cancellation)))!.Value;

        await child.TerminateAsync(ChildFixture.Patience, Cancellation);

        Assert.False(identity.IsRunning());
    }

    [Fact]
    public async Task Sweeping_twice_is_the_same_as_once()
    {
        using var child = _fixture.Start("sleep 1000 & exit 0");
        await child.Exit;

        Assert.Single((await child.SweepAsync(Cancellation)).Ended);
        Assert.True((await child.SweepAsync(Cancellation)).Clean);
        Assert.True((await child.TerminateAsync(ChildFixture.NoGrace, Cancellation)).Clean);
    }

    [Fact]
    public async Task A_swept_child_leaves_no_zombie()
    {
        using var child = _fixture.Start("exit 0");
        await child.Exit;
        Assert.True(ProcessTable.Find(child.Identity.Pid) is { Zombie: true });

        await child.SweepAsync(Cancellation);

        Assert.Null(ProcessTable.Find(child.Identity.Pid));
    }

    [Fact]
    public async Task A_living_child_that_was_let_go_is_adopted_and_its_exit_code_learned_from_its_record()
    {
        var go = await _fixture.Pipe("go");
        ProcessIdentity identity;
        using (var first = _fixture.Start($"read line <{go}; exit 42"))
        {
            identity = first.Identity;
        }

        using var second = ChildProcess.Adopt(
            identity, _fixture.Tag, [], _fixture["exit"], confined: false, TimeProvider.System);
        Assert.False(second.Exit.IsCompleted);
        await File.WriteAllTextAsync(go, "go\n", Cancellation);

        Assert.Equal(new ChildExit.Exited(42), await second.Exit.WaitAsync(ChildFixture.Patience, Cancellation));
        Assert.True((await second.SweepAsync(Cancellation)).Clean);
    }

    [Fact]
    public async Task An_adopted_child_can_be_terminated_with_all_it_started()
    {
        var ready = await _fixture.Pipe("ready");
        using var first = _fixture.Start(
            $"trap '' TERM; setsid sleep 1000 & sleep 1001 & echo yes >{ready}; while :; do wait; done");
        await ChildFixture.Read(ready);

        using var second = ChildProcess.Adopt(
            first.Identity, _fixture.Tag, [], _fixture["exit"], confined: false, TimeProvider.System);
        await second.TerminateAsync(ChildFixture.NoGrace, Cancellation);

        Assert.Equal(new ChildExit.Unknown(), await second.Exit.WaitAsync(ChildFixture.Patience, Cancellation));
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_child_that_ended_while_nobody_watched_is_read_from_its_record()
    {
        using var first = _fixture.Start("sleep 1000 & exit 9");
        await first.Exit;

        // Its process id now belongs to a zombie; for the adopter it is gone.
        using var second = ChildProcess.Adopt(
            first.Identity, _fixture.Tag, [], _fixture["exit"], confined: false, TimeProvider.System);

        Assert.Equal(new ChildExit.Exited(9), await second.Exit);
        Assert.Single((await second.SweepAsync(Cancellation)).Ended);
    }

    [Fact]
    public async Task A_reused_process_id_is_neither_adopted_nor_touched()
    {
        using var stranger = _fixture.Start("exec sleep 1000", spec => spec with { Tag = spec.Tag + "/stranger" });
        var stale = stranger.Identity with { StartTicks = stranger.Identity.StartTicks - 1 };

        using var adopted = ChildProcess.Adopt(
            stale, "test/nobody", [], _fixture["none"], confined: false, TimeProvider.System);
        await adopted.TerminateAsync(ChildFixture.NoGrace, Cancellation);

        Assert.Equal(new ChildExit.Unknown(), await adopted.Exit);
        Assert.True(stranger.Identity.IsRunning());
        await stranger.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    [Fact]
    public async Task A_process_of_an_earlier_boot_is_not_adopted()
    {
        using var child = _fixture.Start("exec sleep 1000");

        var identity = child.Identity with { BootId = "another boot" };

        Assert.False(identity.IsRunning());
        await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    [Fact]
    public async Task The_exit_code_is_recorded_although_the_whole_group_is_asked_to_end()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start($"echo yes >{ready}; exec sleep 1000");
        await ChildFixture.Read(ready);

        await child.TerminateAsync(ChildFixture.Patience, Cancellation);

        Assert.Equal(new ChildExit.Killed(15), await child.Exit);
        Assert.Equal("143\n", _fixture.Output("exit"));
    }

    [Fact]
    public async Task Hostile_arguments_are_never_read_as_shell()
    {
        string[] hostile = ["$(touch hacked)", "; touch hacked", "`touch hacked`", "-n", ""];
        using var child = _fixture.Start(
            "", spec => spec with { FileName = "printf", Arguments = ["%s|", .. hostile] });

        await child.Exit;

        Assert.Equal(string.Concat(hostile.Select(text => text + "|")), _fixture.Output());
        Assert.False(File.Exists(_fixture["hacked"]));
    }

    [Fact]
    public void A_program_that_is_not_there_is_refused_before_anything_starts()
    {
        var refused = Assert.Throws<ProcessStartException>(
            () => _fixture.Start("", spec => spec with { FileName = "no-such-agent" }));

        Assert.Contains("no-such-agent", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_fixture["out"]));
    }

    [Fact]
    public async Task Memory_of_the_whole_tree_is_counted()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start($"sleep 1000 & sleep 1000 & echo yes >{ready}; wait");
        await ChildFixture.Read(ready);

        Assert.InRange(child.Look().MemoryBytes, 100_000, 100_000_000);
        await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    [Fact]
    public async Task Orphans_are_found_by_the_beginning_of_their_tag()
    {
        using var one = _fixture.Start("exec sleep 1000", spec => spec with { Tag = spec.Tag + "/one" });
        using var two = _fixture.Start("exec sleep 1000", spec => spec with { Tag = spec.Tag + "/two" });

        Assert.Equal(
            [_fixture.Tag + "/one", _fixture.Tag + "/two"],
            _fixture.Running().Select(process => process.Tag).Distinct().Order(StringComparer.Ordinal));

        await ProcessSweep.KillByTagAsync(_fixture.Tag + "/one", TimeProvider.System, Cancellation);
        Assert.All(_fixture.Running(), process => Assert.Equal(_fixture.Tag + "/two", process.Tag));
        await two.TerminateAsync(ChildFixture.NoGrace, Cancellation);
        await one.SweepAsync(Cancellation);
    }

    public void Dispose() => _fixture.Dispose();
}
