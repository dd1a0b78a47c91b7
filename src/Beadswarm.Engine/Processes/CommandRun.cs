using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>
/// One command between start and end. The watching thread moves its bytes; a lock guards the fields that stopping it
/// touches from other threads. The child is not reaped, so its id stays taken, until nothing signals it any more.
/// </summary>
sealed unsafe class CommandRun(CommandSpec spec)
{
    const int BufferBytes = 64 * 1024;

    // One talkative command must not keep the watching thread from the others.
    const int BytesPerTurnMax = 1024 * 1024;

    // git removes its lock files when it is asked to end, and leaves them when it is killed.
    static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(2);

    // How long a process that left the group may keep the output open after the command has ended.
    static readonly TimeSpan DrainMax = TimeSpan.FromMilliseconds(250);

    readonly Lock _lock = new();
    readonly TaskCompletionSource<CommandResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly OutputBuffer _stdout = new(spec.OutputBytesMax);
    readonly OutputBuffer _stderr = new(spec.ErrorBytesMax);
    Stream? _input;
    Stream? _output;
    Stream? _error;
    Stream? _process;
    ITimer? _timeout;
    ITimer? _patience;
    Exception? _stoppedBy;
    int _pid;
    int _written;
    bool _exited;
    bool _finished;

    public Task<CommandResult> Result => _result.Task;

    public void Begin()
    {
        Pipe? input = null, output = null, error = null;
        lock (_lock)
        {
            try
            {
                input = spec.StandardInput.IsEmpty ? null : Pipe.Open(weRead: false);
                output = Pipe.Open(weRead: true);
                error = Pipe.Open(weRead: true);
                _pid = Spawn.Start(new SpawnRequest(
                    spec.FileName,
                    spec.Arguments,
                    new Dictionary<string, string>(spec.Environment)
                    {
                        [ProcessSweep.TagVariable] = spec.Tag,
                    },
                    spec.WorkingDirectory,
                    input is null ? SpawnStream.Nothing : new SpawnStream.Descriptor(input.ReadEnd),
                    new SpawnStream.Descriptor(output.WriteEnd),
                    new SpawnStream.Descriptor(error.WriteEnd)));
            }
            catch
            {
                input?.CloseBoth();
                output?.CloseBoth();
                error?.CloseBoth();
                throw;
            }

            _ = Libc.close(output.WriteEnd);
            _ = Libc.close(error.WriteEnd);
            _output = new Stream(output.ReadEnd);
            _error = new Stream(error.ReadEnd);
            if (input is not null)
            {
                _ = Libc.close(input.ReadEnd);
                _input = new Stream(input.WriteEnd);
            }

            WatchOrKill();
        }
    }

    /// <summary>Asks the group to end, and kills it when it does not. Only the first reason counts.</summary>
    public void Stop(Exception reason)
    {
        lock (_lock)
        {
            if (_finished || _exited || _stoppedBy is not null)
            {
                return;
            }

            _stoppedBy = reason;
            _ = Libc.kill(-_pid, Libc.SignalTerminate);
            _patience = spec.TimeProvider.CreateTimer(
                static state => ((CommandRun)state!).Kill(), this, KillAfter, Timeout.InfiniteTimeSpan);
        }
    }

    void WatchOrKill()
    {
        try
        {
            _process = Stream.OfProcess(_pid);
            _output!.Watch(Libc.Readable, () => OnReadable(_stdout, ref _output));
            _error!.Watch(Libc.Readable, () => OnReadable(_stderr, ref _error));
            _input?.Watch(Libc.Writable, OnWritable);
            _process.Watch(Libc.Readable, OnExit);
            _timeout = spec.TimeProvider.CreateTimer(
                static state => ((CommandRun)state!).TimeOut(), this, spec.Timeout, Timeout.InfiniteTimeSpan);
        }
        catch
        {
            // Out of descriptors or watches: what cannot be watched must not run.
            _ = Libc.kill(-_pid, Libc.SignalKill);
            _ = Reaper.Reap(_pid);
            _exited = _finished = true;
            CloseAll();
            throw;
        }
    }

    void CloseAll()
    {
        _input?.Close();
        _output?.Close();
        _error?.Close();
        _process?.Close();
    }

    void TimeOut() => Stop(new CommandException(
        $"'{spec.FileName} {string.Join(' ', spec.Arguments)}' in '{spec.WorkingDirectory}' was ended: "
            + $"not done after {spec.Timeout.TotalSeconds:0.#} s",
        CommandFailure.TimedOut,
        spec));

    void Kill()
    {
        lock (_lock)
        {
            if (!_finished)
            {
                _ = Libc.kill(-_pid, Libc.SignalKill);
            }
        }
    }

    void OnReadable(OutputBuffer buffer, ref Stream? stream)
    {
        lock (_lock)
        {
            Read(buffer, ref stream);
            FinishIfDone();
        }
    }

