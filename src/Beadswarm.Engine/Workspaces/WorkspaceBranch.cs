using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>
/// The branch of one agent's work on one bead: <c>agent-3/bd-1.2</c>. Different beads never share a branch: whatever
/// git would refuse in a name is written as <c>%XX</c>, and so is <c>%</c> itself.
/// </summary>
static class WorkspaceBranch
{
    const string Prefix = "agent-";

    /// <summary>
    /// A ref's last part is a file name; 255 bytes is what file systems allow, <c>.lock</c> included.
    /// </summary>
    const int EncodedLengthMax = 200;

    const int ReadablePartOfLongNames = 120;

    // Not a hexadecimal digit after the percent sign, so no escaped name can look like a shortened one.
    const string ShortenedMark = "%-";

    public static BranchName Of(AgentNumber agent, BeadId bead) => new($"{Prefix}{agent}/{Encode(bead.Value)}");

    /// <summary>Whose branch it is. A name too long to be kept whole gives no bead.</summary>
    public static bool TryParse(BranchName branch, out AgentNumber agent, [NotNullWhen(true)] out BeadId? bead)
    {
        bead = null;
        if (!TryParseAgent(branch, out agent))
        {
            return false;
        }

        // A branch that somebody made may look like one of ours; only the one name that we would give is.
        bead = BeadId.TryParse(Decode(branch.Value[(branch.Value.IndexOf('/') + 1)..]), out var id)
            && Of(agent, id) == branch ? id : null;
        return bead is not null;
    }

    /// <summary>Which agent's branch it is.</summary>
    public static bool TryParseAgent(BranchName branch, out AgentNumber agent)
    {
        agent = default;
        var slash = branch.Value.IndexOf('/');
        if (slash < 0 || !branch.Value.StartsWith(Prefix, StringComparison.Ordinal)
            || !int.TryParse(
                branch.Value.AsSpan(Prefix.Length, slash - Prefix.Length), NumberStyles.None,
                CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        agent = new AgentNumber(number);
        return true;
    }

    public static string Encode(string id)
    {
        var bytes = Encoding.UTF8.GetBytes(id);
        var encoded = new StringBuilder(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (IsPlain(bytes, i))
            {
                encoded.Append((char)bytes[i]);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{bytes[i]:X2}");
            }
        }

        return encoded.Length <= EncodedLengthMax
            ? encoded.ToString()
            : encoded.ToString(0, ReadablePartOfLongNames) + ShortenedMark
                + Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    static bool IsPlain(byte[] bytes, int at) => (char)bytes[at] switch
    {
        >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '-' or '_' => true,

        // git refuses a name that starts or ends with a dot, has two in a row, or ends in ".lock".
        '.' => at > 0 && at + 1 < bytes.Length && bytes[at - 1] != '.' && !bytes.AsSpan(at).SequenceEqual(".lock"u8),
        _ => false,
    };

    static string? Decode(string encoded)
    {
        var bytes = new List<byte>(encoded.Length);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
            {
                bytes.Add((byte)encoded[i]);
            }
            else if (i + 2 < encoded.Length
                && byte.TryParse(
                    encoded.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                        out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
