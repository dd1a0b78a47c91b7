namespace Beadswarm.Processes;

/// <summary>How a child process ended, as data.</summary>
abstract record ChildExit
{
    ChildExit() { }

    /// <summary>It returned this code.</summary>
    public sealed record Exited(int Code) : ChildExit;

    /// <summary>A signal ended it.</summary>
    public sealed record Killed(int Signal) : ChildExit;

    /// <summary>It is gone, and nobody recorded how.</summary>
    public sealed record Unknown : ChildExit;

    /// <summary>Reads what a shell calls an exit status, where a signal is 128 + its number.</summary>
    public static ChildExit FromShell(int status) =>
        IsDeadlySignal(status - 128) ? new Killed(status - 128) : new Exited(status);

    // A shell cannot tell "ended by signal 15" from "returned 143"; the two mean the same. But only signals that in
    // practice end a process are read so: programs do return other codes above 128 (HTTP status mod 256, for example).
    // 131 is how the .NET launcher says that it found no runtime.
    static bool IsDeadlySignal(int number) =>
        number is 1 or 2 or 4 or 6 or 7 or 8 or 9 or 11 or 13 or 14 or 15 or 24 or 25 or 31;
}
