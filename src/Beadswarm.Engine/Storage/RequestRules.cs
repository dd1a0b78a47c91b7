namespace Beadswarm.Storage;

/// <summary>How long what a request of an external agent came to is remembered.</summary>
static class RequestRules
{
    /// <summary>Longer than any agent asks again; older ones are forgotten by the next start.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);
}
