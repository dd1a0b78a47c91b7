using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Beadswarm.Journal;
using Beadswarm.Storage;

namespace Beadswarm.Auditing;

/// <summary>
/// A journal as it was at some time: how many entries, and a digest of all of them. Whoever keeps it can prove later
/// that the journal has only grown since.
/// </summary>
readonly record struct JournalSeal(long Entries, string Digest)
{
    const int DigestDigits = 64;

    public static JournalSeal Of(IReadOnlyCollection<JournalEntry> journal)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in journal)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Sequence} {StoreTime.ToMicros(entry.At)} {entry.Swarm} {entry.Bead} {entry.Agent} "
                + $"{StoredEvent.Write(entry.Event)}\n")));
        }

        return new JournalSeal(journal.Count, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out JournalSeal seal)
    {
        seal = default;
        if (text?.Split(':') is not [var entries, var digest]
            || !long.TryParse(entries, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || digest.Length != DigestDigits || !digest.All(char.IsAsciiHexDigitLower))
        {
            return false;
        }

        seal = new JournalSeal(count, digest);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Entries}:{Digest}");
}
