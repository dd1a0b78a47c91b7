using System.Runtime.InteropServices;

namespace Beadswarm.Processes;

/// <summary>Where the standard output and error of this very process go.</summary>
static class StandardStreams
{
    const int Output = 1;
    const int Error = 2;

    /// <summary>
    /// From here on both go to the end of this file, also what the runtime itself says when it dies.
    /// </summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static void AppendTo(string path)
    {
        var file = Libc.OpenForAppending(path);
        if (file < 0)
        {
            throw new IOException($"cannot write '{path}': {Libc.Describe(Marshal.GetLastPInvokeError())}");
        }

        _ = Libc.dup2(file, Output);
        _ = Libc.dup2(file, Error);
        _ = Libc.close(file);
    }
}
