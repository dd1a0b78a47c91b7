using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Beadswarm.EndToEnd.Tests.Audit;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>
/// A <c>beadswarm run</c>, or <c>attach</c>, <c>--format json</c> that is under way: its lines as they come, so that a
/// test can wait for an event and then send a signal, or kill exactly that process.
/// </summary>
sealed class RunningSwarm : IAsyncDisposable
{
    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    const int LinesShown = 40;

    readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(Machine.Cancel);
    readonly string _root;
    readonly Process _process;
    readonly Channel<string> _coming = Channel.CreateUnbounded<string>();
    readonly Channel<string> _complaints = Channel.CreateUnbounded<string>();
    readonly List<string> _lines = [];
    readonly Task _reading;
    readonly Task<string> _errors;
    readonly Task<int> _exit;

    RunningSwarm(Process process, string root)
    {
        (_process, _root) = (process, root);

        // A swarm that never says what a test waits for must fail that test, not hang all of them.
        _patience.CancelAfter(Machine.Patience);
        _errors = ReadErrorsAsync();
        _reading = ReadAsync();
        _exit = ExitAsync();
    }

    public int Id => _process.Id;

    /// <summary>Every line so far, in order.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public static RunningSwarm Start(GitRepository repository, params string[] arguments) =>
        Begin(repository, "run", arguments);

    /// <summary>Looks on at a swarm that another process runs.</summary>
    public static RunningSwarm Attach(GitRepository repository) => Begin(repository, "attach", []);

    /// <summary>No swarm, but an agent that plans a bead.</summary>
    public static RunningSwarm Plan(GitRepository repository, string bead) => Begin(repository, "plan", [bead]);

    static RunningSwarm Begin(GitRepository repository, string verb, string[] arguments)
    {
        var start = new ProcessStartInfo(Machine.Beadswarm, [verb, "--format", "json", .. arguments])
        {
            WorkingDirectory = repository.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in repository.Environment)
        {
            start.Environment[name] = value;
        }

        return new RunningSwarm(Process.Start(start)!, repository.Root);
    }

    /// <summary>The next line of this type, optionally the <paramref name="count"/>th; skips all before it.</summary>
    public Task<JsonElement> WaitForAsync(string type, int count = 1) =>
        WaitForAsync(line => line.GetProperty("type").GetString() == type && --count == 0);

    /// <summary>The first line for which this holds; skips all before it.</summary>
    public async Task<JsonElement> WaitForAsync(Func<JsonElement, bool> wanted)
    {
        while (await NextAsync() is { } line)
        {
            if (wanted(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"the run ended before it came:\n{Said}\n{await _errors}");
    }

    /// <summary>The component says that it waits for somebody outside to do something, and for what.</summary>
    public async Task<string> HeldAsync(string component) =>
        (await WaitForAsync(line => line.GetProperty("type").GetString() == "component.held"
            && line.GetProperty("component").GetString() == component)).GetProperty("reason").GetString()!; // always

    /// <summary>Waits for the <paramref name="count"/>th line of this type; false when the run ends before.</summary>
    public async Task<bool> SaysAsync(string type, int count)
    {
        while (await NextAsync() is { } line)
        {
            if (line.GetProperty("type").GetString() == type && --count == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The next line, whatever it is; null when there is none any more.</summary>
    public async Task<JsonElement?> NextAsync() =>
        await PatientlyAsync(patience => _coming.Reader.WaitToReadAsync(patience).AsTask())
        && _coming.Reader.TryRead(out var line)
            ? JsonDocument.Parse(line).RootElement
            : null;

    /// <summary>The next line of its standard error that contains the text; skips all before it.</summary>
    public async Task<string> ComplainsAsync(string text)
    {
        while (await PatientlyAsync(patience => _complaints.Reader.WaitToReadAsync(patience).AsTask())
            && _complaints.Reader.TryRead(out var line))
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"the run ended before it said '{text}':\n{Said}\n{await _errors}");
    }

    public void Signal(int signal) => Machine.Signal(_process.Id, signal);

    /// <summary>
    /// Puts it to sleep, but not in the middle of a transaction: there it would keep everybody else from writing, by
    /// SQLite's lock.
    /// </summary>
    public async Task StopBetweenWritesAsync()
    {
        while (true)
        {
            Signal(Stop);
            while (!await IsStoppedAsync())
            {
                await Task.Yield();
            }

            var locks = await File.ReadAllLinesAsync("/proc/locks", Machine.Cancel);
            if (!locks.Any(line => line.Contains($" WRITE {Id} ") && StoreLocks.Any(line.Contains)))
            {
                return;
            }

            Signal(Continue);
        }
    }

    // Of a log that is written, brought home, or read again after a crash; SQLite's file format fixes the numbers.
    static readonly string[] StoreLocks = [" 120 ", " 121 ", " 122 "];

    /// <summary>Every thread of it, and not the first one alone.</summary>
    async Task<bool> IsStoppedAsync()
    {
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{Id}/task"))
        {
            try
            {
                var stat = await File.ReadAllTextAsync(Path.Combine(thread, "stat"), Machine.Cancel);
                if (!stat[(stat.LastIndexOf(')') + 1)..].StartsWith(" T", StringComparison.Ordinal))
                {
                    return false;
                }
            }
            catch (IOException)
            {
                // It ended while it was looked at, so not all of them stand still yet.
                return false;
            }
        }

        return true;
    }

    /// <summary>kill -9 of the orchestrator alone; its agents live on.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _exit;
    }

    public async Task<Output> EndAsync()
    {
        var code = await PatientlyAsync(_exit.WaitAsync);
        await _reading;
        return new Output(code, string.Concat(Lines.Select(line => line + "\n")), await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_exit.IsCompleted)
        {
            await KillAsync();
        }

        _process.Dispose();
        _patience.Dispose();
    }

    string Said => string.Join('\n', Lines.TakeLast(LinesShown));

    /// <summary>What hangs fails, and tells what it was doing.</summary>
    async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> wait)
    {
        try
        {
            return await wait(_patience.Token);
        }
        catch (OperationCanceledException) when (!Machine.Cancel.IsCancellationRequested)
        {
            var there = string.Join('\n', SurroundingsAudit.Processes(_root));
            Assert.Fail($"process {Id} was waited for in vain:\n{Said}\n\n{there}");
            throw;
        }
    }

    /// <summary>
    /// Begun once, for everybody who waits: of two that ask a <see cref="Process"/> at once, one can be told that it
    /// has exited before its code is there, and reads 0.
    /// </summary>
    async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        return _process.ExitCode;
    }

    async Task<string> ReadErrorsAsync()
    {
        var said = new StringBuilder();
        while (await _process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            said.Append(line).Append('\n');
            _complaints.Writer.TryWrite(line);
        }

        _complaints.Writer.Complete();
        return said.ToString();
    }

    async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }

            _coming.Writer.TryWrite(line);
        }

        _coming.Writer.Complete();
    }
}
