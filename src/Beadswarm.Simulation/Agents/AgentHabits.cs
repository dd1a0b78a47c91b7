namespace Beadswarm.Simulation.Agents;

/// <summary>How a simulated agent goes about a stage.</summary>
enum AgentConduct
{
    /// <summary>Does what it was asked to, and commits it.</summary>
    Good,

    /// <summary>Says that it failed: by its verdict where it gives one, else by its exit code.</summary>
    Fails,

    /// <summary>Leaves work that the gates fail on, and says that all is well.</summary>
    Lies,

    /// <summary>Changes nothing, and says that all is well.</summary>
    Idles,

    /// <summary>Does its work and leaves it uncommitted.</summary>
    LeavesUncommitted,

    /// <summary>Commits on a branch of its own making.</summary>
    CommitsElsewhere,

    /// <summary>Commits on a detached HEAD.</summary>
    CommitsDetached,

    /// <summary>Stops in the middle of a rebase.</summary>
    LeavesRebase,

    /// <summary>Edits the tracker's file in its workspace.</summary>
    EditsTracker,

    /// <summary>Falls silent and never ends.</summary>
    Hangs,

    /// <summary>Never ends, and never falls silent.</summary>
    Babbles,

    /// <summary>A signal ends it.</summary>
    Crashes,

    /// <summary>Prints more than is kept.</summary>
    Floods,

    /// <summary>Its vendor refuses more for now.</summary>
    IsRateLimited,

    /// <summary>Its vendor cannot serve at the moment.</summary>
    IsOverloaded,

    /// <summary>Its login has run out.</summary>
    IsUnauthorized,

    /// <summary>Uses up its turns.</summary>
    GivesUp,

    /// <summary>Its result cannot be read.</summary>
    Mumbles,

    /// <summary>Does its work, and leaves something running that goes on writing.</summary>
    LeavesProcess,
}

/// <summary>How often the agents of one run misbehave, and how.</summary>
/// <param name="Rate">Of all executions of stages.</param>
/// <param name="Conducts">What they then do.</param>
/// <param name="BrokenRate">How often a first try does not pass the gates although it was well meant.</param>
sealed record AgentHabits(double Rate, IReadOnlyList<AgentConduct> Conducts, double BrokenRate)
{
    public static readonly AgentHabits Reliable = new(0, [], 0);

    public AgentConduct Draw(Chance chance) =>
        Conducts.Count > 0 && chance.Happens(Rate) ? chance.Pick(Conducts) : AgentConduct.Good;
}