    void Read(OutputBuffer buffer, ref Stream? stream)
    {
        var chunk = stackalloc byte[BufferBytes];
        for (var taken = 0; stream is not null && taken < BytesPerTurnMax;)
        {
            var count = (int)Libc.read(stream.Descriptor, chunk, BufferBytes);
            if (count > 0)
            {
                taken += count;
                Keep(buffer, new ReadOnlySpan<byte>(chunk, count));
                continue;
            }

            var error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (error == Libc.Interrupted)
            {
                continue;
            }

            if (error != Libc.Again)
            {
                stream.Close();
                stream = null;
            }

            return;
        }
    }

    void Keep(OutputBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        if (buffer == _stderr)
        {
            buffer.AppendKeepingTail(bytes);
        }
        else if (!buffer.TryAppend(bytes))
        {
            Stop(new CommandException(
                $"'{spec.FileName} {string.Join(' ', spec.Arguments)}' in '{spec.WorkingDirectory}' was ended: "
                    + $"it wrote more than {spec.OutputBytesMax} bytes",
                CommandFailure.OutputTooLarge,
                spec));
        }
    }

    void OnWritable()
    {
        lock (_lock)
        {
            while (_input is not null)
            {
                var rest = spec.StandardInput.Span[_written..];
                nint count;
                fixed (byte* bytes = rest)
                {
                    count = Libc.write(_input.Descriptor, bytes, (nuint)rest.Length);
                }

                var error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error == Libc.Again)
                {
                    return;
                }

                _written += (int)Math.Max(0, count);

                // A command may end without reading its input (a broken pipe); its exit code says if that is right.
                if (_written == spec.StandardInput.Length || (error != 0 && error != Libc.Interrupted))
                {
                    _input.Close();
                    _input = null;
                }
            }
        }
    }

    void OnExit()
    {
        lock (_lock)
        {
            if (_exited)
            {
                return;
            }

            // At this point: the leader is a zombie, so its group id cannot belong to anybody else yet.
            _exited = true;
            _process!.StopWatching();
            _ = Libc.kill(-_pid, Libc.SignalKill);
            Read(_stdout, ref _output);
            Read(_stderr, ref _error);
            _patience?.Dispose();
            _patience = spec.TimeProvider.CreateTimer(
                static state => ((CommandRun)state!).Finish(), this, DrainMax, Timeout.InfiniteTimeSpan);
            FinishIfDone();
        }
    }

    void FinishIfDone()
    {
        if (_exited && _output is null && _error is null)
        {
            Finish();
        }
    }

    void Finish()
    {
        lock (_lock)
        {
            if (_finished)
            {
                return;
            }

            _finished = true;
            _timeout?.Dispose();
            _patience?.Dispose();
            CloseAll();
            var exit = Reaper.Reap(_pid);
            if (_stoppedBy is OperationCanceledException cancelled)
            {
                _result.SetCanceled(cancelled.CancellationToken);
            }
            else if (_stoppedBy is not null)
            {
                _result.SetException(_stoppedBy);
            }
            else
            {
                _result.SetResult(new CommandResult(ExitCodeOf(exit), _stdout.ToArray(), _stderr.ToArray()));
            }
        }
    }

    static int ExitCodeOf(ChildExit exit) => exit switch
    {
        ChildExit.Exited exited => exited.Code,
        ChildExit.Killed killed => 128 + killed.Signal,
        ChildExit.Unknown => throw new InvalidOperationException("somebody else has reaped our child"),
    };

    /// <summary>A descriptor of ours and the watch on it.</summary>
    sealed class Stream(int descriptor)
    {
        DescriptorWatch.Watch? _watch;

        public int Descriptor => descriptor;

        public static Stream OfProcess(int pid) =>
            Libc.OpenProcess(pid) is >= 0 and var opened
                ? new Stream(opened)
                : throw new IOException($"cannot watch a process: {Libc.Describe(Marshal.GetLastPInvokeError())}");

        public void Watch(uint events, Action ready) => _watch = DescriptorWatch.Add(descriptor, events, ready);

        public void StopWatching() => _watch?.Dispose();

        public void Close()
        {
            StopWatching();
            _ = Libc.close(descriptor);
        }
    }

    /// <summary>A pipe whose ends both close on exec.</summary>
    sealed record Pipe(int ReadEnd, int WriteEnd)
    {
        /// <summary>Our end does not block; the child's does, because most programs expect it.</summary>
        public static Pipe Open(bool weRead)
        {
            var ends = stackalloc int[2];
            return Libc.pipe2(ends, Libc.CloseOnExec) == 0
                    && Libc.fcntl(weRead ? ends[0] : ends[1], Libc.SetStatusFlags, Libc.NonBlocking) == 0
                ? new Pipe(ends[0], ends[1])
                : throw new IOException($"cannot open a pipe: {Libc.Describe(Marshal.GetLastPInvokeError())}");
        }

        public void CloseBoth()
        {
            _ = Libc.close(ReadEnd);
            _ = Libc.close(WriteEnd);
        }
    }
}
