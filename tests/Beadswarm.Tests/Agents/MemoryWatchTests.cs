using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Tests.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

public sealed class MemoryWatchTests : IDisposable
{
    const int Sharers = 12;

    readonly ChildFixture _fixture = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Memory_that_processes_share_is_counted_once()
    {
        using var child = await SharersAsync();
        var look = child.Look();
        var real = look.Members.Sum(member => ProcessTable.ProportionalMemoryBytes(member.Pid) ?? 0);
        Assert.InRange(real, 1, look.MemoryBytes / 2);

        Assert.Null(new MemoryWatch(child.Look, look.MemoryBytes * 2 / 3, TimeProvider.System).Look());
        Assert.NotNull(new MemoryWatch(child.Look, real / 2, TimeProvider.System).Look());

        await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    [Fact]
    public async Task Without_a_limit_the_tree_is_looked_at_all_the_same_and_never_ended()
    {
        using var child = await SharersAsync();

        Assert.Null(new MemoryWatch(child.Look, null, TimeProvider.System).Look());

        await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    [Fact]
    public async Task It_looks_once_in_a_while()
    {
        var time = new FakeTime();
        using var child = await SharersAsync();
        var watch = new MemoryWatch(child.Look, 1, time);
        Assert.NotNull(watch.Look());

        Assert.Null(watch.Look());

        time.Advance(MemoryWatch.Period);
        Assert.NotNull(watch.Look());
        await child.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    public void Dispose() => _fixture.Dispose();

    /// <summary>Many copies of one program, which share nearly all they have.</summary>
    async Task<ChildProcess> SharersAsync()
    {
        var ready = await _fixture.Pipe("ready");
        await _fixture.Pipe("never");
        var child = _fixture.Start(
            $"exec 3>{ready}; for i in $(seq {Sharers}); do sh -c 'echo here >&3; exec 3>&-; read line <never' & done; "
            + "exec 3>&-; wait");
        Assert.Equal(Sharers, (await ChildFixture.Read(ready)).Split('\n').Length);
        return child;
    }
}
