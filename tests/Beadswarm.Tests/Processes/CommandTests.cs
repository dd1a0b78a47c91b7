using System.Text;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Processes;

public sealed class CommandTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Exit_code_and_both_outputs_are_returned()
    {
        var result = await Sh("echo out; echo err >&2; exit 7");

        Assert.Equal(7, result.ExitCode);
        Assert.Equal("out\n", Encoding.UTF8.GetString(result.Stdout));
        Assert.Equal("err\n", Encoding.UTF8.GetString(result.Stderr));
    }

    [Fact]
    public async Task A_signal_is_128_and_its_number() =>
        Assert.Equal(128 + 9, (await Sh("kill -KILL $$")).ExitCode);

    [Fact]
    public async Task Large_input_and_large_output_at_once_do_not_deadlock()
    {
        var input = new byte[5_000_000];
        Random.Shared.NextBytes(input);

        var result = await Sh("cat", spec => spec with { StandardInput = input });

        Assert.Equal(input, result.Stdout);
    }

    [Fact]
    public async Task A_command_that_does_not_read_its_input_still_ends_well()
    {
        var result = await Sh("exit 0", spec => spec with { StandardInput = new byte[5_000_000] });

        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Without_input_it_reads_the_end_at_once() => Assert.Empty((await Sh("cat")).Stdout);

    [Fact]
    public async Task Nothing_of_our_environment_is_inherited()
    {
        var result = await Sh("env", spec => spec with
        {
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["ONLY"] = "ä = this" },
        });

        var names = Encoding.UTF8.GetString(result.Stdout).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["BEADSWARM_TAG=beadswarm-command", "ONLY=ä = this", "PATH=/usr/bin:/bin", "PWD=" + _folder.Path],
            names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Arguments_arrive_untouched()
    {
        string[] arguments = ["a b", "", "$HOME `x` 'q' \"d\"", "*", "ü\n"];

        var result = await Command.RunAsync(
            Spec() with { FileName = "/usr/bin/printf", Arguments = ["%s|", .. arguments] },
            TestContext.Current.CancellationToken);

        Assert.Equal(string.Concat(arguments.Select(a => a + "|")), Encoding.UTF8.GetString(result.Stdout));
    }

    [Fact]
    public async Task It_runs_in_its_working_directory_and_in_a_session_of_its_own()
    {
        var result = await Sh("pwd -P; ps -o pid=,pgid=,sid= -p $$ | tr -s ' '");

        var lines = Encoding.UTF8.GetString(result.Stdout).Split('\n');
        Assert.Equal(_folder.Path, lines[0]);
        Assert.Single(lines[1].Trim().Split(' ').Distinct());
    }

    [Fact]
    public async Task Signals_that_we_ignore_are_not_ignored_by_the_command()
    {
        // The runtime ignores SIGPIPE. With it ignored, "yes" would complain and exit 1 instead of dying of the signal.
        var result = await Sh("{ yes; echo $? >&2; } | head -n 1 >/dev/null");

        Assert.Equal("141\n", Encoding.UTF8.GetString(result.Stderr));
    }

    [Fact]
    public async Task No_descriptor_but_the_three_streams_is_inherited()
    {
        using var open = File.Create(_folder["held"]);

        var result = await Sh("ls /proc/self/fd | wc -l");

        // ls itself opens the folder that it lists.
        Assert.Equal("4", Encoding.UTF8.GetString(result.Stdout).Trim());
    }

    [Fact]
    public async Task A_grandchild_that_holds_the_pipe_is_killed_with_the_group()
    {
        var result = await Sh("sleep 1000 & echo $!");

        var pid = Encoding.UTF8.GetString(result.Stdout).Trim();
        await Ends(pid);
    }

    [Fact]
    public async Task A_grandchild_that_left_the_group_and_holds_the_pipe_is_not_waited_for()
    {
        var result = await Sh(
            "setsid sleep 1000 & echo $!; while ! [ \"$(ps -o sid= -p $! | tr -d ' ')\" = $! ]; do :; done");

        var pid = Encoding.UTF8.GetString(result.Stdout).Trim();
        Assert.True(ProcessIdentity.Of(int.Parse(pid))!.Value.IsRunning());
        await Sh($"kill -KILL {pid}");
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_ended()
    {
        var failure = await Assert.ThrowsAsync<CommandException>(
            () => Sh("sleep 1000", spec => spec with { Timeout = TimeSpan.FromMilliseconds(50) }));

        Assert.Equal(CommandFailure.TimedOut, failure.Failure);
        Assert.Contains("sleep 1000", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_says_too_much_is_ended()
    {
        var failure = await Assert.ThrowsAsync<CommandException>(
            () => Sh("yes", spec => spec with { OutputBytesMax = 100_000 }));

        Assert.Equal(CommandFailure.OutputTooLarge, failure.Failure);
    }

    [Fact]
    public async Task Of_a_long_standard_error_the_end_is_kept()
    {
        var result = await Sh("seq 1 100000 >&2", spec => spec with { ErrorBytesMax = 7 });

        Assert.Equal("100000\n", Encoding.UTF8.GetString(result.Stderr));
    }

    [Fact]
    public async Task Cancelling_ends_the_whole_group()
    {
        using var cancel = new CancellationTokenSource();
        var fifo = _folder["started"];
        await Sh($"mkfifo {fifo}");

        var running = Command.RunAsync(
            Spec() with { Arguments = ["-c", $"sleep 1000 & echo $! >{fifo}; wait"] }, cancel.Token);
        var pid = (await Sh($"cat {fifo}")).Stdout;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Ends(Encoding.UTF8.GetString(pid).Trim());
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named_with_the_path_it_was_looked_for_on()
    {
        var failure = await Assert.ThrowsAsync<ProcessStartException>(
            () => Command.RunAsync(Spec() with { FileName = "no-such-program" }, CancellationToken.None));

        Assert.Contains("'no-such-program' was not found", failure.Message, StringComparison.Ordinal);
        Assert.Contains("/usr/bin:/bin", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task A_missing_working_directory_is_named()
    {
        var failure = await Assert.ThrowsAsync<ProcessStartException>(
            () => Sh("true", spec => spec with { WorkingDirectory = _folder["gone"] }));

        Assert.Contains("working directory", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hundred_commands_at_once_neither_mix_nor_leak()
    {
        var before = Directory.GetFiles("/proc/self/fd").Length;

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Sh($"cat; echo {i}", spec => spec with
        {
            StandardInput = Encoding.UTF8.GetBytes($"{i} "),
        })));

        Assert.All(results.Index(), result =>
            Assert.Equal($"{result.Index} {result.Index}\n", Encoding.UTF8.GetString(result.Item.Stdout)));
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 100);
    }

    public void Dispose() => _folder.Dispose();

    // A killed process closes its files a moment before it is gone.
    static async Task Ends(string pid)
    {
        if (ProcessIdentity.Of(int.Parse(pid)) is { } identity
            && ProcessDescriptor.TryOpen(identity.Pid, identity.StartTicks) is { } process)
        {
            using (process)
            {
                await process.Ended.WaitAsync(ChildFixture.Patience, TestContext.Current.CancellationToken);
            }
        }
    }

    Task<CommandResult> Sh(string script, Func<CommandSpec, CommandSpec>? change = null) =>
        Command.RunAsync(
            (change ?? (spec => spec))(Spec() with { Arguments = ["-c", script] }),
            TestContext.Current.CancellationToken);

    CommandSpec Spec() => new()
    {
        FileName = "/bin/sh",
        WorkingDirectory = _folder.Path,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
    };
}
