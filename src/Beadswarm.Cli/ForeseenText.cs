using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Cli;

/// <summary>Conflicts that were foreseen, as far as they still stand.</summary>
static class ForeseenText
{
    public static string Say(JournalEvent.ConflictForeseen conflict) =>
        $"will conflict with {conflict.Other ?? conflict.OtherHead}"
        + $"{(conflict.Landed ? ", which has landed," : "")} in {conflict.Files}";

    /// <summary>Those of the bead's work as it is, with what others have as it is.</summary>
    /// <param name="headOf">What a bead has in flight; null: nothing any more.</param>
    public static IReadOnlyList<JournalEvent.ConflictForeseen> Standing(
        IEnumerable<JournalEvent> ofBead, string? head, Func<string, string?> headOf) =>
    [
        .. ofBead.OfType<JournalEvent.ConflictForeseen>().Where(conflict =>
            conflict.Head == head
            && (conflict.Landed || (conflict.Other is { } other && headOf(other) == conflict.OtherHead)))
            .GroupBy(conflict => conflict.Other).Select(same => same.Last()),
    ];

    /// <summary>What awaits a bead, from its journal and where the others stand.</summary>
    public static async Task<IReadOnlyList<JournalEvent.ConflictForeseen>> ReadAsync(
        IStoreReader store, BeadId bead, string? head, LandingQueue queue, CancellationToken cancellationToken)
    {
        var told = (await store.ReadJournalAsync(0, bead, int.MaxValue, cancellationToken))
            .Select(entry => entry.Event).OfType<JournalEvent.ConflictForeseen>()
            .Where(conflict => conflict.Head == head).ToArray();
        var heads = queue.Entries.ToDictionary(entry => entry.Bead.Value, entry => (string?)entry.ProposedCommit);
        foreach (var other in told.Where(conflict => !conflict.Landed).Select(conflict => conflict.Other).Distinct())
        {
            if (BeadId.TryParse(other, out var id) && !heads.ContainsKey(id.Value)
                && await store.ReadBeadAsync(id, cancellationToken)
                    is { State: BeadState.Pending or BeadState.Held } work)
            {
                heads[id.Value] = work.HeadCommit;
            }
        }

        return Standing(told, head, other => heads.GetValueOrDefault(other));
    }
}
