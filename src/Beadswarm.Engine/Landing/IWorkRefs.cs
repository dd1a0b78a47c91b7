using Beadswarm.Git;

namespace Beadswarm.Landing;

/// <summary>
/// What one node has of git for <see cref="BeadExchange"/>: the refs on the remote that nodes share, and which commits
/// are in its own clone.
/// </summary>
interface IWorkRefs
{
    /// <summary>Whether a commit is in this clone.</summary>
    Task<bool> IsHereAsync(CommitId commit, CancellationToken cancellationToken);

    /// <summary>Of two that are here.</summary>
    Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken);

    /// <summary>The refs on the remote below a folder of refs, which ends with a slash.</summary>
    Task<IReadOnlyList<(CommitId At, string Ref)>> AskAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Brings the refs of a folder and what they lead to here.</summary>
    Task FetchAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Moves all of the refs on the remote, or none, each from where it is expected.</summary>
    Task<WorkPush> PushAsync(IReadOnlyList<RefMove> moves, CancellationToken cancellationToken);
}

/// <summary>How a push ended.</summary>
/// <param name="Done">The remote has said that everything has moved.</param>
/// <param name="Answer">Of the first ref.</param>
/// <param name="Said">For people.</param>
readonly record struct WorkPush(bool Done, PushAnswer Answer, string Said);
