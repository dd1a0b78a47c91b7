using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

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

    /// <summary>A swarm that never says what a test waits for must fail that test, not hang all of them.</summary>
    static readonly TimeSpan LifeMax = TimeSpan.FromMinutes(5);

    readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(Machine.Cancel);
    readonly Process _process;
    readonly Channel<string> _coming = Channel.CreateUnbounded<string>();
    readonly List<string> _lines = [];
    readonly Task _reading;
    readonly Task<string> _errors;

    RunningSwarm(Process process)
    {
        _process = process;
        _patience.CancelAfter(LifeMax);
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        _reading = ReadAsync();
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

        return new RunningSwarm(Process.Start(start)!);
    }

    /// <summary>The next line of this type, optionally the <paramref name="count"/>th; skips all before it.</summary>
    public async Task<JsonElement> WaitForAsync(string type, int count = 1)
    {
        var seen = 0;
        await foreach (var line in _coming.Reader.ReadAllAsync(_patience.Token))
        {
            var json = JsonDocument.Parse(line).RootElement;
            if (json.GetProperty("type").GetString() == type && ++seen == count)
            {
                return json;
            }
        }

        throw new InvalidOperationException(
            $"the run ended before '{type}' came {count} times:\n{string.Join('\n', Lines.TakeLast(20))}\n"
            + await _errors);
    }

    /// <summary>Waits for the <paramref name="count"/>th line of this type; false when the run ends before.</summary>
    public async Task<bool> SaysAsync(string type, int count)
    {
        await foreach (var line in _coming.Reader.ReadAllAsync(_patience.Token))
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.GetProperty("type").GetString() == type && --count == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The next line, whatever it is; null when there is none any more.</summary>
    public async Task<JsonElement?> NextAsync() =>
        await _coming.Reader.WaitToReadAsync(_patience.Token) && _coming.Reader.TryRead(out var line)
            ? JsonDocument.Parse(line).RootElement
            : null;

    /// <summary>The first line for which this holds; skips all before it.</summary>
    public async Task<JsonElement> WaitForAsync(Func<JsonElement, bool> wanted)
    {
        await foreach (var line in _coming.Reader.ReadAllAsync(_patience.Token))
        {
            var json = JsonDocument.Parse(line).RootElement;
            if (wanted(json))
            {
                return json;
            }
        }

        throw new InvalidOperationException($"the run ended before it came:\n{await _errors}");
    }

    // The process object has not been waited for to its end, so the id cannot have gone to another one.
    public void Signal(int signal) => Machine.Signal(_process.Id, signal);

    /// <summary>kill -9 of the orchestrator alone; its agents live on.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async Task<Output> EndAsync()
    {
        await _process.WaitForExitAsync(_patience.Token);
        await _reading;
        return new Output(_process.ExitCode, string.Concat(Lines.Select(line => line + "\n")), await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        _patience.Dispose();
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
