using Beadswarm.Beads;
using Beadswarm.Journal;
using Beadswarm.Landing.Queueing;
using Beadswarm.Swarms;

namespace Beadswarm.Control;

/// <summary>
/// What other processes may ask a running swarm to do. The swarm hands these in; the socket only carries them.
/// </summary>
/// <param name="Drain">Stop taking work, for the given reason.</param>
/// <param name="Terminate">End the agents too.</param>
/// <param name="Retry">Take a blocked bead up again.</param>
/// <param name="Release">Take a bead from whoever holds it, for the given reason.</param>
/// <param name="Follow">The journal's entries after a sequence number, then new ones as they are written.</param>
sealed record ControlCommands(
    Action<string> Drain,
    Action<string> Terminate,
    Func<BeadId, CancellationToken, Task<CommandReply>> Retry,
    Func<BeadId, string, CancellationToken, Task<CommandReply>> Release,
    Func<long, CancellationToken, IAsyncEnumerable<JournalEntry>> Follow)
{
    /// <summary>Writes the status, given as JSON, for a person's screen of so many columns.</summary>
    public Func<ReadOnlyMemory<byte>, int, string>? StatusText { get; init; }

    /// <summary>What only the running orchestrator knows, beside the status that was just read.</summary>
    public Func<StatusSnapshot, CancellationToken, Task<SwarmVitals>>? Vitals { get; init; }

    /// <summary>Where the landings stood when the lander last looked.</summary>
    public Func<CancellationToken, Task<LineReport>>? Line { get; init; }

    /// <summary>Does what a person asks of the merge queue.</summary>
    public Func<QueueRequest, CancellationToken, Task<CommandReply>>? Queue { get; init; }

    /// <summary>Answers whether a planner may begin or go on, and records what it used.</summary>
    public Func<BeadId, PlanCall, CancellationToken, Task<CommandReply>>? Plan { get; init; }

    /// <summary>
    /// Does what an external agent asks for. The answer is JSON; null while it is not done.
    /// </summary>
    public Func<ExternalCall, CancellationToken, Task<string?>>? External { get; init; }
}

/// <summary>Whether a command was carried out, and why not.</summary>
sealed record CommandReply(bool Done, string Message);

/// <summary>What a planner at work beside the swarm is asked about.</summary>
enum PlanAsk
{
    /// <summary>May it be started?</summary>
    Begin,

    /// <summary>May it go on, with what it has used so far?</summary>
    GoOn,

    /// <summary>It has ended and used this; also what a planning that was killed has left.</summary>
    Record,
}

/// <summary>A question about a planner.</summary>
/// <param name="Plan">What it has used.</param>
sealed record PlanCall(PlanAsk Ask, JournalEvent.PlanUsed Plan);

/// <summary>What a person asks of the merge queue.</summary>
abstract record QueueRequest
{
    QueueRequest() { }

    /// <summary>Nothing lands and no test begins until it is resumed.</summary>
    public sealed record Pause(string? Reason) : QueueRequest;

    public sealed record Resume : QueueRequest;

    /// <summary>The bead goes to the head of the queue.</summary>
    public sealed record First(BeadId Bead) : QueueRequest;

    /// <summary>The bead leaves the queue and is blocked.</summary>
    public sealed record Eject(BeadId Bead, string Reason) : QueueRequest;
}
