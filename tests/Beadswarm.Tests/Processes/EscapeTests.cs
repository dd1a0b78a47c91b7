using System.Diagnostics;
using Beadswarm.Processes;

namespace Beadswarm.Tests.Processes;

/// <summary>Programs that try to get away: whatever they shed, they are found and ended, and nothing else is.</summary>
public sealed class EscapeTests : IDisposable
{
    /// <summary>Takes the mark off again, in any shell.</summary>
    const string Unmark = "ulimit -S -x unlimited 2>/dev/null || ulimit -S -w unlimited";

    readonly ChildFixture _fixture = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_daemon_that_wiped_its_environment_and_went_elsewhere_is_found_by_its_mark()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(Daemon(ready, "cd /"));
        var daemon = await Ready(ready);
        await child.Exit;

        await SweptAway(child, daemon);
    }

    [Fact]
    public async Task A_program_without_an_exit_record_is_marked_too()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(Daemon(ready, "cd /"), spec => spec with { ExitFile = null });
        var daemon = await Ready(ready);
        await child.Exit;

        await SweptAway(child, daemon);
    }

    [Fact]
    public async Task A_daemon_that_shed_its_mark_too_is_found_where_it_stands()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(
            Daemon(ready, Unmark), spec => spec with { Folders = [_fixture.Folder] });
        var daemon = await Ready(ready);
        await child.Exit;
        Assert.Empty(ProcessSweep.Members(_fixture.Tag));

        await SweptAway(child, daemon);
    }

    [Fact]
    public async Task A_daemon_that_shed_its_mark_and_went_elsewhere_is_found_by_the_log_it_writes_to()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(
            Daemon(ready, $"{Unmark}; cd /", output: ""), spec => spec with { Folders = [_fixture.Folder] });
        var daemon = await Ready(ready);
        await child.Exit;

        await SweptAway(child, daemon);
    }

    [Fact]
    public async Task A_process_that_was_seen_once_is_recognised_although_it_shed_everything_afterwards()
    {
        var ready = await _fixture.Pipe("ready");
        var go = await _fixture.Pipe("go");
        using var child = _fixture.Start(
            $"env -i setsid /bin/sh -c '{Unmark}; cd /; echo $$ >{ready}; exec sleep 1000' >/dev/null 2>&1 & "
            + $"read line <{go}");
        var daemon = await Ready(ready);
        child.Look();
        await File.WriteAllTextAsync(go, "go\n", Cancellation);
        await child.Exit;

        await SweptAway(child, daemon);
    }

    [Fact]
    public async Task A_process_that_shed_everything_is_found_by_the_session_it_shares()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(
            $"""
            setsid sh -c '
              sleep 1000 &
              env -i sh -c "{Unmark}; cd /; echo \$\$ >{ready}; exec sleep 1000" &' >/dev/null 2>&1
            """);
        var daemon = await Ready(ready);
        await child.Exit;

        var leaks = await SweptAway(child, daemon);
        Assert.Equal(2, leaks.Ended.Count);
    }

    [Fact]
    public async Task A_program_that_starts_others_faster_than_they_are_found_is_ended_with_them()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(
            $"""
            trap '' TERM; echo yes >{ready}
            for i in 1 2; do (while :; do setsid sh -c 'sleep 1000 & exec sleep 1000' & sleep 0.001; done) & done; wait
            """);
        await ChildFixture.Read(ready);

        var leaks = await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);

        Assert.Empty(leaks.Remaining);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task An_orphan_that_ends_by_itself_is_reaped()
    {
        var ready = await _fixture.Pipe("ready");
        var go = await _fixture.Pipe("go");
        using var child = _fixture.Start(
            $"(setsid sh -c 'echo $$ >{ready}; read line <{go}' >/dev/null 2>&1 &) ; exec sleep 1000");
        var daemon = await Ready(ready);
        using var process = Process.GetProcessById(daemon.Pid);

        // It is given to us as soon as the shell between is gone, and it waits for us until then.
        await File.WriteAllTextAsync(go, "go\n", Cancellation);

        // Told by the number being free: a zombie would keep it.
        await process.WaitForExitAsync(Cancellation).WaitAsync(ChildFixture.Patience, Cancellation);
        Assert.NotEqual(daemon.StartTicks, ProcessTable.Find(daemon.Pid)?.StartTicks);
        await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    [Fact]
    public async Task A_stopped_program_can_still_end_in_its_own_way()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start(
            $"""
            trap 'echo bye; exit 5' TERM
            sh -c 'until grep -q "^State:.*stopped" /proc/$PPID/status; do :; done; echo yes >{ready}' &
            kill -STOP $$
            """);
        await ChildFixture.Read(ready);

        await child.TerminateAsync(ChildFixture.Patience, Cancellation);

        Assert.Equal(new ChildExit.Exited(5), await child.Exit);
        Assert.Equal("bye\n", _fixture.Output());
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_program_whose_wrapper_is_killed_is_ended_and_its_end_is_the_kill()
    {
        var ready = await _fixture.Pipe("ready");
        using var child = _fixture.Start($"echo $$ >{ready}; exec sleep 1000");
        var program = await Ready(ready);
        Assert.NotEqual(child.Identity, program);

        Assert.Equal(0, Libc.kill(child.Identity.Pid, Libc.SignalKill));

        Assert.Equal(new ChildExit.Killed(9), await child.Exit.WaitAsync(ChildFixture.Patience, Cancellation));
        await SweptAway(child, program);
    }

    [Fact]
    public async Task An_adopted_child_whose_wrapper_is_gone_is_cleared_away()
    {
        var ready = await _fixture.Pipe("ready");
        using var first = _fixture.Start($"echo $$ >{ready}; exec sleep 1000");
        var program = await Ready(ready);
        Assert.Equal(0, Libc.kill(first.Identity.Pid, Libc.SignalKill));
        await first.Exit.WaitAsync(ChildFixture.Patience, Cancellation);

        using var second = ChildProcess.Adopt(
            first.Identity, _fixture.Tag, [], _fixture["exit"], confined: false, TimeProvider.System);

        Assert.Equal(new ChildExit.Unknown(), await second.Exit);
        await SweptAway(second, program);
    }

    [Fact]
    public async Task What_an_earlier_orchestrators_agent_left_in_its_folder_is_ended_with_the_adopted_one()
    {
        using var adopted = await AdoptedAsync();
        using var keeper = await KeeperAsync(named: "systemd", "LANG=C");

        await SweptAway(adopted, await Ready(_fixture["ready"]));

        await keeper.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    [Theory]
    [InlineData("a-shell", "LANG=C")]
    [InlineData("systemd", "SSH_CONNECTION=192.0.2.1")]
    public async Task What_a_person_has_started_in_a_workspace_is_left_alone(string parent, string variable)
    {
        using var adopted = await AdoptedAsync();
        using var keeper = await KeeperAsync(parent, variable);
        var stranger = await Ready(_fixture["ready"]);

        Assert.True((await adopted.SweepAsync(Cancellation)).Clean);

        Assert.True(stranger.IsRunning());
        await keeper.TerminateAsync(ChildFixture.NoGrace, Cancellation);
        Assert.False(stranger.IsRunning());
    }

    public void Dispose() => _fixture.Dispose();

    /// <summary>A script that leaves a daemon: environment wiped, own session, parent gone, streams closed.</summary>
    static string Daemon(string ready, string then, string output = ">/dev/null 2>&1") =>
        $"(env -i setsid /bin/sh -c '{then}; echo $$ >{ready}; exec sleep 1000' {output} </dev/null &)";

    /// <summary>Takes over a child of somebody else that has ended, with its folder.</summary>
    async Task<ChildProcess> AdoptedAsync()
    {
        Directory.CreateDirectory(_fixture["work"]);
        using var gone = _fixture.Start("exit 0");
        await gone.Exit;
        await gone.SweepAsync(Cancellation);
        return ChildProcess.Adopt(
            gone.Identity, _fixture.Tag, [_fixture["work"]], _fixture["exit"], confined: false, TimeProvider.System);
    }

    /// <summary>A process under another name that has started one without tag and mark in the adopted folder.</summary>
    async Task<ChildProcess> KeeperAsync(string named, string variable)
    {
        var ready = await _fixture.Pipe("ready");
        return _fixture.Start(
            $"""
            cp /bin/sh ./{named}
            exec ./{named} -c 'cd work
              env -i {variable} /bin/sh -c "{Unmark}; echo \$\$ >{ready}; exec sleep 1000" >/dev/null 2>&1 & wait'
            """,
            spec => spec with { Tag = spec.Tag + "/keeper", ExitFile = null });
    }

    /// <summary>The process that has written its id into the pipe.</summary>
    static async Task<ProcessIdentity> Ready(string pipe)
    {
        var pid = int.Parse(await ChildFixture.Read(pipe), System.Globalization.CultureInfo.InvariantCulture);
        return Assert.NotNull(ProcessIdentity.Of(pid));
    }

    static async Task<LeakReport> SweptAway(ChildProcess child, ProcessIdentity process)
    {
        Assert.True(process.IsRunning());
        var leaks = await child.SweepAsync(Cancellation);

        Assert.Contains(process.Pid, leaks.Ended.Select(leak => leak.Pid));
        Assert.Empty(leaks.Remaining);
        Assert.False(process.IsRunning());
        return leaks;
    }
}
