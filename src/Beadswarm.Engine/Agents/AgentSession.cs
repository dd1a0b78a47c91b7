using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// One running agent: watched by the size of its files, ended at its limits, and read when it has ended. At the end,
/// its whole tree has been verified to be gone before its result is looked at.
/// </summary>
sealed class AgentSession : IAgentSession, IDisposable
{
    /// <summary>How often its files are looked at. A flood can write as much as the disk takes in this time.</summary>
    public static readonly TimeSpan CheckPeriod = TimeSpan.FromMilliseconds(250);

    const int TailBytesMax = 16 * 1024;

    readonly ChildProcess _child;
    readonly IAgentRunner _runner;
    readonly AgentFiles _files;
    readonly SessionRecord _record;
    readonly IReadOnlyList<string> _secrets;
    readonly TimeProvider _timeProvider;
    readonly MemoryWatch _memory;
    readonly UsageWatch _usage;
    UsageReport _used = UsageReport.Unknown;
    readonly TimeSpan _elapsedBefore;
    readonly long _began;
    Activity _activity;
    string? _killReason;

    public AgentSession(ChildProcess child, IAgentRunner runner, SessionRecord record, IReadOnlyList<string> secrets,
        TimeProvider timeProvider)
    {
        _child = child;
        _runner = runner;
        _record = record;
        _secrets = secrets;
        _timeProvider = timeProvider;
        _files = new AgentFiles(record.Folder);
        _memory = new MemoryWatch(child.Glance, record.Limits.MemoryBytesMax, timeProvider);
        _usage = UsageWatch.Of(_files.Stdout, record.RunnerKind, record.Continues);
        _began = timeProvider.GetTimestamp();

        // An adopted agent has used up a part of its time already. Its silence counts from now on: nobody watched it.
        var before = timeProvider.GetUtcNow() - record.StartedAt;
        _elapsedBefore = before > TimeSpan.Zero ? before : TimeSpan.Zero;
        _activity = new Activity(_elapsedBefore, -1, null);
        Process = new AgentProcess(child.Identity, record.Folder, child.Tag);
    }

    public AgentProcess Process { get; }

    AgentProcess? IAgentSession.Process => Process;

    public async Task<AgentOutcome> WaitAsync(SpendingWatch? spending, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckPeriod, _timeProvider);
        AgentEnd? caused = null;
        while (!_child.Exit.IsCompleted && caused is null)
        {
            await Task.WhenAny(_child.Exit, timer.WaitForNextTickAsync(cancellationToken).AsTask());
            cancellationToken.ThrowIfCancellationRequested();
            caused = _child.Exit.IsCompleted ? null : Look() ?? LookAtUse(spending);
        }

        // From here on the end is not interrupted: what was begun is cleared away within its own bounds.
        var leaks = caused is null && _killReason is null
            ? await _child.SweepAsync(CancellationToken.None)
            : await _child.TerminateAsync(_record.Limits.Grace, CancellationToken.None);
        var reading = await ReadAsync();
        CutLogs();
        var end = _killReason is { } reason ? new AgentEnd.Killed(reason) : caused ?? reading.End;
        return new AgentOutcome(AgentEndText.Map(end, text => Redaction.Apply(text, _secrets)), leaks)
        {
            Usage = reading.Usage,
            LastWords = reading.LastWords,
            Runner = _record.RunnerName,
        };
    }

    public async Task TerminateAsync(string reason, CancellationToken cancellationToken)
    {
        _killReason ??= reason;
        await _child.TerminateAsync(_record.Limits.Grace, cancellationToken);
    }

    public long MemoryBytes() => _child.Look().MemoryBytes;

    public void Dispose() => _child.Dispose();

    AgentEnd? Look()
    {
        var now = _elapsedBefore + _timeProvider.GetElapsedTime(_began);
        var outputBytes = SizeOf(_files.Stdout) + SizeOf(_files.Stderr);
        long? files = StallRules.NeedsFiles(_activity, outputBytes, now, _record.Limits.IdleTimeout)
            ? WorkspaceFingerprint.Of(_record.Workspace)
            : null;
        _activity = StallRules.Observe(_activity, outputBytes, files, now);
        return StallRules.Judge(_activity, now, _record.Limits) ?? _memory.Look();
    }

    /// <summary>Also where it has used no more: others may have.</summary>
    AgentEnd.BudgetExceeded? LookAtUse(SpendingWatch? spending) => spending?.Invoke(_used = _usage.Look() ?? _used);

    async Task<AgentReading> ReadAsync()
    {
        var result = AgentResultFile.Read(_files);
        var reading = _runner.Interpret(new AgentReport(
            await _child.Exit, Tail(_files), result, _files, _timeProvider.GetUtcNow(), _timeProvider.LocalTimeZone,
            _record.Continues));
        if (reading.Verdict is { } verdict && result is AgentResult.Missing)
        {
            // Later stages and people find a verdict in one place, however it was given.
            await File.WriteAllTextAsync(_files.Result, verdict, CancellationToken.None);
        }

        return reading;
    }

    /// <summary>The last part of what an agent printed, on both streams.</summary>
    public static string Tail(AgentFiles files)
    {
        var output = UntrustedFile.ReadTailText(files.Stdout, TailBytesMax);
        var error = UntrustedFile.ReadTailText(files.Stderr, TailBytesMax);
        return OutputTrimming.Trim(error.Length == 0 ? output : $"{output.TrimEnd()}\n{error}", TailBytesMax);
    }

    void CutLogs()
    {
        var bytesMax = _record.Limits.LogBytesMax;
        foreach (var log in new[] { _files.Stdout, _files.Stderr }.Where(log => SizeOf(log) > bytesMax))
        {
            using var file = File.OpenHandle(log, FileMode.Open, FileAccess.Write);
            RandomAccess.SetLength(file, bytesMax);
            RandomAccess.Write(file, "\n[the log was cut here]\n"u8, bytesMax);
        }
    }

    static long SizeOf(string path) =>
        new FileInfo(path) is { Exists: true, LinkTarget: null } file ? file.Length : 0;
}
