using Beadswarm.Agents;
using Beadswarm.Beads;

namespace Beadswarm.Planning;

/// <summary>What a planner has used for one answer, at the end or so far.</summary>
/// <param name="Session">The name of that answer, by which it counts once.</param>
/// <param name="Runner">Its name in the configuration.</param>
sealed record PlanUse(string Session, BeadId Bead, int Attempt, string Runner, UsageReport Usage);

/// <summary>
/// Who says whether a planner may begin and go on, and is told in the end what it has used. Answers may take a while.
/// </summary>
/// <param name="MayBegin">Null: it may.</param>
/// <param name="MayGoOn">Null: it may.</param>
/// <param name="Record">Keeps it, once for each session; false: it cannot be kept now.</param>
sealed record PlanMeter(
    Func<PlanUse, CancellationToken, Task<AgentEnd.BudgetExceeded?>> MayBegin,
    Func<PlanUse, CancellationToken, Task<AgentEnd.BudgetExceeded?>> MayGoOn,
    Func<PlanUse, CancellationToken, Task<bool>> Record);
