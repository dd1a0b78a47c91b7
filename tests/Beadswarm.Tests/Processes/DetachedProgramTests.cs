using Beadswarm.Processes;
using Beadswarm.Tests.Support;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Processes;

/// <summary>A program that outlives whoever started it says when it is up, or why it is not.</summary>
public sealed class DetachedProgramTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task It_goes_on_in_a_session_of_its_own_after_it_said_that_it_is_up()
    {
        using var go = new Fifo(_folder["go"]);
        using var done = new Fifo(_folder["done"]);

        var started = await StartAsync("echo warming up; printf '\\006'; read x < go; echo $x > done");

        var up = Assert.IsType<DetachedStart.Up>(started);
        var entry = ProcessTable.Find(up.Process.Pid)!.Value;
        Assert.Equal((up.Process.Pid, up.Process.Pid), (entry.Session, entry.Group));
        go.Write("on");
        Assert.Equal("on", await done.LineAsync());
    }

    [Fact]
    public async Task One_that_ends_before_is_refused_with_its_own_words_and_exit_code()
    {
        var refused = Assert.IsType<DetachedStart.Refused>(await StartAsync("echo one; echo two >&2; exit 7"));

        Assert.Equal((new ChildExit.Exited(7), "one\ntwo\n"), (refused.Exit, refused.Said));
    }

    [Fact]
    public async Task One_that_is_killed_before_is_refused() =>
        Assert.Equal(
            new ChildExit.Killed(9), Assert.IsType<DetachedStart.Refused>(await StartAsync("kill -9 $$")).Exit);

    [Fact]
    public async Task Giving_up_the_wait_ends_it()
    {
        using var arrived = new Fifo(_folder["arrived"]);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var starting = StartAsync("echo $$ > arrived; exec sleep 600", given.Token);
        var pid = int.Parse(await arrived.LineAsync(), System.Globalization.CultureInfo.InvariantCulture);

        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.Null(ProcessTable.Find(pid));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_said_at_once() =>
        await Assert.ThrowsAsync<ProcessStartException>(() => DetachedProgram.StartAsync(
            new DetachedSpec("no-such-program", [], _folder.Path, SwarmRepository.Environment),
            TestContext.Current.CancellationToken));

    Task<DetachedStart> StartAsync(string script, CancellationToken? cancellationToken = null) =>
        DetachedProgram.StartAsync(
            new DetachedSpec("sh", ["-c", script], _folder.Path, SwarmRepository.Environment),
            cancellationToken ?? TestContext.Current.CancellationToken);

    public void Dispose() => _folder.Dispose();
}
