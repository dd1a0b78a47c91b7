using System.Security.Cryptography;
using System.Text;

namespace Beadswarm.Storage;

/// <summary>What is kept of an artifact: all of it up to a limit, otherwise its beginning and its end.</summary>
static class ArtifactRules
{
    /// <summary>Most bytes of one artifact. Logs stay in files; what is here is read by agents and people.</summary>
    public const int BytesMax = 1024 * 1024;

    // The end of an output says why it failed; the beginning says what was run.
    const int HeadBytes = BytesMax / 4;

    public static ReadOnlyMemory<byte> Fit(ReadOnlyMemory<byte> content)
    {
        if (content.Length <= BytesMax)
        {
            return content;
        }

        var marker = Encoding.UTF8.GetBytes(
            $"\n[... cut here: the whole has {content.Length} bytes, {BytesMax} are kept ...]\n");
        var tail = BytesMax - HeadBytes - marker.Length;
        return new ReadOnlyMemory<byte>(
            [.. content.Span[..HeadBytes], .. marker, .. content.Span[^tail..]]);
    }

    public static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
