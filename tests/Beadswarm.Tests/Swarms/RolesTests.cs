using Beadswarm.Agents;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Several roles work one bead: each sees what the earlier ones left, and may be another program.</summary>
public sealed class RolesTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task What_one_program_has_written_another_one_reviews()
    {
        _repository.Bead("t-1").Agent(
            """
            if [ "$BEADSWARM_STAGE-$BEADSWARM_ATTEMPT" = qa-enforcer-1 ]; then
              echo "{\"verdict\":\"fail\",\"summary\":\"$WHO objects\"}" > "$BEADSWARM_RESULT"; exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config(change: config => config with
        {
            Runners = new Dictionary<string, RunnerSpec>
            {
                ["first"] = Named(config.Runners["sh"], "first"),
                ["second"] = Named(config.Runners["sh"], "second"),
            },
            Pools =
            [
                new PoolConfig("implementer", 1, "first", [new("contract"), StageName.Implement]),
                new PoolConfig("reviewer", 1, "second", [new("qa-enforcer"), new("red-queen")]),
            ],
        }));

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(
            [
                "contract 1 first", "implement 1 first", "qa-enforcer 1 second", "implement 2 first",
                "qa-enforcer 2 second", "red-queen 2 second",
            ],
            (await _repository.JournalAsync()).Select(entry => entry.Event).OfType<JournalEvent.AgentUsed>()
                .Select(used => $"{used.Stage} {used.Attempt} {used.Runner}"));
        Assert.Contains(
            "second objects", _repository.Given("t-1", "implement", 2, "prompt.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_role_is_given_what_the_roles_before_it_left()
    {
        _repository.Bead("t-1").Agent(
            """
            case $BEADSWARM_STAGE in
            plan) echo "TOUCHES work/t-1" > "$BEADSWARM_CONTEXT/plan.md"; exit 0 ;;
            contract) grep -q TOUCHES "$BEADSWARM_CONTEXT/plan.md" || exit 1
              echo "POSTCONDITION of t-1" > "$BEADSWARM_CONTEXT/contract.md"; exit 0 ;;
            esac
            """).Commit();

        var roles = PipelinePresets.Find("roles")!; // one that ships
        var pipeline = PipelinePresets.Build(roles, ["check"], PipelinePresets.MaxAttempts);
        var outcome = await _repository.RunAsync(_repository.Config(change: config => config with
        {
            Pipeline = pipeline,
            Pools =
            [
                .. roles.Pools.Select(pool =>
                    new PoolConfig(pool.Role, 1, "sh", PipelinePresets.StagesOf(pool.Role, pipeline))),
            ],
        }));

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(
            ["plan 1 Passed", "contract 1 Passed", "implement 1 Passed", "qa-enforcer 1 Passed", "red-queen 1 Passed"],
            await _repository.HistoryAsync("t-1"));
        Assert.Contains("TOUCHES work/t-1", Prompt("contract"), StringComparison.Ordinal);
        foreach (var stage in new[] { "implement", "qa-enforcer", "red-queen" })
        {
            Assert.Contains("POSTCONDITION of t-1", Prompt(stage), StringComparison.Ordinal);
        }

        Assert.Contains("You are the test writer", Prompt("contract"), StringComparison.Ordinal);
        Assert.Contains("You are the implementer", Prompt("implement"), StringComparison.Ordinal);
        Assert.Contains("You are the reviewer", Prompt("qa-enforcer"), StringComparison.Ordinal);
    }

    public void Dispose() => _repository.Dispose();

    string Prompt(string stage) => _repository.Given("t-1", stage, 1, "prompt.md");

    static RunnerSpec Named(RunnerSpec runner, string name) => runner with
    {
        Name = name,
        Environment = new Dictionary<string, string> { ["WHO"] = name },
    };
}
