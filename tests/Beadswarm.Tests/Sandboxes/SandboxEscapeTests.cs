using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;
using Beadswarm.Tests.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Sandboxes;

/// <summary>Agents in a real sandbox: they work, and what they try beyond their work fails.</summary>
public sealed class SandboxEscapeTests
{
    static CancellationToken Cancel => GitSandbox.Cancel;

    [Fact]
    public async Task An_agent_in_a_sandbox_works_commits_on_its_branch_and_says_its_verdict()
    {
        using var box = await SandboxFixture.CreateAsync();

        var (outcome, output) = await box.RunAsync(
            """
            set -e
            cat "$BEADSWARM_PROMPT" -; echo 2 >a.txt; mkdir new; echo 3 >new/b.txt
            git add -A; git commit -qm work; git log --format=%s -1; git status --porcelain
            echo contract >"$BEADSWARM_CONTEXT/contract.md"; echo x >/tmp/x; echo y >"$TMPDIR/y"; echo z >~/z
            ~/.cargo/bin/tool 2>/dev/null || sh ~/.cargo/bin/tool
            echo session >>~/.claude/sessions
            echo '{"verdict":"pass"}' >"$BEADSWARM_RESULT"
            """);

        Assert.True(outcome.End is AgentEnd.Finished { Verdict.Passed: true }, output);
        Assert.Equal("do itdo itwork\ntool\n", output);
        Assert.Equal("work", await box.Git.GitAsync(box.HubFolder, "log", "-1", "--format=%s", "agent-1/bd-1"));
        Assert.Equal("contract\n", GitSandbox.Text(box.Files.Context, "contract.md"));
        Assert.Equal("session\n", GitSandbox.Text(box.Home, ".claude/sessions"));
        Assert.Null(GitSandbox.Text(box.Home, "z"));
        Assert.True(outcome.Leaks.Clean, outcome.Leaks.Names);
    }

    [Fact]
    public async Task What_is_not_its_own_an_agent_cannot_change()
    {
        using var box = await SandboxFixture.CreateAsync();
        var admin = (await File.ReadAllTextAsync(box.Written(".git"), Cancel)).Trim()["gitdir: ".Length..];
        string[] files =
        [
            $"{box.User}/a.txt", $"{box.User}/.beads/issues.jsonl", $"{box.User}/.beadswarm/swarm.db",
            $"{box.User}/.git/config", $"{box.User}/.git/refs/heads/main", $"{box.Other.Path}/a.txt",
            $"{box.HubFolder}/config", $"{box.HubFolder}/beadswarm-hooks/pre-commit",
            $"{box.HubFolder}/refs/heads/agent-2/bd-2", $"{box.HubFolder}/refs/heads/agent-1/bd-0",
            $"{box.HubFolder}/objects/info/alternates", box.Written(".git"), $"{admin}/commondir", $"{admin}/gitdir",
            $"{admin}/beadswarm-branch", $"{box.Home}/.claude/settings.json", "/etc/hostname",
            "/proc/sys/kernel/core_pattern",
        ];
        var before = files.Select(Content).ToArray();

        // In place, by a new file in its place, by its removal, and by taking its folder away. What succeeds in an
        // empty folder of the sandbox's own changes nothing outside.
        var (outcome, output) = await box.RunAsync(string.Join('\n', files.Select(file =>
            $"""
            echo broken >'{file}'; echo broken >'{file}.new'; mv -f '{file}.new' '{file}'; rm -f '{file}'
            mv '{Path.GetDirectoryName(file)}' /tmp/away
            """)) + "\nmount -o remount,rw,bind /; echo broken >/etc/hostname; exit 0");

        Assert.True(outcome.End is AgentEnd.Finished, output);
        for (var i = 0; i < files.Length; i++)
        {
            Assert.True(before[i] == Content(files[i]), $"{files[i]}\n{output}");
        }
    }

