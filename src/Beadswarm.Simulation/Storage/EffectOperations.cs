using Beadswarm.Claims;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>Effects that are intended and settled.</summary>
static class EffectOperations
{
    public static EffectId? Intend(StoreTransaction transaction, SwarmEpoch epoch, NewEffect effect)
    {
        if (transaction.Hold(epoch) is null)
        {
            return null;
        }

        var id = new EffectId(transaction.Tables.Effects.Next);
        transaction.Tables.Effects.Add(new OpenEffect(id, effect, transaction.Now));
        transaction.Append(effect.Bead, effect.Agent, EffectRules.Intended(id, effect));
        return id;
    }

    public static WriteOutcome Settle(StoreTransaction transaction, SwarmEpoch epoch, EffectId id, string outcome)
    {
        if (transaction.Hold(epoch) is null || transaction.Tables.Effects.Find(id.Value) is not { } open)
        {
            return WriteOutcome.Fenced;
        }

        transaction.Tables.Effects.Put(id.Value, null);
        transaction.Append(open.Effect.Bead, open.Effect.Agent, EffectRules.Done(open, outcome));
        return WriteOutcome.Done;
    }
}
