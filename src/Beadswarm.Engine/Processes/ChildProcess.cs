using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>A program to run beside the orchestrator, with its streams in files so that it can outlive it.</summary>
sealed record ChildSpec
{
    public required string FileName { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];
    public required string WorkingDirectory { get; init; }

    /// <summary>The complete environment; the tag is added.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Marks the child and all its descendants; unique to this child among all runs.</summary>
    public required string Tag { get; init; }

    /// <summary>Null: the end of input at once.</summary>
    public string? StandardInputFile { get; init; }

    public required string StandardOutputFile { get; init; }

    /// <summary>May be the same file as <see cref="StandardOutputFile"/>; both are appended to.</summary>
    public required string StandardErrorFile { get; init; }

    /// <summary>Where the exit code is recorded for whoever adopts the child. Null: it is not to be adopted.</summary>
    public string? ExitFile { get; init; }

    /// <summary>
    /// Folders and files that no other child of the same time works with: whatever is found at work there is its.
    /// </summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>
    /// The program only watches over another one, in a sandbox that dies with it: what is inside is asked to end.
    /// </summary>
    public bool Confined { get; init; }
}

/// <summary>
/// One child: leader of its own session, watched without a thread, ended with everything it started. An owned child
/// stays a zombie until its tree is verified to be gone, so that its group id cannot become somebody else's before the
/// last signal. Call <see cref="SweepAsync"/> or <see cref="TerminateAsync"/> at the end, always.
/// </summary>
sealed class ChildProcess : IDisposable
{
    readonly TaskCompletionSource<ChildExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly SemaphoreSlim _ending = new(1, 1);
    readonly Lock _lock = new();
    readonly TimeProvider _timeProvider;
    readonly string? _exitFile;
    readonly bool _owned;
    readonly bool _confined;
    readonly ProcessFamily _family;
    ProcessDescriptor? _descriptor;
    bool _reaped;
    bool _letGo;

    ChildProcess(
        ProcessIdentity identity, string tag, IReadOnlyList<string> folders, string? exitFile, bool confined,
        bool owned, TimeProvider timeProvider)
    {
        Identity = identity;
        Tag = tag;
        _exitFile = exitFile;
        _owned = owned;
        _confined = confined;
        _timeProvider = timeProvider;
        var traits = new FamilyTraits
        {
            Tag = tag,
            Since = identity.BootId == ProcessIdentity.CurrentBootId ? identity.StartTicks : 0,
            Ours = owned,
            Folders = [.. folders.Select(Libc.RealPath)],
        };
        _family = new ProcessFamily(traits, PinnedLeader, timeProvider);
    }

    public ProcessIdentity Identity { get; }

    public string Tag { get; }

    /// <summary>Completes when the program itself has ended. Others that it started may still run.</summary>
    public Task<ChildExit> Exit => _exit.Task;

    /// <exception cref="ProcessStartException">Not found, not executable, or the system refused.</exception>
    public static ChildProcess Start(ChildSpec spec, TimeProvider timeProvider)
    {
        var environment = new Dictionary<string, string>(spec.Environment) { [ProcessSweep.TagVariable] = spec.Tag };
        var program = Spawn.Resolve(spec.FileName, environment, spec.WorkingDirectory);
        var (fileName, arguments) = spec.ExitFile is null
            ? ProcessMark.Wrap(spec.Tag, program, spec.Arguments)
            : ExitRecord.Wrap(spec.ExitFile, spec.Tag, program, spec.Arguments);
        if (spec.ExitFile is not null)
        {
            File.Delete(spec.ExitFile);
        }

        Subreaper.Begin();
        var pid = Spawn.Start(new SpawnRequest(
            fileName,
            arguments,
            environment,
            spec.WorkingDirectory,
            spec.StandardInputFile is null
                ? SpawnStream.Nothing
                : new SpawnStream.ReadFile(spec.StandardInputFile),
            new SpawnStream.AppendFile(spec.StandardOutputFile),
            new SpawnStream.AppendFile(spec.StandardErrorFile)));

        try
        {
            // At this point: nobody but us can reap it, so the process with this id is the one we started.
            var identity = ProcessIdentity.Of(pid)
                ?? throw new IOException($"process {pid} is not in /proc; is /proc mounted?");
            var child = new ChildProcess(
                identity, spec.Tag, spec.Folders, spec.ExitFile, spec.Confined, owned: true, timeProvider);
            child.Watch(ProcessDescriptor.TryOpen(pid, identity.StartTicks)
                ?? throw new IOException($"process {pid} was reaped by somebody else"));
            child._family.Begin();
            return child;
        }
        catch
        {
            // What cannot be watched must not run.
            _ = Libc.kill(-pid, Libc.SignalKill);
            _ = Reaper.Reap(pid);
            throw;
        }
    }

