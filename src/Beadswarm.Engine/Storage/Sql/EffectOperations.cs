using Beadswarm.Claims;
using Beadswarm.Swarms;

namespace Beadswarm.Storage.Sql;

/// <summary>Effects that are intended and settled.</summary>
static class EffectOperations
{
    public static EffectId? Intend(SqlSession session, StoreInstant now, SwarmEpoch epoch, NewEffect effect)
    {
        if (session.Hold(epoch) is null)
        {
            return null;
        }

        var id = new EffectId(session.First("InsertEffect", row => row.GetInt64(0),
            ("kind", StoredNames.Of(effect.Kind)), ("subject", effect.Subject), ("bead", effect.Bead?.Value),
            ("agent", effect.Agent?.Value), ("from", effect.From), ("to", effect.To), ("now", now)));
        session.Append(now, effect.Bead, effect.Agent, EffectRules.Intended(id, effect));
        return id;
    }

    public static WriteOutcome Settle(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, EffectId id, string outcome)
    {
        if (session.Hold(epoch) is null
            || session.First("DeleteEffect", Rows.Effect, ("id", id.Value)) is not { } open)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, open.Effect.Bead, open.Effect.Agent, EffectRules.Done(open, outcome));
        return WriteOutcome.Done;
    }
}
