using Beadswarm.Beads;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>How long the backlog would take, and what would hold it up: the answer of <c>simulate</c>.</summary>
/// <param name="EnoughAgents">From this number on, more agents do not help; null when the largest still does.</param>
sealed record Outlook(
    BacklogReach Reach, IReadOnlyList<PaceSource> Sources, IReadOnlyList<long> Seeds, IReadOnlyList<OutlookRow> Rows,
    int? EnoughAgents);

/// <summary>What came of all runs with one number of agents.</summary>
/// <param name="Utilization">Share of the agents' time in which they held a bead.</param>
/// <param name="GatesBusy">Share of the gates' slots that were taken.</param>
/// <param name="LandingsPerHour">Over the whole run.</param>
/// <param name="Work">Share of the way to the last landing that was work on it; the shares add up to 1.</param>
/// <param name="Path">That way, in the run in the middle.</param>
/// <param name="Blocked">Beads whose attempts were used up, with the number of runs, the most frequent first.</param>
/// <param name="Troubles">Runs that did not come to an end of their own, and why.</param>
sealed record OutlookRow(
    int Agents, TimeSpan P10, TimeSpan P50, TimeSpan P90, double Landed, double Utilization, double GateRuns,
    double GatesBusy, double LandingsPerHour, Bound Bound, double Work, double ForAgent, double ForLander,
    IReadOnlyList<BeadId> Path, IReadOnlyList<BlockedBead> Blocked, IReadOnlyList<string> Troubles);

/// <summary>A bead that was blocked in some of the runs.</summary>
sealed record BlockedBead(BeadId Bead, int Runs, string Reason);
