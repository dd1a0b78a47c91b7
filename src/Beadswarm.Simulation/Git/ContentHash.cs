using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// As many bits as an id of git has. The hash of a set is that of its members combined, in any order, so that the id of
/// a tree follows a change of one file without looking at the others.
/// </summary>
readonly record struct ContentHash(ulong High, ulong Middle, uint Low)
{
    const int SizeMax = 512;

    public static ContentHash Of(string kind, string first, string second = "")
    {
        // Each part ends with a byte that no UTF-8 text has, so that no two divisions of a text are the same.
        var size = Encoding.UTF8.GetMaxByteCount(kind.Length + first.Length + second.Length) + 2;
        var bytes = size <= SizeMax ? stackalloc byte[size] : new byte[size];
        var length = Encoding.UTF8.GetBytes(kind, bytes);
        bytes[length++] = 0xff;
        length += Encoding.UTF8.GetBytes(first, bytes[length..]);
        bytes[length++] = 0xff;
        length += Encoding.UTF8.GetBytes(second, bytes[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return new ContentHash(
            BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(hash[16..]));
    }

    public static ContentHash operator ^(ContentHash one, ContentHash other) =>
        new(one.High ^ other.High, one.Middle ^ other.Middle, one.Low ^ other.Low);

    /// <summary>Forty hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Middle:x16}{Low:x8}";
}
