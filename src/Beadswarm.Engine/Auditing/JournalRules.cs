using System.Globalization;
using Beadswarm.Journal;

namespace Beadswarm.Auditing;

/// <summary>What must be true of any journal by itself.</summary>
static class JournalRules
{
    const string Tampered =
        "the store was changed by another hand than the swarm's, or this is a defect: keep .beadswarm/ and report it";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("journal.gaps", "I10", "entries are numbered 1, 2, 3 and so on, without gaps and in order", Tampered,
            AuditNeeds.Nothing, Gaps),
        new("journal.starts", "I7 I10", "every swarm begins with swarm.started, and every start has a greater epoch",
            Tampered, AuditNeeds.Nothing, Starts),
        new("journal.grows", "I10", "what an earlier audit saw of the journal is there unchanged", Tampered,
            AuditNeeds.Seal, Grows),
    ];

    static IEnumerable<AuditFinding> Gaps(AuditView view)
    {
        var expected = 1L;
        foreach (var entry in view.Store.Journal)
        {
            if (entry.Sequence != expected)
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {Number(expected)} of the journal is missing or out of order",
                    $"the next one is {Number(entry.Sequence)}");
                expected = entry.Sequence;
            }

            expected++;
        }
    }

    static IEnumerable<AuditFinding> Starts(AuditView view)
    {
        var (swarm, epoch) = (0L, 0L);
        foreach (var entry in view.Store.Journal)
        {
            var started = entry.Event as JournalEvent.SwarmStarted;
            var begins = started is { Continued: false };
            if (entry.Swarm != swarm && (!begins || entry.Swarm < swarm))
            {
                yield return new AuditFinding(
                    entry.Bead,
                    $"entry {Number(entry.Sequence)} belongs to swarm {Number(entry.Swarm)}, which has not begun",
                    $"the swarm before it is {Number(swarm)}");
            }
            else if (begins && entry.Swarm == swarm)
            {
                yield return new AuditFinding(
                    null, $"swarm {Number(swarm)} begins a second time in entry {Number(entry.Sequence)}");
            }

            if (started is not null && started.Epoch <= epoch)
            {
                yield return new AuditFinding(
                    null, $"the start in entry {Number(entry.Sequence)} has epoch {Number(started.Epoch)}",
                    $"the one before had {Number(epoch)}");
            }

            (swarm, epoch) = (entry.Swarm, Math.Max(epoch, started?.Epoch ?? 0));
        }
    }

    static IEnumerable<AuditFinding> Grows(AuditView view)
    {
        var earlier = view.Input.Earlier.GetValueOrDefault();
        if (view.Store.Journal.Count < earlier.Entries)
        {
            yield return new AuditFinding(
                null, "the journal has become shorter",
                $"{Number(earlier.Entries)} entries then, {Number(view.Store.Journal.Count)} now");
        }
        else if (JournalSeal.Of([.. view.Store.Journal.Take((int)earlier.Entries)]) is var now && now != earlier)
        {
            yield return new AuditFinding(
                null, $"the first {Number(earlier.Entries)} entries of the journal are not what they were",
                $"digest {earlier.Digest} then, {now.Digest} now");
        }
    }

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
