using System.Text.Json;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>A living swarm and a killed one are told apart by the process itself, not by its number.</summary>
public sealed class SwarmPresenceTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    SwarmPaths Paths => new(_folder.Path);

    [Fact]
    public void Nobody_is_absent() => Assert.IsType<SwarmPresence.Absent>(SwarmPresence.Look(Paths));

    [Fact]
    public void A_holder_of_the_lock_is_living_and_absent_when_it_let_go()
    {
        using (SwarmLock.Take(Paths, SwarmHolder.OfThisProcess("run", TimeProvider.System)))
        {
            var living = Assert.IsType<SwarmPresence.Living>(SwarmPresence.Look(Paths));
            Assert.Equal(Environment.ProcessId, living.Holder.Pid);
        }

        Assert.IsType<SwarmPresence.Absent>(SwarmPresence.Look(Paths));
    }

    [Fact]
    public void A_process_that_took_the_number_of_a_killed_one_is_not_the_swarm()
    {
        var ours = SwarmHolder.OfThisProcess("run", TimeProvider.System);
        var process = ours.Process!.Value; // of a process that runs
        Write(ours with { Process = process with { StartTicks = process.StartTicks - 1 } });

        Assert.IsType<SwarmPresence.Dead>(SwarmPresence.Look(Paths));
    }

    [Fact]
    public void A_swarm_from_before_a_reboot_is_dead()
    {
        var ours = SwarmHolder.OfThisProcess("run", TimeProvider.System);
        Write(ours with { Process = ours.Process!.Value with { BootId = "another boot" } });

        Assert.IsType<SwarmPresence.Dead>(SwarmPresence.Look(Paths));
    }

    [Fact]
    public void A_verb_that_holds_the_lock_for_a_moment_is_no_swarm()
    {
        using var held = SwarmLock.Take(Paths, SwarmHolder.OfThisProcess("clean", TimeProvider.System));

        Assert.IsType<SwarmPresence.Absent>(SwarmPresence.Look(Paths));
        var refused = Assert.Throws<SwarmHeldException>(
            () => SwarmLock.Take(Paths, SwarmHolder.OfThisProcess("run", TimeProvider.System)));
        Assert.StartsWith("'beadswarm clean' is at work", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_of_an_older_version_is_read_by_its_number_alone()
    {
        Write(new SwarmHolder(Environment.ProcessId, Environment.MachineName, DateTimeOffset.UnixEpoch));

        Assert.IsType<SwarmPresence.Living>(SwarmPresence.Look(Paths));
    }

    void Write(SwarmHolder holder)
    {
        Directory.CreateDirectory(Paths.Folder);
        File.WriteAllText(Paths.Holder, JsonSerializer.Serialize(holder));
    }

    public void Dispose() => _folder.Dispose();
}