    /// <summary>
    /// Takes over a child of an earlier orchestrator. If it has ended meanwhile, <see cref="Exit"/> is complete with
    /// what its exit file says; what it left behind is found by its tag all the same.
    /// </summary>
    /// <param name="folders">See <see cref="ChildSpec.Folders"/>.</param>
    /// <param name="confined">See <see cref="ChildSpec.Confined"/>.</param>
    public static ChildProcess Adopt(
        ProcessIdentity identity, string tag, IReadOnlyList<string> folders, string? exitFile, bool confined,
        TimeProvider timeProvider)
    {
        var child = new ChildProcess(identity, tag, folders, exitFile, confined, owned: false, timeProvider);
        child._family.Begin();
        if (identity.IsRunning() && ProcessDescriptor.TryOpen(identity.Pid, identity.StartTicks) is { } descriptor)
        {
            child.Watch(descriptor);
        }
        else
        {
            child._exit.SetResult(child.ReadExitFile());
        }

        return child;
    }

    /// <summary>
    /// Looks at the whole tree and remembers who belongs to it. To be called now and then: a process that is seen once
    /// is recognised later, whatever it does to hide where it comes from.
    /// </summary>
    public FamilyLook Look() => _family.Look();

    /// <summary>As <see cref="Look"/>, but not always anew: for those who look all the time.</summary>
    public FamilyLook Glance() => _family.Glance();

    /// <summary>After a natural end: ends whatever is left of the tree, and says what it was.</summary>
    public async Task<LeakReport> SweepAsync(CancellationToken cancellationToken)
    {
        await _exit.Task.WaitAsync(cancellationToken);
        await _ending.WaitAsync(cancellationToken);
        try
        {
            return await KillRestAsync(_ => true, cancellationToken);
        }
        finally
        {
            _ending.Release();
        }
    }

    /// <summary>
    /// Asks the whole tree to end, waits for the program up to <paramref name="grace"/>, and kills what is left until
    /// nothing is. Reported is only what had left the child's group. Doing it twice is the same as once.
    /// </summary>
    public async Task<LeakReport> TerminateAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        await _ending.WaitAsync(cancellationToken);
        try
        {
            if (!_exit.Task.IsCompleted)
            {
                AskToEnd();
                await Task.WhenAny(_exit.Task, Task.Delay(grace, _timeProvider, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }

            SignalGroup(Libc.SignalKill);
            return await KillRestAsync(entry => entry.Group != Identity.Pid, cancellationToken);
        }
        finally
        {
            _ending.Release();
        }
    }

    void AskToEnd()
    {
        // The monitor of a sandbox does not pass a request on: it would die of it, and all inside at once.
        var asked = _family.Members().Where(entry => _confined ? !IsMonitor(entry) : entry.Group != Identity.Pid)
            .ToArray();
        var group = !_confined;

        // A stopped process learns of the request only when it goes on.
        foreach (var signal in new[] { Libc.SignalTerminate, Libc.SignalContinue })
        {
            ProcessSweep.Signal(asked, signal);
            if (group)
            {
                SignalGroup(signal);
            }
        }
    }

    bool IsMonitor(ProcessEntry entry) => entry.Pid == Identity.Pid || entry.Parent == Identity.Pid;

    /// <summary>Lets go of the child without touching it; a running one can be adopted again.</summary>
    public void Dispose()
    {
        _family.Dispose();
        lock (_lock)
        {
            _letGo = true;
            if (_exit.Task.IsCompleted)
            {
                Reap();
            }
        }
    }

    void Watch(ProcessDescriptor descriptor)
    {
        _descriptor = descriptor;
        descriptor.Ended.ContinueWith(
            _ => OnEnd(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    void OnEnd()
    {
        lock (_lock)
        {
            _exit.TrySetResult(_owned ? FromOwned(Reaper.Peek(Identity.Pid)) : ReadExitFile());
            if (_letGo)
            {
                Reap();
            }
        }
    }

    // A shell around the program reports the program's signal as its own exit code.
    ChildExit FromOwned(ChildExit exit) => exit switch
    {
        ChildExit.Exited exited when _exitFile is not null => ChildExit.FromShell(exited.Code),
        ChildExit.Exited exited => exited,
        ChildExit.Killed killed => killed,
        ChildExit.Unknown => ReadExitFile(),
    };

    ChildExit ReadExitFile() => _exitFile is null ? new ChildExit.Unknown() : ExitRecord.Read(_exitFile);

    async Task<LeakReport> KillRestAsync(Func<ProcessEntry, bool> leaked, CancellationToken cancellationToken)
    {
        var report = await _family.EndAsync(leaked, cancellationToken);
        _family.Dispose();
        lock (_lock)
        {
            if (_exit.Task.IsCompleted)
            {
                Reap();
            }
            else
            {
                // Killed, and its end not yet noticed here: nothing signals it any more, so it is reaped when it is.
                _letGo = true;
            }
        }

        return report;
    }

    // The id of the leader stands for its session only while it cannot have been given to another process.
    int? PinnedLeader()
    {
        lock (_lock)
        {
            return _owned ? (_reaped ? null : Identity.Pid) : (Identity.IsRunning() ? Identity.Pid : null);
        }
    }

    void SignalGroup(int signal)
    {
        lock (_lock)
        {
            if (PinnedLeader() is { } leader && Libc.kill(-leader, signal) != 0)
            {
                // The group is empty already, or it holds only a program of another user.
                _ = Marshal.GetLastPInvokeError();
            }
        }
    }

    // Only under the lock.
    void Reap()
    {
        _descriptor?.Dispose();
        if (_owned && !_reaped)
        {
            _reaped = true;
            _ = Reaper.Reap(Identity.Pid);
        }
    }
}
