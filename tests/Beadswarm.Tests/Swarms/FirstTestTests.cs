using Beadswarm.Gates;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// Tests are written before what they test: they must be red then, must still be there when it is implemented, and
/// reviews are told where they are different.
/// </summary>
public sealed class FirstTestTests
{
    static readonly FirstTest[] Two = [new("a.test", "1"), new("b c.test", "2")];

    [Fact]
    public void The_list_of_tests_is_read_back_as_it_was_written()
    {
        var read = FirstTestRules.Read(FirstTestRules.Write("c0ffee", Two));

        Assert.Equal("c0ffee", read.Commit);
        Assert.Equal(Two, read.Tests);
        Assert.Empty(FirstTestRules.Read("anything else").Tests);
    }

    [Theory]
    [InlineData("1", "2", null, "All 2 files")]
    [InlineData("1", "3", null, "- b c.test")]
    [InlineData(null, "2", "a.test", "")]
    [InlineData(null, null, "a.test, b c.test", "")]
    public void A_test_that_is_gone_is_a_failure_and_a_changed_one_is_told(
        string? first, string? second, string? gone, string told)
    {
        var (end, document) = FirstTestRules.Compare("c0ffee", Two, path => path == "a.test" ? first : second);

        Assert.Equal(gone, (end as StageEnd.TestsGone)?.Paths);
        Assert.Contains(told, document, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_gate_that_failed_by_itself_proves_anything()
    {
        Assert.IsType<StageEnd.NotRed>(FirstTestRules.Unproven("test", new GatesOutcome.Passed()));
        Assert.Null(FirstTestRules.Unproven("test", new GatesOutcome.Failed(Result(GateStatus.Failed, 1))));
        Assert.IsType<StageEnd.GateFailed>(
            FirstTestRules.Unproven("test", new GatesOutcome.Failed(Result(GateStatus.Failed, null))));
        Assert.IsType<StageEnd.Unavailable>(
            FirstTestRules.Unproven("test", new GatesOutcome.NoVerdict(Result(GateStatus.NoVerdict, null))));
    }

    [Fact]
    public async Task Tests_that_pass_before_there_is_what_they_test_and_tests_that_are_gone_are_returned()
    {
        // The first tests prove nothing; the first implementation removes what the second ones demand.
        using var repository = new SwarmRepository
        {
            AgentScript =
                """
                case $BEADSWARM_STAGE-$BEADSWARM_ATTEMPT in
                contract-1) echo 'true' > a.test ;;
                contract-*) echo 'test -e a' > a.test ;;
                implement-2) git rm -q a.test ;;
                implement-3) echo x > a; echo 'test -s a' > a.test ;;
                esac
                [ $BEADSWARM_STAGE = red-queen ] && cp "$BEADSWARM_CONTEXT/tests-compared.md" "$R/.beadswarm/seen"
                case $BEADSWARM_STAGE in
                contract|implement) git add -A; git commit -qm work ;;
                *) echo '{"verdict":"pass"}' > "$BEADSWARM_RESULT" ;;
                esac
                """,
        };
        repository.Write("gate.sh", "for f in *.test; do [ ! -e \"$f\" ] || sh \"$f\" || exit 1; done\n");
        repository.Bead("t-1").Commit();

        var outcome = await repository.RunAsync(repository.Config(1, config => config with
        {
            Pipeline = config.Pipeline with
            {
                Stages =
                [
                    config.Pipeline.Stages[0] with { RedGates = ["check"] }, .. config.Pipeline.Stages.Skip(1),
                ],
            },
        }));

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(
            [
                "contract 1 Failed", "contract 2 Passed", "implement 2 Failed", "implement 3 Passed",
                "qa-enforcer 3 Passed", "red-queen 3 Passed",
            ],
            await repository.HistoryAsync("t-1"));
        Assert.Contains("- a.test", repository.Read(".beadswarm/seen"), StringComparison.Ordinal);
    }

    static GateResult Result(GateStatus status, int? exitCode) => new(
        "test", "recipe", "commit", "tree", status, exitCode, "it ended so", "log", "0", "", null, default, default);
}
