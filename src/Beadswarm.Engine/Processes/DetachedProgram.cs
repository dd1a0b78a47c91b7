using System.IO.Pipes;
using System.Text;

namespace Beadswarm.Processes;

/// <summary>A program to start that will outlive us: everything it will see is named here.</summary>
sealed record DetachedSpec(
    string FileName, IReadOnlyList<string> Arguments, string WorkingDirectory,
    IReadOnlyDictionary<string, string> Environment);

/// <summary>What became of a program that was started to go on by itself.</summary>
abstract record DetachedStart
{
    DetachedStart() { }

    /// <summary>It is up, in a session of its own, and goes on whatever becomes of us.</summary>
    public sealed record Up(ProcessIdentity Process) : DetachedStart;

    /// <summary>It ended without having come up. What it said is all there is to know about why.</summary>
    public sealed record Refused(ChildExit Exit, string Said) : DetachedStart;
}

/// <summary>
/// Starts a program that outlives us, and waits until it says that it is up. Until then standard output and error are a
/// pipe that we read; with <see cref="UpMark"/> on it the program takes its leave, and its streams are its own affair.
/// A program that ends, however it ends, closes the pipe: nothing has to be asked again and again.
/// </summary>
static class DetachedProgram
{
    /// <summary>ASCII's "acknowledge": what the program writes when it is up. No text of ours contains it.</summary>
    public const char UpMark = '\u0006';

    /// <summary>Of what it says before it is up, no more than this is kept.</summary>
    const int SaidBytesMax = 256 * 1024;

    /// <exception cref="ProcessStartException">Not found, not executable, or the system refused.</exception>
    /// <exception cref="OperationCanceledException">It was asked to end, and has ended.</exception>
    public static async Task<DetachedStart> StartAsync(DetachedSpec spec, CancellationToken cancellationToken)
    {
        using var ear = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var mouth = new SpawnStream.Descriptor((int)ear.ClientSafePipeHandle.DangerousGetHandle());
        var pid = Spawn.Start(new SpawnRequest(
            spec.FileName, spec.Arguments, spec.Environment, spec.WorkingDirectory, SpawnStream.Nothing, mouth, mouth));

        // Only the child has that end from here on, so that its death is the end of the stream.
        ear.DisposeLocalCopyOfClientHandle();
        var identity = ProcessIdentity.Of(pid)
            ?? throw new IOException($"process {pid} is not in /proc; is /proc mounted?");
        using var cancelling = cancellationToken.UnsafeRegister(
            static (state, _) => Libc.kill((int)state!, Libc.SignalTerminate), pid);
        var (said, up) = await ListenAsync(ear);
        if (up && !cancellationToken.IsCancellationRequested)
        {
            return new DetachedStart.Up(identity);
        }

        // Its streams are closed, so it has ended or is just about to; nobody else can reap it.
        cancelling.Unregister();
        var exit = await Task.Run(() => Reaper.Reap(pid), CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        return new DetachedStart.Refused(exit, said);
    }

    /// <summary>Reads until the program is up, or gone.</summary>
    static async Task<(string Said, bool Up)> ListenAsync(Stream ear)
    {
        var said = new OutputBuffer(SaidBytesMax);
        var buffer = new byte[4096];
        while (true)
        {
            var read = await ear.ReadAsync(buffer, CancellationToken.None);
            var mark = buffer.AsSpan(0, read).IndexOf((byte)UpMark);
            said.AppendKeepingTail(buffer.AsSpan(0, mark < 0 ? read : mark));
            if (read == 0 || mark >= 0)
            {
                return (Encoding.UTF8.GetString(said.ToArray()), mark >= 0);
            }
        }
    }
}
