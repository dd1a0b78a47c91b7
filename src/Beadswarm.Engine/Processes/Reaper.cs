using System.Globalization;
using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>
/// Collects the exit status of our children, exactly once each: of those we have started when their owner asks for it,
/// and of those we were given as orphans (<see cref="Subreaper"/>) as soon as they have ended.
/// </summary>
static unsafe class Reaper
{
    // siginfo_t: signal 0, errno 4, code 8, (64 bit: padding 12,) pid 16, uid 20, status 24.
    const int InfoBytes = 128;
    const int InfoCode = 8;
    const int InfoPid = 16;
    const int InfoStatus = 24;
    const int CodeExited = 1;

    static readonly HashSet<int> Spawned = [];

    /// <summary>
    /// Held from before a child is started until it is registered: one that ends at once must not be taken for an
    /// orphan.
    /// </summary>
    public static readonly Lock Births = new();

    /// <summary>A child was started here; only its owner reaps it. Only while holding <see cref="Births"/>.</summary>
    public static void Register(int pid) => Spawned.Add(pid);

    /// <summary>The children that were started here and are not reaped yet.</summary>
    public static IReadOnlySet<int> Registered()
    {
        lock (Births)
        {
            return Spawned.ToHashSet();
        }
    }

    /// <summary>How the ended child ended; it stays a zombie, so its number stays taken.</summary>
    public static ChildExit Peek(int pid) => Wait(pid, Libc.WaitExited | Libc.WaitLeaveZombie);

    /// <summary>How the ended child ended; its number is free from now on.</summary>
    public static ChildExit Reap(int pid)
    {
        var exit = Peek(pid);

        // At this point: nothing blocks any more. Under the lock, because the number may be given out again at once.
        lock (Births)
        {
            Spawned.Remove(pid);
            return exit is ChildExit.Unknown ? exit : Wait(pid, Libc.WaitExited);
        }
    }

    /// <summary>Whether a child of ours, whoever started it, has ended and is not reaped yet.</summary>
    public static bool AnyEnded()
    {
        var info = stackalloc byte[InfoBytes];
        return Libc.waitid(Libc.WaitForAll, 0, info, Libc.WaitExited | Libc.WaitLeaveZombie | Libc.WaitNoHang) == 0
            && *(int*)(info + InfoPid) != 0;
    }

    /// <summary>Reaps orphans that have ended. A child that was started here is left to its owner.</summary>
    public static void ReapOrphans(IEnumerable<int> pids)
    {
        var info = stackalloc byte[InfoBytes];
        foreach (var pid in pids)
        {
            lock (Births)
            {
                if (!Spawned.Contains(pid))
                {
                    _ = Libc.waitid(Libc.WaitForPid, pid, info, Libc.WaitExited | Libc.WaitNoHang);
                }
            }
        }
    }

    // Blocks only if called for a child that has not ended. Unknown when it is not (or no longer) our child.
    static ChildExit Wait(int pid, int options)
    {
        var info = stackalloc byte[InfoBytes];
        while (Libc.waitid(Libc.WaitForPid, pid, info, options) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                return new ChildExit.Unknown();
            }
        }

        if (*(int*)(info + InfoPid) != pid)
        {
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"waited for process {pid}, got another"));
        }

        var status = *(int*)(info + InfoStatus);
        return *(int*)(info + InfoCode) == CodeExited ? new ChildExit.Exited(status) : new ChildExit.Killed(status);
    }
}
