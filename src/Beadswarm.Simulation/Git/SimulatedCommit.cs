using System.Collections.Immutable;
using System.Globalization;
using Beadswarm.Git;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// A commit: files, parents, message. The same of all these, at the same second, is the same commit.
/// </summary>
sealed class SimulatedCommit
{
    public SimulatedCommit(
        FileTree tree, ImmutableArray<SimulatedCommit> parents, string message, DateTimeOffset when)
    {
        (Tree, Parents, Message, When) = (tree, parents, message, when);
        Generation = parents.IsEmpty ? 1 : 1 + parents.Max(parent => parent.Generation);
        var head = string.Join(' ', parents.Select(parent => parent.Id.Value).Prepend(tree.Id.Value));
        var at = when.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Id = new CommitId(ContentHash.Of("commit", $"{head} {at}", message).ToString());
    }

    public CommitId Id { get; }

    public FileTree Tree { get; }

    public ImmutableArray<SimulatedCommit> Parents { get; }

    public string Message { get; }

    public DateTimeOffset When { get; }

    /// <summary>Larger than that of every ancestor.</summary>
    public int Generation { get; }

    public SimulatedCommit? FirstParent => Parents.IsEmpty ? null : Parents[0];

    public string Subject => Message.Split('\n', 2)[0];

    /// <summary>What the commit changed against its first parent.</summary>
    public IReadOnlyList<FileDifference> Changes =>
        FileTree.Differences(FirstParent?.Tree ?? FileTree.Empty, Tree);

    /// <summary>The first value of a trailer.</summary>
    public string? Trailer(string name) => Trailers(name).FirstOrDefault();

    /// <summary>The values of a trailer: lines of the last paragraph.</summary>
    public IEnumerable<string> Trailers(string name)
    {
        var paragraph = Message.TrimEnd('\n');
        paragraph = paragraph[(paragraph.LastIndexOf("\n\n", StringComparison.Ordinal) + 1)..];
        return paragraph.Split('\n').Where(line => line.StartsWith(name + ": ", StringComparison.Ordinal))
            .Select(line => line[(name.Length + 2)..]);
    }

    public override string ToString() => $"{Id.Value[..8]} {Subject}";
}
