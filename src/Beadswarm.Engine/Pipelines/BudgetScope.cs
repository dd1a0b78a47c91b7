namespace Beadswarm.Pipelines;

/// <summary>Whose limit of money or tokens is meant.</summary>
enum BudgetScope
{
    /// <summary>One that the agent's own program was given.</summary>
    Execution,
    Bead,

    /// <summary>The swarm, over all its runs.</summary>
    Swarm,

    /// <summary>The day, in UTC, over all swarms of this store.</summary>
    Day,
}
