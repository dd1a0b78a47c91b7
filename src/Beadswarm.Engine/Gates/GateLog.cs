using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Beadswarm.Processes;

namespace Beadswarm.Gates;

/// <summary>Reads the log of a gate: its hash, the matches of a pattern, and the part worth showing.</summary>
static class GateLog
{
    const int ShownBytesMax = 512 * 1024;

    /// <summary>A longer line is matched in pieces of this length.</summary>
    const int LineCharactersMax = 64 * 1024;

    const string NoSpace = "No space left on device";
    static readonly TimeSpan MatchTimeMax = TimeSpan.FromSeconds(1);

    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var log = UntrustedFile.OpenStream(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(log, cancellationToken));
    }

    /// <summary>Matches line by line, without the colours. Cancelling ends it with the line in hand.</summary>
    /// <exception cref="RegexMatchTimeoutException">The pattern takes too long on a line of this output.</exception>
    public static async Task<int> CountAsync(string path, string pattern, CancellationToken cancellationToken)
    {
        var regex = ToRegex(pattern);
        await using var log = UntrustedFile.OpenStream(path);
        using var reader = new StreamReader(log, Encoding.UTF8);
        var (count, length) = (0, 0);
        var buffer = new char[LineCharactersMax];
        while (true)
        {
            var read = await reader.ReadAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            var begun = 0;
            for (int end; (end = Array.IndexOf(buffer, '\n', begun, length - begun)) >= 0; begun = end + 1)
            {
                cancellationToken.ThrowIfCancellationRequested();
                count += Count(regex, buffer.AsSpan(begun..end));
            }

            if (read == 0 || (begun == 0 && length == buffer.Length))
            {
                count += length > begun ? Count(regex, buffer.AsSpan(begun..length)) : 0;
                begun = length;
            }

            if (read == 0)
            {
                return count;
            }

            buffer.AsSpan(begun..length).CopyTo(buffer);
            length -= begun;
        }
    }

    // A line that was overwritten in place, as progress is shown, is several lines.
    static int Count(Regex regex, ReadOnlySpan<char> line) =>
        OutputTrimming.Clean(line.TrimEnd('\r').ToString()).Split('\n').Sum(one => regex.Count(one));

    /// <summary>The beginning and the end; what lies between is in the log.</summary>
    public static string Shown(string path)
    {
        try
        {
            var head = UntrustedFile.ReadHead(path, ShownBytesMax) ?? [];
            var text = Encoding.UTF8.GetString(head);
            return head.Length < ShownBytesMax
                ? text
                : $"{text}\n{UntrustedFile.ReadTailText(path, ShownBytesMax)}";
        }
        catch (IOException unreadable)
        {
            return $"(the log cannot be read: {unreadable.Message})";
        }
    }

    public static bool MentionsNoSpace(string shown) => shown.Contains(NoSpace, StringComparison.OrdinalIgnoreCase);

    // A pattern that needs backtracking could take for ever on the right output; it gets a time limit.
    static Regex ToRegex(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, MatchTimeMax);
        }
    }
}
