using System.Runtime.InteropServices;

namespace Beadswarm.ScriptedAgent;

/// <summary>What agents do that they should not.</summary>
static partial class Misbehaviour
{
    const int SegmentationFault = 11;

    // A program that nothing ends by itself within a test or a demo.
    const string Forever = "86400";

    static readonly List<PosixSignalRegistration> Ignored = [];

    public static void Sleep(long milliseconds)
    {
        using var never = new ManualResetEvent(false);
        never.WaitOne(TimeSpan.FromMilliseconds(milliseconds));
    }

    /// <summary>Silent until somebody has made the file, also if that was long ago.</summary>
    public static void WaitFor(string path)
    {
        while (!File.Exists(path))
        {
            Sleep(LookPauseMs);
        }
    }

    const long LookPauseMs = 20;

    public static void IgnoreRequestsToEnd()
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP })
        {
            Ignored.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = true));
        }
    }

    public static void Hang()
    {
        IgnoreRequestsToEnd();
        Sleep(int.MaxValue);
    }

    public static void HangWithOutput(long everyMilliseconds)
    {
        while (true)
        {
            Console.WriteLine("still thinking");
            Sleep(everyMilliseconds);
        }
    }

    public static void Leak() => Git.Abandon("sleep", Forever);

    public static void Flood(long bytes)
    {
        using var output = Console.OpenStandardOutput();
        var chunk = new byte[64 * 1024];
        chunk.AsSpan().Fill((byte)'x');
        chunk[^1] = (byte)'\n';
        for (var written = 0L; written < bytes; written += chunk.Length)
        {
            output.Write(chunk.AsSpan(0, (int)Math.Min(chunk.Length, bytes - written)));
        }
    }

    /// <summary>Ends by the signal itself; the runtime's own handler would end the program in its way.</summary>
    public static void Crash()
    {
        _ = signal(SegmentationFault, 0);
        _ = kill(Environment.ProcessId, SegmentationFault);
        Sleep(int.MaxValue);
    }

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int number);
}
