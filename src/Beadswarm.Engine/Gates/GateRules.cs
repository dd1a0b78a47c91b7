using System.Globalization;
using Beadswarm.Processes;

namespace Beadswarm.Gates;

/// <summary>
/// Decides what the end of a gate's command says about the commit. Doubt about the machine is no verdict: it is never
/// held against a bead, and never lets one pass.
/// </summary>
static class GateRules
{
    const int KillSignal = 9;
    const int ShellKilled = 128 + KillSignal;

    /// <param name="diskFull">The disk had no room left while or after the command ran.</param>
    /// <param name="count">Matches of the gate's pattern, for a counting gate.</param>
    public static GateJudgement Judge(ShellEnd end, bool diskFull, int? count, int? baseline) => end switch
    {
        ShellEnd.Exited { Code: 0 } => Counted(count, baseline),
        ShellEnd.Exited exited when diskFull => NoVerdict(exited.Code, "the disk is full"),

        // Nobody but the kernel, short of memory, or the operator sends this one.
        ShellEnd.Exited { Code: ShellKilled } => NoVerdict(ShellKilled, "killed from outside; out of memory?"),
        ShellEnd.Killed { Signal: KillSignal } => NoVerdict(null, "killed from outside; out of memory?"),

        ShellEnd.Exited exited => new(GateStatus.Failed, exited.Code, Text($"exit code {exited.Code}")),
        ShellEnd.Killed killed => new(GateStatus.Failed, null, Text($"ended by signal {killed.Signal}")),
        ShellEnd.TimedOut late => new(
            GateStatus.Failed, null, Text($"not done after {late.After.TotalSeconds:0.#} s, the gate's timeout")),
        ShellEnd.LogLimit flood => new(GateStatus.Failed, null, Text($"wrote more than {flood.BytesMax} bytes")),
        ShellEnd.NotStarted refused => NoVerdict(null, refused.Reason),
    };

    /// <summary>Whether a recorded result may stand for a new run: only exit codes depend on the tree alone.</summary>
    /// <param name="again">A failure is to be seen once more.</param>
    public static bool IsReusable(GateResult result, bool again = false) =>
        result is { Status: GateStatus.Passed or GateStatus.Failed, ExitCode: not null }
        && !(again && result.Status == GateStatus.Failed);

    /// <summary>
    /// Whether a gate contradicts itself: passed where it had failed, on the same tree and by the same recipe. A count
    /// that is allowed now and was not then is no contradiction.
    /// </summary>
    /// <param name="before">Its last verdict; null: there is none.</param>
    public static bool IsFlaky(GateResult? before, GateResult now) =>
        before is { Status: GateStatus.Failed, ExitCode: not 0 } && now.Status == GateStatus.Passed;

    /// <summary>A count that is too high stays so; whatever else has failed may do better another time.</summary>
    public static bool IsWorthRerun(GateResult result) =>
        result is { Status: GateStatus.Failed, ExitCode: not 0 };

    /// <summary>A recorded result as it counts now: the baseline may have moved since.</summary>
    public static GateResult Reuse(GateResult recorded, string commit, int? baseline)
    {
        var judgement = Judge(new ShellEnd.Exited(recorded.ExitCode ?? 0), diskFull: false, recorded.Count, baseline);
        return recorded with { Commit = commit, Status = judgement.Status, Reason = judgement.Reason };
    }

    static GateJudgement Counted(int? count, int? baseline) =>
        count is null
            ? new(GateStatus.Passed, 0, "exit code 0")
            : BaselineRules.Judge(count.Value, baseline) switch
            {
                BaselineDecision.First first => new(GateStatus.Passed, 0, Text($"{first.Count} counted, first time")),
                BaselineDecision.Held held => new(GateStatus.Passed, 0, Text($"{held.Count} counted, as before")),
                BaselineDecision.Ratcheted fewer => new(
                    GateStatus.Passed, 0, Text($"{fewer.Count} counted, {fewer.Baseline} before")),
                BaselineDecision.Grew grew => new(
                    GateStatus.Failed, 0, Text($"{grew.Count} counted, at most {grew.Baseline} are allowed")),
            };

    static GateJudgement NoVerdict(int? exitCode, string reason) => new(GateStatus.NoVerdict, exitCode, reason);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The answer to: does this commit pass?</summary>
sealed record GateJudgement(GateStatus Status, int? ExitCode, string Reason);
