using Beadswarm.Configuration;
using Beadswarm.Estimates;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>Puts together what was measured and what has to be assumed, and remembers which is which.</summary>
static class PaceRules
{
    /// <summary>What is assumed where nothing was measured and the user says nothing.</summary>
    public static readonly TimeSpan StageDefault = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan GateDefault = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LandingDefault = TimeSpan.FromSeconds(1);
    public const double FailureRateDefault = 0.1;

    /// <summary>How certain an assumed rate is: as if it came from so many executions.</summary>
    const int AssumedExecutions = 100;

    /// <summary>Deviation of the logarithm of assumed durations, as agents and builds have it.</summary>
    const double AssumedSpread = 0.5;

    /// <summary>Places of the normal distribution with an equal share of it about each.</summary>
    static readonly double[] Places = [-1.59, -0.97, -0.59, -0.28, 0, 0.28, 0.59, 0.97, 1.59];

    public static OutlookPace Resolve(SwarmConfig config, WorkMeasures measures, Assumptions assumptions)
    {
        var sources = new List<PaceSource>();
        var stages = config.Pipeline.Stages.Select(stage => OfStage(stage, measures, assumptions, sources)).ToArray();
        var gates = config.Gates.Keys.Order(StringComparer.Ordinal)
            .ToDictionary(gate => gate, gate => OfGate(gate, measures, assumptions, sources));
        return new OutlookPace(stages, gates, OfLanding(measures, sources), sources);
    }

    /// <summary>Durations about a median, most near it and a few far from it.</summary>
    public static IReadOnlyList<double> Assumed(TimeSpan median) =>
        [.. Places.Select(place => median.TotalSeconds * Math.Exp(AssumedSpread * place))];

    static MeasuredStage OfStage(
        StageSpec stage, WorkMeasures measures, Assumptions assumptions, List<PaceSource> sources)
    {
        var known = measures.Stages.GetValueOrDefault(stage.Name.Value) ?? MeasuredStage.Nothing;
        var measured = known.Seconds.Count > 0;
        var byAgent = stage.Kind == StageKind.Agent;
        var given = byAgent ? assumptions.Stage : null;
        var seconds = given is { } median ? Assumed(median)
            : measured ? known.Seconds
            : byAgent ? Assumed(StageDefault)
            : [0.0];
        var isChecked = stage.VerdictRequired || stage.Gates.Count > 0;
        var rateMeasured = assumptions.FailureRate is null && measured;
        var rate = isChecked ? assumptions.FailureRate ?? FailureRateDefault : 0;
        var (passed, failed, troubles) = rateMeasured
            ? (known.Passed, known.Failed, known.Troubles)
            : (Share(1 - rate), Share(rate), 0);
        sources.Add(new PaceSource(
            "stage", stage.Name.Value, given is null && measured ? known.Seconds.Count : 0, Median(seconds),
            rateMeasured || isChecked ? failed / (double)Math.Max(1, passed + failed) : null, rateMeasured));
        return new MeasuredStage(seconds, [], passed, failed, troubles);
    }

    static IReadOnlyList<double> OfGate(
        string gate, WorkMeasures measures, Assumptions assumptions, List<PaceSource> sources)
    {
        var known = assumptions.Gate is null ? measures.Gates.GetValueOrDefault(gate) ?? [] : [];
        var seconds = known.Count > 0 ? known : Assumed(assumptions.Gate ?? GateDefault);
        sources.Add(new PaceSource("gate", gate, known.Count, Median(seconds), null, false));
        return seconds;
    }

    static MeasuredStage OfLanding(WorkMeasures measures, List<PaceSource> sources)
    {
        var known = measures.Landing;
        var measured = known.Seconds.Count > 0;
        var landing = measured ? known : new MeasuredStage(Assumed(LandingDefault), [], AssumedExecutions, 0, 0);
        sources.Add(new PaceSource(
            "landing", "beside its gates", measured ? known.Seconds.Count : 0, Median(landing.Seconds),
            landing.Failed / (double)Math.Max(1, landing.Passed + landing.Failed), measured));
        return landing;
    }

    static int Share(double rate) => (int)Math.Round(rate * AssumedExecutions);

    static TimeSpan Median(IReadOnlyList<double> seconds) =>
        TimeSpan.FromSeconds(EstimateRules.Quantile([.. seconds.Order()], 0.5));
}
