using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>
/// Tells when a descriptor becomes readable or writable. One thread and one epoll serve every child of this process:
/// a thread per wait would cost a megabyte of stack and several milliseconds for each of the thousands of short git
/// commands a run needs, and blocking thread-pool threads would starve the engine.
/// </summary>
static unsafe class DescriptorWatch
{
    const int BatchMax = 64;

    // struct epoll_event is packed on x86-64 only.
    static readonly int EntrySize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    static readonly int EntryKey = EntrySize - sizeof(long);

    static readonly ConcurrentDictionary<long, Action> Handlers = new();
    static readonly Lazy<int> Epoll = new(Begin);
    static long _lastKey;

    /// <summary>
    /// Calls <paramref name="ready"/> on the watching thread for as long as the descriptor is ready. It must neither
    /// block nor throw. Remove the watch before closing the descriptor.
    /// </summary>
    public static Watch Add(int descriptor, uint events, Action ready)
    {
        // A key is never reused, so a happening that was already on its way when its watch was removed finds nothing,
        // even if the number of the descriptor belongs to somebody else by then.
        var key = Interlocked.Increment(ref _lastKey);
        Handlers[key] = ready;
        var entry = stackalloc byte[EntrySize];
        *(uint*)entry = events;
        *(long*)(entry + EntryKey) = key;

        if (Libc.epoll_ctl(Epoll.Value, Libc.WatchAdd, descriptor, entry) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            Handlers.TryRemove(key, out _);
            throw new IOException($"cannot watch descriptor {descriptor}: {Libc.Describe(error)}");
        }

        return new Watch(descriptor, key);
    }

    static int Begin()
    {
        var epoll = Libc.epoll_create1(Libc.CloseOnExec);
        if (epoll < 0)
        {
            throw new IOException($"cannot create an epoll: {Libc.Describe(Marshal.GetLastPInvokeError())}");
        }

        new Thread(() => Loop(epoll)) { IsBackground = true, Name = "beadswarm processes" }.Start();
        return epoll;
    }

    static void Loop(int epoll)
    {
        var entries = stackalloc byte[EntrySize * BatchMax];
        while (true)
        {
            var count = Libc.epoll_wait(epoll, entries, BatchMax, -1);
            for (var i = 0; i < count; i++)
            {
                if (Handlers.TryGetValue(*(long*)(entries + (i * EntrySize) + EntryKey), out var ready))
                {
                    ready();
                }
            }
        }
    }

    /// <summary>One registration. Disposing it twice is the same as once.</summary>
    public sealed class Watch(int descriptor, long key) : IDisposable
    {
        public void Dispose()
        {
            if (Handlers.TryRemove(key, out _))
            {
                _ = Libc.epoll_ctl(Epoll.Value, Libc.WatchRemove, descriptor, null);
            }
        }
    }
}
