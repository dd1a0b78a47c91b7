using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Auditing;

/// <summary>What a landing or a commit of the tracker's file was to make of the target.</summary>
/// <param name="Landing">Null for a commit of the tracker's file.</param>
/// <param name="Base">Null where the journal does not say.</param>
/// <param name="Order">Of the entries that move the target: its place.</param>
sealed record TargetMove(long Sequence, BeadId? Bead, long? Landing, string? Base, string Commit, int Order);

/// <summary>The input of an audit with what many rules ask of it.</summary>
sealed class AuditView
{
    public AuditView(AuditInput input)
    {
        Input = input;
        Steps = [.. JournalFold.Replay(input.Store.Journal)];
        Moment = input.Alive ? AuditMoment.Running : input.Store.Swarm.Status switch
        {
            SwarmStatus.Starting or SwarmStatus.Running or SwarmStatus.Stopping => AuditMoment.Interrupted,

            // Decided, and then killed before the tracker and the target were told.
            SwarmStatus.Stopped or SwarmStatus.Completed when !Ended() => AuditMoment.Interrupted,
            SwarmStatus.Stopped => AuditMoment.Stopped,
            SwarmStatus.Completed => AuditMoment.Completed,
        };
        Moves = [.. FindMoves()];
        MovesByCommit = Moves.ToLookup(move => move.Commit);
    }

    public AuditInput Input { get; }

    public AuditedStore Store => Input.Store;

    public AuditMoment Moment { get; }

    /// <summary>The journal, each entry with where its bead stood.</summary>
    public IReadOnlyList<JournalStep> Steps { get; }

    /// <summary>What the journal says that the swarm was about to put onto the target, in order.</summary>
    public IReadOnlyList<TargetMove> Moves { get; }

    public ILookup<string, TargetMove> MovesByCommit { get; }

    /// <summary>
    /// Enough has landed: what is left over, even in the queue, waits for the next run by intention.
    /// </summary>
    public bool TargetReached => Store.Swarm.Target is { } target
        && Store.Beads.Count(bead => bead.State is BeadState.Completed or BeadState.Left) >= target;

    /// <summary>Entries of one kind.</summary>
    public IEnumerable<(JournalEntry Entry, TEvent Event, JournalStep Step)> Of<TEvent>() where TEvent : JournalEvent =>
        from step in Steps
        let happened = step.Entry.Event as TEvent
        where happened is not null
        select (step.Entry, happened, step);

    bool Ended() => Store.Journal.LastOrDefault(
        entry => entry.Event is JournalEvent.SwarmEnded or JournalEvent.SwarmStarted)
        is { Event: JournalEvent.SwarmEnded };

    IEnumerable<TargetMove> FindMoves()
    {
        var order = 0;
        foreach (var entry in Store.Journal)
        {
            if (entry.Event is JournalEvent.EffectIntended { To: { } to } effect
                && EffectRules.Is(effect, EffectKind.TrackerCommit))
            {
                yield return new TargetMove(entry.Sequence, null, null, effect.From, to, order++);
            }
            else if (entry.Event is JournalEvent.LandingIntended intended)
            {
                yield return new TargetMove(
                    entry.Sequence, entry.Bead, intended.Landing, intended.Base, intended.Candidate, order++);
            }
        }
    }
}
