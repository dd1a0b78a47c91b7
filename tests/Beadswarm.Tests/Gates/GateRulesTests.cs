using Beadswarm.Gates;
using Beadswarm.Processes;

namespace Beadswarm.Tests.Gates;

public sealed class GateRulesTests
{
    [Theory]
    [InlineData(5, null, "First { Count = 5 }", 5)]
    [InlineData(5, 5, "Held { Count = 5 }", null)]
    [InlineData(4, 5, "Ratcheted { Count = 4, Baseline = 5 }", 4)]
    [InlineData(6, 5, "Grew { Count = 6, Baseline = 5 }", null)]
    [InlineData(0, 0, "Held { Count = 0 }", null)]
    public void A_baseline_is_set_once_and_only_ever_lowered(int count, int? baseline, string decision, int? stored)
    {
        Assert.Equal(decision, BaselineRules.Judge(count, baseline).ToString());
        Assert.Equal(stored, BaselineRules.AfterLanding(count, baseline));
    }

    [Fact]
    public void Every_end_has_a_judgement()
    {
        Check(new ShellEnd.Exited(0), GateStatus.Passed, "exit code 0");
        Check(new ShellEnd.Exited(1), GateStatus.Failed, "exit code 1");
        Check(new ShellEnd.Exited(137), GateStatus.NoVerdict, "killed from outside; out of memory?");
        Check(new ShellEnd.Killed(9), GateStatus.NoVerdict, "killed from outside; out of memory?");
        Check(new ShellEnd.Killed(11), GateStatus.Failed, "ended by signal 11");
        Check(new ShellEnd.LogLimit(7), GateStatus.Failed, "wrote more than 7 bytes");
        Check(new ShellEnd.NotStarted("no sh"), GateStatus.NoVerdict, "no sh");
    }

    [Fact]
    public void A_failure_on_a_full_disk_is_no_verdict_and_a_success_stays_one()
    {
        Check(new ShellEnd.Exited(1), GateStatus.NoVerdict, "the disk is full", diskFull: true);
        Check(new ShellEnd.Exited(0), GateStatus.Passed, "exit code 0", diskFull: true);
    }

    [Fact]
    public void The_recipe_depends_on_what_decides_the_result_and_on_nothing_else()
    {
        var spec = new GateSpec { Name = "a", Run = "make" };
        var environment = new Dictionary<string, string> { ["PATH"] = "/bin", ["TERM"] = "xterm" };
        var recipe = GateRecipe.Hash(spec, environment);

        Assert.Equal(recipe, GateRecipe.Hash(spec with { Name = "b", Cleanup = "x" }, environment));
        Assert.Equal(
            recipe, GateRecipe.Hash(spec, new Dictionary<string, string> { ["TERM"] = "dumb", ["PATH"] = "/bin" }));
        Assert.NotEqual(recipe, GateRecipe.Hash(spec with { Run = "make test" }, environment));
        Assert.NotEqual(recipe, GateRecipe.Hash(spec with { Timeout = TimeSpan.FromSeconds(1) }, environment));
        Assert.NotEqual(recipe, GateRecipe.Hash(spec with { CountPattern = "x" }, environment));
        Assert.NotEqual(recipe, GateRecipe.Hash(spec, new Dictionary<string, string> { ["PATH"] = "/usr/bin" }));
    }

    static void Check(ShellEnd end, GateStatus status, string reason, bool diskFull = false)
    {
        var judgement = GateRules.Judge(end, diskFull, null, null);
        Assert.Equal((status, reason), (judgement.Status, judgement.Reason));
    }
}
