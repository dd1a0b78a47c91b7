using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>
/// Makes this process the one that orphans of its descendants are given to, instead of the first process of the
/// machine: what a program left behind on purpose stays recognisable as ours. Whoever is given orphans has to reap
/// them, so this does; the same goes for an orchestrator that is the first process of a container.
/// </summary>
static class Subreaper
{
    // Between the end of a child and the look for orphans: thousands of short git commands end one after the other.
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    static readonly Lazy<Timer> Pass = new(() => new Timer(_ => ReapOrphans()));
    static readonly Lazy<PosixSignalRegistration> Begun = new(Become);
    static int _asked;

    /// <summary>From now on orphans come here. Whoever supervises a child calls this first.</summary>
    public static void Begin() => _ = Begun.Value;

    static PosixSignalRegistration Become()
    {
        // Refused only by kernels before 3.4; then they go to the first process, and are found by tag and mark alone.
        _ = Libc.SetSubreaper();
        return PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Ask());
    }

    static void Ask()
    {
        if (Interlocked.Exchange(ref _asked, 1) == 0)
        {
            Pass.Value.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }

    static void ReapOrphans()
    {
        // An end from here on asks for another pass.
        Volatile.Write(ref _asked, 0);
        if (!Reaper.AnyEnded())
        {
            return;
        }

        var self = Environment.ProcessId;
        var session = ProcessTable.Find(self)?.Session;
        Reaper.ReapOrphans(
            ProcessTable.All()
                .Where(entry => entry.Zombie && LeakRules.IsOrphan(entry, self, session))
                .Select(entry => entry.Pid));
    }
}
