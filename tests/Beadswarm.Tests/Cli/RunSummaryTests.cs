using System.Text;
using Beadswarm.Cli;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

public sealed class RunSummaryTests
{
    [Fact]
    public void Every_end_of_a_run_has_its_summary_and_its_exit_code()
    {
        var text = new StringBuilder();
        foreach (var end in Enum.GetValues<SwarmEnd>())
        {
            var outcome = new SwarmOutcome(
                end, end == SwarmEnd.Meltdown ? "31 failures in 10 s" : null, Landed: 20, Blocked: 2, Left: 1,
                Pending: 3, Target: end == SwarmEnd.Drained ? 22 : null, Attempts: 41, TimeSpan.FromSeconds(754.25));
            text.Append($"{end}\n{RunSummary.ToText(outcome)}\n")
                .Append(RunSummary.ToJson(outcome, RunSummary.ExitCodeOf(end))).Append("\n\n");
        }

        Snapshot.Match(text.ToString());
    }

    [Fact]
    public void Every_end_of_a_run_has_an_exit_code_of_its_own()
    {
        var codes = Enum.GetValues<SwarmEnd>().Select(RunSummary.ExitCodeOf).ToArray();

        Assert.Equal(codes.Length, codes.Distinct().Count());
    }
}
