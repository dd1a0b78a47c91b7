using Beadswarm.Agents;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// A vendor that lets four agents through at once, and twelve that ask it. The agents are a script that prints what
/// Claude Code prints; a folder is one of the vendor's four places.
/// </summary>
public sealed class RateLimitTests
{
    const int Places = 4;

    const string Vendor =
        """
        place=
        for n in 1 2 3 4; do mkdir "$R/.beadswarm/place-$n" 2>/dev/null && place=$n && break; done
        if [ -z "$place" ]; then
          echo x >> "$R/.beadswarm/refused"
          reset=$(($(date +%s) + 1))
          echo '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":'$reset'}}'
          echo '{"type":"assistant","error":"rate_limit","is_api_error_message":true,"session_id":"s"}'
          printf '%s' '{"type":"result","subtype":"success","is_error":true,"terminal_reason":"api_error",'
          echo '"session_id":"s","result":"limit reached"}'
          exit 1
        fi
        while [ ! -e "$R/.beadswarm/refused" ]; do sleep 0.05; done
        printf '%s' '{"type":"assistant","session_id":"s","message":{"id":"m","model":"claude-sonnet-4-5",'
        echo '"usage":{"input_tokens":10,"output_tokens":1}}}'
        sleep 0.3
        """;

    const string Answered =
        """

        rmdir "$R/.beadswarm/place-$place"
        echo '{"type":"result","subtype":"success","is_error":false,"session_id":"s","result":"ok"}'
        """;

    [Fact]
    public async Task Twelve_agents_find_out_how_many_are_let_through_without_hammering_and_the_work_is_done()
    {
        using var repository = new SwarmRepository
        {
            AgentScript = $"{Vendor}\n{SwarmRepository.DefaultAgent}\n{Answered}\n",
        };
        string[] beads = [.. Enumerable.Range(1, 12).Select(n => $"t-{n}")];
        foreach (var bead in beads)
        {
            repository.Bead(bead);
        }

        repository.Commit();
        var outcome = await repository.RunAsync(repository.Config(12, config => config with
        {
            Pipeline = new(
                [new StageSpec { Name = StageName.Implement, Prompt = "implement", ProgressRequired = true }], 3,
                StageName.Implement),
            Pools = [config.Pools[0] with { Stages = [StageName.Implement] }],
            Limits = config.Limits with { RetryDelayMax = TimeSpan.FromHours(1) },
            Runners = new Dictionary<string, RunnerSpec>
            {
                ["sh"] = config.Runners["sh"] with { Kind = ClaudeCodeRunner.KindName, Model = "opus" },
            },
        }));

        Assert.Equal((SwarmEnd.Completed, 12, 12), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(beads.Order(), repository.Landed().Order());
        var limits = (await repository.JournalAsync()).Select(entry => entry.Event)
            .OfType<JournalEvent.RunnerLimited>().ToArray();
        Assert.Equal(("claude-code/opus", 1, 12), (limits[0].Account, limits[0].AtOnce, limits[0].Agents));
        Assert.NotNull(limits[0].Until);
        Assert.Contains(2, limits.Select(limit => limit.AtOnce));

        // All at first, except those that were let through; then each number that is too large once.
        var refused = repository.Read(".beadswarm/refused").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        Assert.InRange(refused, 1, 12 - Places + 6);
    }
}
