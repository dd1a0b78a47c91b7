using Beadswarm.Journal;
using Beadswarm.Simulation.Storage;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Checking;

/// <summary>
/// Compares every write that took effect with who was entitled to it: by what was granted, not by what the store lets
/// through.
/// </summary>
sealed class WriteWatch(SimulatedWorld world, ClaimWatch claims)
{
    long _epoch;

    public void See(JournalEntry entry)
    {
        if (entry.Event is JournalEvent.SwarmStarted started)
        {
            if (started.Epoch <= _epoch)
            {
                throw new ViolationException(
                    Invariant.NewEpoch, $"{started.Node} begins in epoch {started.Epoch} after epoch {_epoch}");
            }

            _epoch = started.Epoch;
        }
    }

    public void Wrote(StoreWrite write)
    {
        if (!write.Changed)
        {
            return;
        }

        if (write.Claim is { } claim && !claims.IsCurrent(claim))
        {
            world.Violate(
                Invariant.StaleWrite,
                $"{write.Operation} took effect by {claim}, and the bead is held by {claims.HolderOf(claim.Bead)}");
        }

        if (write.Epoch is { } epoch && epoch.Value < _epoch)
        {
            world.Violate(
                Invariant.StaleWrite,
                $"{write.Operation} took effect in epoch {epoch.Value}, and epoch {_epoch} has begun");
        }
    }
}
