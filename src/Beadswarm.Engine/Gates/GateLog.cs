using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Beadswarm.Processes;

namespace Beadswarm.Gates;

/// <summary>Reads the log of a gate: its hash, the matches of a pattern, and the part worth showing.</summary>
static class GateLog
{
    const int ShownBytesMax = 512 * 1024;
    const string NoSpace = "No space left on device";
    static readonly TimeSpan MatchTimeMax = TimeSpan.FromSeconds(1);

    public static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var log = UntrustedFile.OpenStream(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(log, cancellationToken));
    }

    /// <summary>Matches line by line, without the colours.</summary>
    /// <exception cref="RegexMatchTimeoutException">The pattern takes too long on this output.</exception>
    public static async Task<int> CountAsync(string path, string pattern, CancellationToken cancellationToken)
    {
        var regex = ToRegex(pattern);
        await using var log = UntrustedFile.OpenStream(path);
        using var reader = new StreamReader(log, Encoding.UTF8);
        var count = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            count += regex.Count(OutputTrimming.Clean(line));
        }

        return count;
    }

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
