using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>
/// The system calls that starting, watching and ending processes needs; Linux, 64 bit. Numbers are the kernel's.
/// </summary>
static unsafe partial class Libc
{
    public const int OpenReadOnly = 0;
    public const int OpenWriteOnly = 1;
    public const int OpenCreate = 0x40;
    public const int OpenAppend = 0x400;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int SetStatusFlags = 4;

    public const short SpawnSignalDefaults = 0x04;
    public const short SpawnSignalMask = 0x08;
    public const short SpawnNewSession = 0x80;

    public const uint Readable = 0x001;
    public const uint Writable = 0x004;
    public const int WatchAdd = 1;
    public const int WatchRemove = 2;

    public const int Again = 11;
    public const int Interrupted = 4;
    public const int NoSuchProcess = 3;

    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    public const int SignalContinue = 18;

    public const int WaitForAll = 0;
    public const int WaitForPid = 1;
    public const int WaitNoHang = 1;
    public const int WaitExited = 4;
    public const int WaitLeaveZombie = 0x01000000;

    const uint OwnerReadWrite = 0x180;

    static readonly int NoFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    // glibc 2.34 and later. Without it a child also sees what somebody opened without close-on-exec.
    static readonly bool HasCloseFrom =
        NativeLibrary.TryLoad("libc.so.6", out var library)
        && NativeLibrary.TryGetExport(library, nameof(posix_spawn_file_actions_addclosefrom_np), out _);

    const int PathBytesMax = 4096;
    const int OptionSubreaper = 36;

    const long SystemCallSendSignal = 424;
    const long SystemCallOpenProcess = 434;

    /// <summary>A descriptor that becomes readable when the process, ours or not, ends.</summary>
    public static int OpenProcess(int pid) => (int)syscall(SystemCallOpenProcess, pid, 0, 0, 0);

    /// <summary>Signals exactly the process the descriptor was opened for, never one that took its number.</summary>
    public static int SendSignal(int processDescriptor, int signal) =>
        (int)syscall(SystemCallSendSignal, processDescriptor, signal, 0, 0);

    /// <summary>Closes, in the child, every descriptor from <paramref name="first"/> on.</summary>
    public static void CloseFrom(void* actions, int first)
    {
        if (HasCloseFrom)
        {
            _ = posix_spawn_file_actions_addclosefrom_np(actions, first);
        }
    }

    /// <summary>Orphans of our descendants are given to this process from now on. 0 when it worked.</summary>
    public static int SetSubreaper() => prctl(OptionSubreaper, 1, 0, 0, 0);

    /// <summary>The path without links, as the kernel shows it; the path itself when there is nothing.</summary>
    public static string RealPath(string path)
    {
        var buffer = stackalloc byte[PathBytesMax];
        return realpath(path, buffer) == null ? path : Marshal.PtrToStringUTF8((nint)buffer) ?? path;
    }

    /// <summary>Opens a file to read: no link is followed, and a pipe without a writer does not block.</summary>
    public static int OpenForReading(string path) =>
        open(path, OpenReadOnly | NonBlocking | CloseOnExec | NoFollow, 0);

    /// <summary>Opens a file, for its owner alone, so that every write goes to its end.</summary>
    public static int OpenForAppending(string path) =>
        open(path, OpenWriteOnly | OpenCreate | OpenAppend | CloseOnExec, OwnerReadWrite);

    public static string Describe(int error) => $"{Marshal.GetPInvokeErrorMessage(error)} (errno {error})";

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long a, long b, long c, long d);

    [LibraryImport("libc")]
    public static partial int posix_spawn(
        out int pid, byte* file, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addopen(
        void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(void* actions, int descriptor, int target);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addchdir_np(void* actions, byte* path);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int first);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(void* attributes, void* mask);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(void* attributes, void* mask);

    [LibraryImport("libc")]
    public static partial int sigemptyset(void* mask);

    [LibraryImport("libc")]
    public static partial int sigfillset(void* mask);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* realpath(string path, byte* resolved);

    [LibraryImport("libc")]
    public static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* descriptors, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int dup2(int descriptor, int target);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int kind, int id, byte* info, int options);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* happening);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* happenings, int count, int milliseconds);
}
