using System.Text;
using Beadswarm.Processes;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// A named pipe between a test and a script: what is echoed into it there is a line here, and a read of it there
/// waits until it is told to go on here. It is held open at both ends, so opening it never blocks anybody.
/// </summary>
sealed class Fifo : IDisposable
{
    readonly FileStream _pipe;

    public Fifo(string path)
    {
        Path = path;
        var spec = new CommandSpec
        {
            FileName = "mkfifo",
            Arguments = [path],
            WorkingDirectory = "/",
            Environment = SwarmRepository.Environment,
        };
        var made = Command.RunAsync(spec, CancellationToken.None).ConfigureAwait(false).GetAwaiter().GetResult();
        Assert.Equal(0, made.ExitCode);
        _pipe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    public string Path { get; }

    /// <summary>The next line that a script writes.</summary>
    public async Task<string> LineAsync()
    {
        // A pipe is read by a thread that waits; the test's own time limit ends the wait, not the thread.
        var reading = Task.Factory.StartNew(
            () =>
            {
                var line = new StringBuilder();
                for (var next = _pipe.ReadByte(); next is not (-1 or '\n'); next = _pipe.ReadByte())
                {
                    line.Append((char)next);
                }

                return line.ToString();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await reading.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Lets one waiting script go on, now or when it comes.</summary>
    public void Release() => Write("go");

    public void Write(string line)
    {
        _pipe.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _pipe.Flush();
    }

    public void Dispose() => _pipe.Dispose();

    /// <summary>Long enough for any machine; reached only when the signal never comes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
}
