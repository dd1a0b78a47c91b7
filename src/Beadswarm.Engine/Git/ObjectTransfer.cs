using System.Buffers.Binary;

namespace Beadswarm.Git;

/// <summary>
/// Copies objects between two repositories of this machine with two processes, where a fetch takes six.
/// </summary>
static class ObjectTransfer
{
    /// <summary>
    /// Up to so many objects become loose ones; more become a pack, of which a repository should not have many.
    /// </summary>
    const int LooseObjectsMax = 200;

    const int PackBytesMax = 1024 * 1024 * 1024;
    const int PackCountOffset = 8;

    /// <summary>Makes a commit complete in a repository that has all of <paramref name="have"/>.</summary>
    public static async Task CopyAsync(
        GitRepository from, GitRepository to, CommitId commit, CommitId have, CancellationToken cancellationToken)
    {
        var pack = GitCall.Of("pack-objects", "--revs", "--thin", "--stdout", "--quiet", "--delta-base-offset")
            .With($"{commit}\n^{have}\n") with
        { OutputBytesMax = PackBytesMax };
        var bytes = (await from.RunAsync(pack, cancellationToken)).Stdout;
        var count = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(PackCountOffset));
        if (count == 0)
        {
            return;
        }

        var unpack = count <= LooseObjectsMax
            ? GitCall.Of("unpack-objects", "-q")
            : GitCall.Of("index-pack", "--stdin", "--fix-thin");
        await to.RunAsync(unpack with { Input = bytes }, cancellationToken);
    }
}
