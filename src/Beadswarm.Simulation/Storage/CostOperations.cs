using System.Globalization;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Journal;
using Beadswarm.Storage;

namespace Beadswarm.Simulation.Storage;

/// <summary>What executions used: kept beside the journal's entry, and summed up.</summary>
static class CostOperations
{
    /// <summary>Digits of a dollar that are kept.</summary>
    const int Digits = 9;

    public static WriteOutcome Record(
        StoreTransaction transaction, BeadId bead, AgentNumber agent, JournalEvent.AgentUsed used)
    {
        var tables = transaction.Tables;
        if (tables.Costs.Find(used.Run) is not null)
        {
            return WriteOutcome.Fenced;
        }

        tables.Costs.Put(
            used.Run,
            new StoredCost(SwarmOf(transaction), bead, agent, used.Stage, Kept(used.CostUsd), transaction.Now)
            {
                Runner = used.Runner,
                Model = used.Model,
                Calls = used.Calls,
                Tokens = new TokenCount(
                    used.InputTokens, used.OutputTokens, used.CacheReadTokens, used.CacheWriteTokens),
            });
        transaction.Append(bead, agent, used);
        return WriteOutcome.Done;
    }

    public static WriteOutcome Record(StoreTransaction transaction, BeadId bead, JournalEvent.PlanUsed used)
    {
        var tables = transaction.Tables;
        if (tables.PlanCosts.Find(used.Session) is not null)
        {
            return WriteOutcome.Fenced;
        }

        tables.PlanCosts.Put(
            used.Session,
            new StoredCost(
                SwarmOf(transaction), bead, null, CostGroup.Planner, Kept(used.CostUsd), transaction.Now)
            {
                Runner = used.Runner,
                Model = used.Model,
                Calls = used.Calls,
                Tokens = new TokenCount(
                    used.InputTokens, used.OutputTokens, used.CacheReadTokens, used.CacheWriteTokens),
            });
        transaction.Append(bead, null, used);
        return WriteOutcome.Done;
    }

    public static IReadOnlyList<CostGroup> Read(InMemoryDatabase tables, CostQuery query)
    {
        var since = query.Today ? CostGroup.DayOf(tables.Now) : DateTimeOffset.MinValue;
        return CostGroup.InOrder(
            query.By,
            [
                .. tables.Costs.Rows.Concat(tables.PlanCosts.Rows)
                    .Where(row => (query.Bead is null || row.Bead == query.Bead)
                        && (!query.ThisSwarm || row.Swarm == tables.Swarms.Last?.Record.Id) && row.At >= since)
                    .GroupBy(row => query.By is { } by ? KeyOf(by, row) : "", StringComparer.Ordinal)
                    .Select(group => new CostGroup(
                        group.Key, group.Aggregate(CostSum.None, (sum, row) => sum + One(row)))),
            ]);
    }

    /// <summary>The run with what its agent used.</summary>
    public static StageRun Tell(InMemoryDatabase tables, StageRun run) =>
        tables.Costs.Find(run.Id.Value) is { } cost ? run with { Tokens = cost.Tokens, CostUsd = cost.Usd } : run;

    static CostSum One(StoredCost row) =>
        new(1, row.Usd is null ? 1 : 0, row.Calls, row.Tokens, row.Usd ?? 0);

    static long SwarmOf(StoreTransaction transaction) => transaction.Newest?.Record.Id ?? 0;

    static decimal? Kept(decimal? usd) => usd is { } known ? Math.Round(known, Digits) : null;

    static string KeyOf(CostBy by, StoredCost row) => by switch
    {
        CostBy.Bead => row.Bead.Value,
        CostBy.Stage => row.Stage,
        CostBy.Agent => row.Agent?.Value.ToString(CultureInfo.InvariantCulture) ?? "",
        CostBy.Model => row.Model ?? "",
        CostBy.Runner => row.Runner,
        CostBy.Swarm => row.Swarm.ToString(CultureInfo.InvariantCulture),
        CostBy.Day => row.At.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };
}
