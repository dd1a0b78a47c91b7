namespace Beadswarm.Swarms;

/// <summary>
/// Whether a process runs the swarm of a repository, as seen from outside and without disturbing it: taking the lock to
/// find out would keep a swarm that starts at that moment from having it.
/// </summary>
abstract record SwarmPresence
{
    SwarmPresence() { }

    /// <summary>Nobody, and whoever did last has let go of it in good order.</summary>
    public sealed record Absent : SwarmPresence;

    /// <summary>A process that lives: it starts, runs, or is about to end.</summary>
    public sealed record Living(SwarmHolder Holder) : SwarmPresence;

    /// <summary>A process that is gone and has not said so: killed, or the machine was.</summary>
    public sealed record Dead(SwarmHolder Holder) : SwarmPresence;

    public static SwarmPresence Look(SwarmPaths paths) =>
        SwarmLock.ReadHolder(paths) switch
        {
            null or { Verb: not SwarmHolder.RunVerb } => new Absent(),
            { } holder => holder.IsRunning() ? new Living(holder) : new Dead(holder),
        };
}
