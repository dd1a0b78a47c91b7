namespace Beadswarm.Simulation.Storage;

/// <summary>
/// Where in an operation of the store whoever looks on may delay it, fail it, or never let it return.
/// </summary>
enum StoreStep
{
    /// <summary>Nothing was read or written yet: an exception here is a failure of which nothing was applied.</summary>
    BeforeCommit,

    /// <summary>All of it is durable: an exception here is an answer that was lost.</summary>
    AfterCommit,
}
