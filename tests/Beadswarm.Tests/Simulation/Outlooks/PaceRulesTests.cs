using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Estimates;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Outlooks;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Simulation.Outlooks;

/// <summary>What a plan takes from measurements, and what it has to assume.</summary>
public sealed class PaceRulesTests
{
    static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_agents_time_is_measured_without_its_gates_and_the_landers_without_waiting()
    {
        var meter = new WorkMeter();
        Tell(meter, 0, "a-1", new JournalEvent.StageStarted(1, "implement", 1, "b", "c"));
        Tell(meter, 50, "a-1", Gate("passed", 20));
        Tell(meter, 60, "a-1", Ended(1, "passed", 60));
        Tell(meter, 60, "a-1", new JournalEvent.LandingQueued(1, "h"));
        Tell(meter, 61, "a-2", new JournalEvent.LandingQueued(2, "h"));
        Tell(meter, 70, "a-1", Gate("passed", 7));
        Tell(meter, 72, "a-1", new JournalEvent.BeadLanded(1, "c", "t"));
        Tell(meter, 75, "a-2", new JournalEvent.BeadLanded(2, "c", "t"));
        Tell(meter, 80, "a-3", new JournalEvent.StageStarted(2, "implement", 1, "b", "c"));
        Tell(meter, 90, "a-3", Ended(2, "failed", 10));
        Tell(meter, 91, "a-3", new JournalEvent.StageStarted(3, "implement", 2, "b", "c"));
        Tell(meter, 95, "a-3", Ended(3, "interrupted", 4));

        var measures = meter.Measures;

        var implement = measures.Stages["implement"];
        Assert.Equal([40, 10], implement.Seconds);
        Assert.Equal((1, 1, 0), (implement.Passed, implement.Failed, implement.Troubles));
        Assert.Equal([20, 7], measures.Gates["test"]);
        Assert.Equal([5, 3], measures.Landing.Seconds);
    }

    [Fact]
    public void What_was_not_measured_is_assumed_and_said_to_be()
    {
        var pace = PaceRules.Resolve(Config(), WorkMeasures.Nothing, Assumptions.None);

        Assert.All(pace.Sources, source => Assert.Equal(0, source.Measured));
        Assert.Equal(PaceRules.StageDefault, Source(pace, "stage", "implement").Median);
        Assert.Equal(PaceRules.GateDefault, Source(pace, "gate", "test").Median);
        Assert.Equal(PaceRules.FailureRateDefault, Source(pace, "stage", "implement").FailureRate);
    }

    [Fact]
    public void What_was_measured_counts_unless_the_user_says_otherwise()
    {
        var measures = WorkMeasures.Nothing with
        {
            Stages = new Dictionary<string, MeasuredStage>
            {
                ["implement"] = new([100, 200, 300], [], 3, 1, 0),
            },
        };

        var measured = Source(PaceRules.Resolve(Config(), measures, Assumptions.None), "stage", "implement");
        var given = Source(
            PaceRules.Resolve(Config(), measures, new Assumptions(TimeSpan.FromMinutes(7), null, 0.5)), "stage",
            "implement");

        Assert.Equal((3, 200.0, 0.25, true),
            (measured.Measured, measured.Median.TotalSeconds, measured.FailureRate, measured.RateMeasured));
        Assert.Equal((0, 420.0, 0.5, false),
            (given.Measured, given.Median.TotalSeconds, given.FailureRate, given.RateMeasured));
    }

    static SwarmConfig Config() => WorldPlanning.Draw(1, FaultMix.None).Config with
    {
        Gates = new Dictionary<string, GateSpec> { ["test"] = new() { Name = "test", Run = "./test" } },
        Pipeline = new Pipeline(
            [new StageSpec { Name = StageName.Implement, Prompt = "implement", Gates = ["test"] }], 3,
            StageName.Implement),
    };

    static PaceSource Source(OutlookPace pace, string kind, string name) =>
        pace.Sources.Single(source => source.Kind == kind && source.Name == name);

    static JournalEvent.GateRan Gate(string status, int seconds) =>
        new("test", "c", "t", status, 0, "", seconds * 1000);

    static JournalEvent.StageEnded Ended(long run, string status, int seconds) =>
        new(run, "implement", 1, status, "", null, "keep", seconds * 1000);

    static void Tell(WorkMeter meter, int seconds, string bead, JournalEvent entry) =>
        meter.See(new JournalEntry(1, Start.AddSeconds(seconds), 1, BeadId.Parse(bead), null, entry));
}
