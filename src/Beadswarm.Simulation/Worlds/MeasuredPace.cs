using Beadswarm.Estimates;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Agents;

namespace Beadswarm.Simulation.Worlds;

/// <summary>
/// How long things take and how often they fail, drawn from what a real swarm has measured. One draw for each run, as
/// the estimate of <c>status</c> makes one for each play: how little is known is part of what is drawn.
/// </summary>
/// <param name="stages">The pipeline's, in the order of <paramref name="chances"/>, which has the landing last.</param>
/// <param name="gates">Durations by the gate's name.</param>
/// <param name="slowness">How many seconds of what was measured are one in the world.</param>
sealed class MeasuredPace(
    IReadOnlyList<StageName> stages, Estimates.Chances chances, IReadOnlyDictionary<string, DrawnTimes> gates,
    double slowness)
{
    /// <summary>What takes no time at all would be no step of its own.</summary>
    static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    public TimeSpan OfStage(StageName stage, Chance chance) =>
        Span(chances.Seconds(PlaceOf(stage), RandomOf(chance)));

    public TimeSpan OfGate(string gate, Chance chance) => Span(gates[gate].Next(RandomOf(chance)));

    /// <summary>What the lander does beside its gates.</summary>
    public TimeSpan OfLanding(Chance chance) => Span(chances.Seconds(stages.Count, RandomOf(chance)));

    /// <summary>Whether a landing is returned, as conflicts and red gates do it.</summary>
    public bool Returns(Chance chance) => chances.Fails(stages.Count, RandomOf(chance));

    /// <summary>How an agent goes about this execution of a stage.</summary>
    /// <param name="gated">What it fails at is shown by the gates of the stage.</param>
    public AgentConduct Conduct(StageName stage, bool gated, Chance chance)
    {
        var (place, random) = (PlaceOf(stage), RandomOf(chance));
        return chances.IsTrouble(place, random) ? AgentConduct.Crashes
            : !chances.Fails(place, random) ? AgentConduct.Good
            : gated ? AgentConduct.Lies
            : AgentConduct.Fails;
    }

    static Random RandomOf(Chance chance) => new(chance.Below(int.MaxValue));

    TimeSpan Span(double seconds) =>
        TimeSpan.FromSeconds(seconds / slowness) is var span && span > Least ? span : Least;

    int PlaceOf(StageName stage)
    {
        for (var place = 0; place < stages.Count; place++)
        {
            if (stages[place] == stage)
            {
                return place;
            }
        }

        throw new KeyNotFoundException($"the pipeline has no stage '{stage}'");
    }
}
