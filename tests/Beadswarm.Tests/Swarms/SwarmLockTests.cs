using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

public sealed class SwarmLockTests
{
    static readonly SwarmHolder Holder = new(4711, "night", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Only_one_swarm_of_a_machine_holds_the_lock()
    {
        using var folder = new TemporaryFolder();
        var paths = new SwarmPaths(folder.Path);
        using (SwarmLock.Take(paths, Holder))
        {
            Assert.Equal(Holder, Assert.Throws<SwarmHeldException>(() => SwarmLock.Take(paths, Holder)).Holder);
        }

        using var again = SwarmLock.Take(paths, Holder);
        Assert.Equal(Holder, SwarmLock.ReadHolder(paths));
    }
}
