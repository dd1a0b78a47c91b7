namespace Beadswarm.Gates;

/// <summary>How the command of a gate ended.</summary>
abstract record GateEnd
{
    GateEnd() { }

    public sealed record Exited(int Code) : GateEnd;

    /// <summary>A signal that we did not send.</summary>
    public sealed record Killed(int Signal) : GateEnd;

    /// <summary>Longer than the gate may take; ended by us.</summary>
    public sealed record TimedOut(TimeSpan After) : GateEnd;

    /// <summary>More output than is kept; ended by us.</summary>
    public sealed record LogLimit(long BytesMax) : GateEnd;

    public sealed record NotStarted(string Reason) : GateEnd;
}

/// <summary>The answer to: does this commit pass?</summary>
sealed record GateJudgement(GateStatus Status, int? ExitCode, string Reason);
