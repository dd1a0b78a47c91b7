namespace Beadswarm.Landing.Queueing;

/// <summary>
/// In which order landings enter the line: what is more urgent first, and nothing waits for ever. Each step of priority
/// stands for a time of waiting, so a landing is overtaken only by what arrives within that time for each step between
/// them. The order of two never changes: what is under test stays of use.
/// </summary>
static class QueueOrder
{
    /// <param name="aging">What a step of priority is worth; none: the order of arrival.</param>
    public static IReadOnlyList<LandingEntry> Of(IEnumerable<LandingEntry> queued, TimeSpan aging) =>
    [
        .. queued.OrderBy(entry => entry.QueuedAt + (aging * entry.Priority)).ThenBy(entry => entry.Id.Value),
    ];
}