    [Fact]
    public async Task Secrets_of_the_home_folder_the_checkout_and_other_agents_are_not_there()
    {
        using var box = await SandboxFixture.CreateAsync();
        string[] secrets =
        [
            $"{box.Home}/.ssh/id", $"{box.User}/.env", $"{box.User}/.git/config", $"{box.User}/.beadswarm/swarm.db",
            $"{box.User}/.beadswarm/sessions/bd-2/1-implement-1/prompt.md", $"{box.Other.Path}/a.txt",
        ];
        Assert.All(secrets, secret => Assert.True(File.Exists(secret), secret));

        var (_, output) = await box.RunAsync(
            $"cat {string.Join(' ', secrets)} 2>/dev/null; ls -A /tmp ~ {box.User} /run; find / -name id -path '*ssh*' "
            + "2>/dev/null");

        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.DoesNotContain("of another agent", output, StringComparison.Ordinal);
        Assert.DoesNotContain("store", output, StringComparison.Ordinal);
        Assert.DoesNotContain(".ssh", output, StringComparison.Ordinal);
        Assert.DoesNotContain("swarm.db", output, StringComparison.Ordinal);
        Assert.Contains(".cargo", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "in")]
    [InlineData(false, "out")]
    public async Task Without_network_nothing_is_reached_not_even_the_machine_itself(bool network, string expected)
    {
        using var box = await SandboxFixture.CreateAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        var (_, output) = await box.RunAsync(
            $"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo in || echo out; "
            + "tail -n +3 /proc/net/dev | grep -cv '^ *lo:'",
            network);

        Assert.StartsWith(expected, output, StringComparison.Ordinal);
        Assert.Equal(network, listener.Pending());
        Assert.True(network || output.EndsWith("\n0\n", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task A_daemon_that_sheds_everything_dies_with_its_sandbox()
    {
        using var box = await SandboxFixture.CreateAsync();
        var alive = await box.Children.Pipe("alive");
        var pipe = box.Written("alive");
        File.Move(alive, pipe);
        var held = Task.Run(() => File.ReadAllText(pipe), Cancel);

        var (outcome, output) = await box.RunAsync(
            """
            exec 9>alive
            (setsid env -i /bin/sh -c 'ulimit -S -x unlimited 2>/dev/null || ulimit -S -w unlimited; cd /
              (trap "" TERM HUP INT; echo up >&9; exec sleep 1000) >/dev/null 2>&1 &' &)
            exec 9>&-; until grep -qs '^sleep' /proc/[0-9]*/comm; do :; done
            """);

        // The pipe ends when the last process that holds it open has ended.
        Assert.Equal("up\n", await held.WaitAsync(SandboxFixture.Patience, Cancel));
        Assert.True(outcome.End is AgentEnd.Finished, output);
        Assert.Empty(outcome.Leaks.Remaining);
    }

    [Fact]
    public async Task An_agent_sees_no_process_but_its_own_so_it_neither_ends_nor_reads_others()
    {
        using var box = await SandboxFixture.CreateAsync();
        using var stranger = box.Children.Start(
            "exec sleep 1000", spec => spec with { Tag = $"{box.Children.Tag}/no" });
        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

        var (outcome, output) = await box.RunAsync(
            $"""
            kill -KILL {stranger.Identity.Pid} {self} 2>&1; gdb -p {self} 2>/dev/null; strace -p {self} 2>/dev/null
            kill -KILL -1; kill -KILL 1; exit 0
            """);

        Assert.True(outcome.End is AgentEnd.Finished, output);
        Assert.Contains("No such process", output, StringComparison.Ordinal);
        Assert.False(stranger.Exit.IsCompleted);
        await stranger.TerminateAsync(ChildFixture.NoGrace, Cancel);
    }

    [Fact]
    public async Task An_agent_in_a_sandbox_that_is_asked_to_end_can_still_end_in_its_own_way()
    {
        using var box = await SandboxFixture.CreateAsync();
        var ready = await ReadyPipe(box);
        var session = await box.StartAsync(
            "trap 'echo bye; exit 5' TERM; sleep 1000 & echo yes >ready; wait");
        await Ready(ready);

        await session.TerminateAsync("the swarm stops", Cancel);

        Assert.Equal(new AgentEnd.Killed("the swarm stops"), (await session.WaitAsync(Cancel)).End);
        Assert.Equal("bye\n", await File.ReadAllTextAsync(box.Files.Stdout, Cancel));
        Assert.Equal("5", (await File.ReadAllTextAsync(box.Files.Exit, Cancel)).Trim());
        Assert.Empty(ProcessSweep.Members(box.Children.Tag));
    }

    [Fact]
    public async Task An_agent_in_a_sandbox_that_does_not_end_is_killed_with_all_that_is_in_it()
    {
        using var box = await SandboxFixture.CreateAsync();
        var ready = await ReadyPipe(box);
        var session = await box.StartAsync(
            "trap '' TERM; (setsid setsid sleep 1000 &) ; echo yes >ready; while :; do sleep 1000; done",
            limits: limits => limits with { Grace = ChildFixture.NoGrace });
        await Ready(ready);

        await session.TerminateAsync("the swarm stops", Cancel);

        Assert.Equal(new AgentEnd.Killed("the swarm stops"), (await session.WaitAsync(Cancel)).End);
        Assert.Empty(ProcessSweep.Members(box.Children.Tag));
    }

    [Fact]
    public async Task A_living_agent_in_a_sandbox_is_adopted_and_asked_to_end_by_the_next_orchestrator()
    {
        using var box = await SandboxFixture.CreateAsync();
        var ready = await ReadyPipe(box);
        var first = await box.StartAsync("trap 'echo bye; exit 5' TERM; sleep 1000 & echo yes >ready; wait");
        await Ready(ready);

        var adopted = await box.Host().TryAdoptAsync(first.Process!, Cancel); // it was started
        await adopted!.TerminateAsync("the swarm stops", Cancel);

        Assert.Equal(new AgentEnd.Killed("the swarm stops"), (await adopted.WaitAsync(Cancel)).End);
        Assert.Equal("bye\n", await File.ReadAllTextAsync(box.Files.Stdout, Cancel));
    }

    [Fact]
    public async Task An_agent_in_a_sandbox_that_ended_while_nobody_watched_is_adopted_with_its_exit_code()
    {
        using var box = await SandboxFixture.CreateAsync();
        var session = await box.StartAsync("exit 6");
        await session.WaitAsync(Cancel);

        var adopted = await box.Host().TryAdoptAsync(session.Process!, Cancel); // it was started

        Assert.Equal(6, Assert.IsType<AgentEnd.Failed>((await adopted!.WaitAsync(Cancel)).End).ExitCode);
    }

    [Fact]
    public async Task Memory_used_in_a_sandbox_counts()
    {
        using var box = await SandboxFixture.CreateAsync();

        var (outcome, _) = await box.RunAsync(
            "head -c 67108864 /dev/zero | tail -c 67108864 | (sleep 1000; cat)",
            limits: limits => limits with { MemoryBytesMax = 50_000_000, Grace = ChildFixture.NoGrace });

        Assert.Contains(
            "tail -c", Assert.IsType<AgentEnd.MemoryLimit>(outcome.End).Largest, StringComparison.Ordinal);
        Assert.Empty(ProcessSweep.Members(box.Children.Tag));
    }

    [Fact]
    public async Task A_machine_without_bubblewrap_and_one_that_forbids_it_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        var path = new Dictionary<string, string> { ["PATH"] = folder.Path };
        var missing = await Bubblewrap.FindAsync(path, TimeProvider.System, Cancel);
        await File.WriteAllTextAsync(
            folder["bwrap"],
            "#!/bin/sh\n[ \"$1\" = --version ] && echo bubblewrap 0.8.0 && exit\necho no permission >&2; exit 1\n",
            Cancel);
        File.SetUnixFileMode(folder["bwrap"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var broken = await Bubblewrap.FindAsync(path, TimeProvider.System, Cancel);

        Assert.IsType<SandboxFinding.Missing>(missing);
        Assert.Contains("apt-get install bubblewrap", missing.Trouble?.Remedy, StringComparison.Ordinal);
        Assert.Contains("bubblewrap 0.8.0 cannot make one", broken.Trouble?.Cause, StringComparison.Ordinal);
        Assert.Contains("no permission", broken.Trouble?.Value, StringComparison.Ordinal);
    }

    static Task<string> Ready(string pipe) =>
        Task.Run(() => File.ReadAllText(pipe), Cancel).WaitAsync(SandboxFixture.Patience, Cancel);

    static string Content(string file) => Convert.ToHexString(File.ReadAllBytes(file));

    static async Task<string> ReadyPipe(SandboxFixture box)
    {
        var ready = box.Written("ready");
        File.Move(await box.Children.Pipe("ready"), ready);
        return ready;
    }
}
