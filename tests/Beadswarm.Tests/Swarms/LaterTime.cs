namespace Beadswarm.Tests.Swarms;

/// <summary>The machine's clock, some time later.</summary>
sealed class LaterTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
