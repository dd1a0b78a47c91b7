namespace Beadswarm.Pipelines;

/// <summary>Finds the word that was probably meant.</summary>
static class Suggestion
{
    /// <summary>Longer words are not compared: nobody mistypes that much, and the work grows with the square.</summary>
    const int LengthMax = 64;

    /// <summary>Candidates that are listed; more than anybody reads, and than the keys of any section.</summary>
    const int KnownMax = 60;

    /// <summary>The nearest candidate, or null when none is near enough to be what was meant.</summary>
    public static string? For(string word, IEnumerable<string> candidates)
    {
        if (word.Length is 0 or > LengthMax)
        {
            return null;
        }

        var tolerance = Math.Max(1, word.Length / 3);
        return candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(word, candidate)))
            .Where(pair => pair.Distance <= tolerance)
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Candidate, StringComparer.Ordinal)
            .Select(pair => pair.Candidate)
            .FirstOrDefault();
    }

    /// <summary>The end of an error message: the nearest word, or else all of them.</summary>
    public static string Hint(string word, IReadOnlyCollection<string> candidates) =>
        For(word, candidates) is { } near ? $"did you mean '{near}'?"
        : candidates.Count == 0 ? "none is known here"
        : $"known: {string.Join(", ", candidates.Take(KnownMax))}{(candidates.Count > KnownMax ? ", …" : "")}";

    /// <summary>
    /// Edits (insert, delete, replace, swap of neighbours) from one word to the other, ignoring case.
    /// </summary>
    static int Distance(string left, string right)
    {
        if (right.Length > LengthMax)
        {
            return int.MaxValue;
        }

        var table = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            table[i, 0] = i;
        }

        for (var j = 0; j <= right.Length; j++)
        {
            table[0, j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var best = Math.Min(table[i - 1, j] + 1, table[i, j - 1] + 1);
                best = Math.Min(best, table[i - 1, j - 1] + (Same(left[i - 1], right[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    best = Math.Min(best, table[i - 2, j - 2] + 1);
                }

                table[i, j] = best;
            }
        }

        return table[left.Length, right.Length];
    }

    static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
