using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Journal;

namespace Beadswarm.Storage.Sql;

/// <summary>What executions used: kept as a row beside the journal's entry, and summed up.</summary>
static class CostOperations
{
    /// <summary>Sums of whole numbers are exact, and the same in every driver.</summary>
    const decimal NanosOfDollar = 1_000_000_000;

    public static WriteOutcome Record(
        SqlSession session, StoreInstant now, BeadId bead, AgentNumber agent, JournalEvent.AgentUsed used)
    {
        if (session.Run(
            "InsertCost", ("run", used.Run), ("bead", bead), ("agent", agent), ("stage", used.Stage),
            ("runner", used.Runner), ("model", used.Model), ("calls", used.Calls), ("input", used.InputTokens),
            ("output", used.OutputTokens), ("cache_read", used.CacheReadTokens),
            ("cache_write", used.CacheWriteTokens),
            ("cost_nanos", used.CostUsd is { } usd ? Nanos(usd) : null), ("now", now)) == 0)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, bead, agent, used);
        return WriteOutcome.Done;
    }

    public static WriteOutcome Record(
        SqlSession session, StoreInstant now, BeadId bead, JournalEvent.PlanUsed used)
    {
        if (session.Run(
            "InsertPlanCost", ("session", used.Session), ("bead", bead), ("runner", used.Runner),
            ("model", used.Model), ("calls", used.Calls), ("input", used.InputTokens), ("output", used.OutputTokens),
            ("cache_read", used.CacheReadTokens), ("cache_write", used.CacheWriteTokens),
            ("cost_nanos", used.CostUsd is { } usd ? Nanos(usd) : null), ("now", now)) == 0)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, bead, null, used);
        return WriteOutcome.Done;
    }

    public static IReadOnlyList<CostGroup> Read(SqlSession session, CostQuery query) => CostGroup.InOrder(
        query.By,
        session.All(
            "SelectCosts",
            row => new CostGroup(
                row.GetString(0),
                new CostSum(
                    row.GetInt32(1), row.GetInt32(2), (int)row.GetInt64(3), row.Tokens(4), Dollars(row.GetInt64(8)))),
            ("by", query.By is { } by ? StoredNames.Of(by) : "all"), ("bead", query.Bead?.Value),
            ("this_swarm", query.ThisSwarm), ("since", query.Today ? CostGroup.DayOf(session.Now) : null)));

    public static decimal Dollars(long nanos) => nanos / NanosOfDollar;

    public static long Nanos(decimal dollars) => (long)Math.Round(dollars * NanosOfDollar);
}
