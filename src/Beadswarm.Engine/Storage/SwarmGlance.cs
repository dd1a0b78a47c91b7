using Beadswarm.Swarms;

namespace Beadswarm.Storage;

/// <summary>One of the swarms that a database keeps, each in a schema of its own.</summary>
/// <param name="Name">Of its schema, or of its file.</param>
abstract record SwarmGlance(string Name, StorePlace Place)
{
    public sealed record Seen(string Name, StorePlace Place, StatusSnapshot Status) : SwarmGlance(Name, Place);

    /// <summary>It is there, and this program cannot read it, or this user may not.</summary>
    public sealed record Unreadable(string Name, StorePlace Place, string Why) : SwarmGlance(Name, Place);
}
