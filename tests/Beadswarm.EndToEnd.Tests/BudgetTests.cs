using System.Globalization;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>A swarm with a budget, as a person meets it.</summary>
public sealed class BudgetTests
{
    /// <summary>Prints what Claude Code prints, and says that each execution has cost a dollar.</summary>
    const string Agent =
        """
        case $BEADSWARM_STAGE in
        implement) printf 'status: done\n' > "src/$BEADSWARM_BEAD.txt"; git add -A; git commit -qm "$BEADSWARM_BEAD" ;;
        qa-enforcer|red-queen) echo '{"verdict":"pass"}' > "$BEADSWARM_RESULT" ;;
        esac
        printf '%s' '{"type":"result","subtype":"success","is_error":false,"session_id":"s","result":"ok",'
        printf '%s' '"model_usage_since_last_result":{"claude-sonnet-4-5":{"inputTokens":1000,"outputTokens":10,'
        echo '"costUSD":1}}}'

        """;

    [Fact]
    public async Task A_budget_stops_a_swarm_and_when_it_is_raised_everything_lands()
    {
        BeadLine[] beads = [.. Enumerable.Range(1, 4).Select(number => new BeadLine($"a-{number}") { Age = number })];
        using var repository = Scenario.Repository(beads, agents: 3);
        repository.Write(".beadswarm/agent.sh", Agent);
        repository.Write(
            ".beadswarm/swarm.yaml",
            $$"""
            agents: 3
            runners:
              claude: { kind: claude-code, command: [/bin/sh, "{{repository[".beadswarm/agent.sh"]}}"] }
            gates:
              check: { run: "sh gate.sh" }
            limits: { grace: 2s, retryDelayMin: 20ms, retryDelayMax: 100ms, budgetUsd: 7 }

            """);
        var before = Baseline.Take(repository);

        var stopped = Summary.Of(await repository.MustAsync(22, "run", "--format", "json"));
        var spent = await SpentAsync(repository);
        var told = (await repository.MustAsync(0, "status")).Out;
        var again = Summary.Of(await repository.MustAsync(22, "run", "--resume", "--format", "json"));
        var raised = Summary.Of(await repository.MustAsync(
            0, "run", "--resume", "--set", "limits.budgetUsd=100", "--format", "json"));

        Assert.True(stopped.Landed < beads.Length);
        Assert.InRange(spent, 4, 7);
        Assert.Contains("limits.budgetUsd is 7.00 USD", told);
        Assert.Equal(stopped.Landed, again.Landed);
        Assert.Equal(beads.Length, raised.Landed);
        Assert.Equal(4 * beads.Length, await SpentAsync(repository));
        Assert.Contains("a-1 has cost $4.00", (await repository.MustAsync(0, "history", "--bead", "a-1")).Out);
        await OutsideAudit.PassAsync(repository, before);
    }

    static async Task<decimal> SpentAsync(GitRepository repository)
    {
        var lines = (await repository.MustAsync(0, "costs", "--by", "bead", "--format", "json")).Out
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using var all = JsonDocument.Parse(lines[^1]);
        Assert.Equal("all", all.RootElement.GetProperty("by").GetString());
        Assert.Equal(0, all.RootElement.GetProperty("unpriced").GetInt32());
        return decimal.Parse(all.RootElement.GetProperty("costUsd").GetRawText(), CultureInfo.InvariantCulture);
    }
}
