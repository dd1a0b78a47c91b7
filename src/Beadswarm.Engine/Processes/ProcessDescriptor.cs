using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>Holds on to one process, ours or not: signals reach that one only, and its end is noticed.</summary>
sealed class ProcessDescriptor : IDisposable
{
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock _lock = new();
    readonly DescriptorWatch.Watch _watch;
    readonly int _descriptor;
    bool _closed;

    ProcessDescriptor(int descriptor)
    {
        _descriptor = descriptor;
        try
        {
            _watch = DescriptorWatch.Add(descriptor, Libc.Readable, OnEnd);
        }
        catch
        {
            _ = Libc.close(descriptor);
            throw;
        }
    }

    /// <summary>Completes when the process has ended, be it a zombie or reaped.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Opens the process, or returns null when it is gone or its id belongs to another one.</summary>
    /// <exception cref="IOException">Out of descriptors.</exception>
    public static ProcessDescriptor? TryOpen(int pid, long startTicks)
    {
        var descriptor = Libc.OpenProcess(pid);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == Libc.NoSuchProcess
                ? null
                : throw new IOException($"cannot watch process {pid}: {Libc.Describe(error)}");
        }

        // Only a look after opening proves which process was opened.
        if (ProcessTable.Find(pid)?.StartTicks != startTicks)
        {
            _ = Libc.close(descriptor);
            return null;
        }

        return new ProcessDescriptor(descriptor);
    }

    public void Signal(int signal)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _ = Libc.SendSignal(_descriptor, signal);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _watch.Dispose();
            _ = Libc.close(_descriptor);
        }
    }

    void OnEnd()
    {
        // May run before the constructor has stored the watch; the task is what the others look at.
        _ended.TrySetResult();
        lock (_lock)
        {
            _watch?.Dispose();
        }
    }
}
