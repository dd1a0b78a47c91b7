using System.Security.Cryptography;
using System.Text;

namespace Beadswarm.Processes;

/// <summary>
/// The tag as a number, carried where no program looks: as the soft limit on file locks, which the kernel keeps,
/// inherits, shows and has not enforced since Linux 2.4. It survives what the tag's variable does not: a wiped
/// environment, a change of program, of user, of session and of parent, and the death of the orchestrator.
/// </summary>
static class ProcessMark
{
    const int TagBits = 35;
    const int SwarmBits = 28;

    // A shell sets its own limit without another program. bash, ksh and mksh call this one -x, dash and busybox -w.
    const string Script =
        """
        mark=$1
        shift
        ulimit -S -x "$mark" 2>/dev/null || ulimit -S -w "$mark" 2>/dev/null
        exec "$@"
        """;

    /// <summary>The mark of everything that carries the tag. Never 0, which stands for no mark.</summary>
    public static ulong Of(string tag) => (SwarmOf(tag) << TagBits) | Bits(tag, TagBits);

    /// <summary>Whether it is the mark of a tag that has the same beginning, up to its first slash.</summary>
    public static bool IsOfSwarm(ulong mark, string tag) => mark >> TagBits == SwarmOf(tag);

    /// <summary>The command line that marks itself and becomes the program.</summary>
    /// <param name="program">Absolute, since a bare name could be one of the shell's own commands.</param>
    public static (string FileName, IReadOnlyList<string> Arguments) Wrap(
        string tag, string program, IReadOnlyList<string> arguments) =>
        ("/bin/sh", ["-c", Script, "sh", Text(tag), program, .. arguments]);

    public static string Text(string tag) => Of(tag).ToString(System.Globalization.CultureInfo.InvariantCulture);

    // At least 1, so that a mark is never 0 and never looks like a small limit that somebody has set.
    static ulong SwarmOf(string tag) => Math.Max(1, Bits(tag.Split('/')[0], SwarmBits));

    static ulong Bits(string text, int count)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return BitConverter.ToUInt64(hash) >> (64 - count);
    }
}
