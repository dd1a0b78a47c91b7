using System.Globalization;
using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>How a child process ended, as data.</summary>
abstract record ChildExit
{
    ChildExit() { }

    /// <summary>It returned this code.</summary>
    public sealed record Exited(int Code) : ChildExit;

    /// <summary>A signal ended it.</summary>
    public sealed record Killed(int Signal) : ChildExit;

    /// <summary>It is gone, and nobody recorded how.</summary>
    public sealed record Unknown : ChildExit;

    /// <summary>Reads what a shell calls an exit status, where a signal is 128 + its number.</summary>
    public static ChildExit FromShell(int status) =>
        IsDeadlySignal(status - 128) ? new Killed(status - 128) : new Exited(status);

    // A shell cannot tell "ended by signal 15" from "returned 143"; the two mean the same. But only signals that in
    // practice end a process are read so: programs do return other codes above 128 (HTTP status mod 256, for example).
    // 131 is how the .NET launcher says that it found no runtime.
    static bool IsDeadlySignal(int number) =>
        number is 1 or 2 or 4 or 6 or 7 or 8 or 9 or 11 or 13 or 14 or 15 or 24 or 25 or 31;
}

/// <summary>Collects the exit status of our own children, exactly once each.</summary>
static unsafe class Reaper
{
    // siginfo_t: signal 0, errno 4, code 8, (64 bit: padding 12,) pid 16, uid 20, status 24.
    const int InfoBytes = 128;
    const int InfoCode = 8;
    const int InfoPid = 16;
    const int InfoStatus = 24;
    const int CodeExited = 1;

    /// <summary>How the ended child ended; it stays a zombie, so its number stays taken.</summary>
    public static ChildExit Peek(int pid) => Wait(pid, Libc.WaitExited | Libc.WaitLeaveZombie);

    /// <summary>How the ended child ended; its number is free from now on.</summary>
    public static ChildExit Reap(int pid) => Wait(pid, Libc.WaitExited);

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
