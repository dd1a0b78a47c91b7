using System.Text;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>
/// A named pipe between a test and a script: what is echoed into it there is a line here, and a read of it there waits
/// until a line is written here. It is held open at both ends, so opening it never blocks anybody.
/// </summary>
sealed class Fifo : IDisposable
{
    readonly FileStream _pipe;

    public Fifo(string path)
    {
        var made = Machine.Run("/", Machine.Environment("/"), "mkfifo", path);
        Assert.True(made.ExitCode == 0, $"mkfifo {path}: {made}");
        _pipe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>
    /// The next line that a script writes. It waits for it on a thread of its own; give it up by disposing.
    /// </summary>
    public Task<string> LineAsync() => Task.Factory.StartNew(
        () =>
        {
            var line = new StringBuilder();
            try
            {
                for (var next = _pipe.ReadByte(); next is not (-1 or '\n'); next = _pipe.ReadByte())
                {
                    line.Append((char)next);
                }
            }
            catch (ObjectDisposedException)
            {
                // Given up before it had begun to wait.
            }

            return line.ToString();
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Write(string line)
    {
        _pipe.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _pipe.Flush();
    }

    public void Dispose() => _pipe.Dispose();
}
