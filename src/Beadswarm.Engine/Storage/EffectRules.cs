using Beadswarm.Journal;

namespace Beadswarm.Storage;

/// <summary>How effects are told in the journal, by every driver in the same words.</summary>
static class EffectRules
{
    public static JournalEvent Intended(EffectId id, NewEffect effect) => new JournalEvent.EffectIntended(
        id.Value, StoredNames.Of(effect.Kind), effect.Subject, effect.From, effect.To);

    public static JournalEvent Done(OpenEffect open, string outcome) => new JournalEvent.EffectDone(
        open.Id.Value, StoredNames.Of(open.Effect.Kind), open.Effect.Subject, outcome);

    /// <summary>Whether it was done on behalf of an agent's claim, and not by whoever lands.</summary>
    public static bool IsOfAgent(OpenEffect open) => open.Effect.Kind
        is EffectKind.Workspace or EffectKind.Rescue or EffectKind.Process or EffectKind.Termination;

    /// <summary>Of one that is in a journal.</summary>
    public static bool Is(JournalEvent.EffectIntended effect, EffectKind kind) => effect.Kind == StoredNames.Of(kind);
}
