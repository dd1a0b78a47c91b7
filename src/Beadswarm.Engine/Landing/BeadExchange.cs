using System.Collections.Concurrent;
using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// Gives the commits of beads from one node's hub to the others', through the remote that they share. Each node has a
/// ref of its own for each bead, <c>refs/beadswarm/work/BEAD/NODE</c>, and is the only one that moves it: by
/// compare-and-swap, from where it was. Which of the refs is the newest is said by the store, never by the remote.
/// </summary>
sealed class BeadExchange(IWorkRefs refs, string node, TimeProvider time)
{
    public const string Prefix = "refs/beadswarm/work/";

    /// <summary>What is in the way of a push may pass; so often it is tried.</summary>
    const int TriesMax = 5;

    static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<BeadId, CommitId> _offered = [];
    readonly ConcurrentDictionary<CommitId, bool> _known = [];

    static string FolderOf(BeadId bead) => $"{Prefix}{WorkspaceBranch.Encode(bead.Value)}/";

    string RefOf(BeadId bead) => FolderOf(bead) + WorkspaceBranch.Encode(node);

    /// <summary>Lets the others have a bead's commits. Doing it twice is the same as once.</summary>
    /// <returns>Why they cannot have them; null: they can.</returns>
    public async Task<string?> OfferAsync(BeadId bead, CommitId head, CancellationToken cancellationToken)
    {
        if (_offered.TryGetValue(bead, out var before) && before == head)
        {
            return null;
        }

        var pause = PauseMin;
        for (var attempt = 1; ; attempt++)
        {
            var (done, trouble, passes) = await TryOfferAsync(bead, head, cancellationToken);
            if (done)
            {
                _offered[bead] = head;
                return null;
            }

            if (!passes || attempt == TriesMax)
            {
                return trouble;
            }

            await Task.Delay(pause, time, cancellationToken);
            pause *= 2;
        }
    }

    /// <summary>Sees to it that a commit of a bead is here. False when no node has offered it.</summary>
    public async Task<bool> BringAsync(BeadId bead, CommitId head, CancellationToken cancellationToken)
    {
        if (_known.ContainsKey(head))
        {
            return true;
        }

        if (!await refs.IsHereAsync(head, cancellationToken))
        {
            await refs.FetchAsync(FolderOf(bead), cancellationToken);
            if (!await refs.IsHereAsync(head, cancellationToken))
            {
                return false;
            }
        }

        _known[head] = true;
        return true;
    }

    /// <summary>
    /// A bead has landed: its refs go from the remote, apart from those that hold what has not landed. Says in a few
    /// words what it did.
    /// </summary>
    public async Task<string> RemoveAsync(BeadId bead, CommitId landed, CancellationToken cancellationToken)
    {
        _offered.TryRemove(bead, out _);
        var there = await refs.AskAsync(FolderOf(bead), cancellationToken);
        var over = new List<(CommitId At, string Ref)>();
        foreach (var offer in there)
        {
            if (offer.At == landed || (await refs.IsHereAsync(offer.At, cancellationToken)
                && await refs.IsAncestorAsync(offer.At, landed, cancellationToken)))
            {
                over.Add(offer);
            }
        }

        if (over.Count > 0)
        {
            var push = await refs.PushAsync(
                [.. over.Select(offer => new RefMove(offer.Ref, offer.At, null))], cancellationToken);
            if (!push.Done)
            {
                return $"what its nodes have shared is kept: {push.Said}";
            }
        }

        return there.Count == over.Count
            ? "what its nodes have shared is gone"
            : $"{there.Count - over.Count} of its nodes' refs hold more than what landed, and are kept";
    }

    async Task<(bool Done, string Trouble, bool Passes)> TryOfferAsync(
        BeadId bead, CommitId head, CancellationToken cancellationToken)
    {
        try
        {
            // Nobody else moves this ref, so where it was pushed to last is where it is, unless it was removed.
            var name = RefOf(bead);
            CommitId? there = _offered.TryGetValue(bead, out var last) ? last
                : (await refs.AskAsync(FolderOf(bead), cancellationToken))
                    .Where(offer => offer.Ref == name).Select(offer => (CommitId?)offer.At).FirstOrDefault();
            if (there == head)
            {
                return (true, "", false);
            }

            var (_, answer, said) = await refs.PushAsync([new RefMove(name, there, head)], cancellationToken);
            if (answer is not PushAnswer.Accepted && _offered.TryRemove(bead, out _) && answer is PushAnswer.Stale)
            {
                return await TryOfferAsync(bead, head, cancellationToken); // which asks where it is
            }

            return answer switch
            {
                PushAnswer.Accepted => (true, "", false),
                PushAnswer.Refused refused => (false, $"the remote refuses {name}: {refused.Reason}", false),
                PushAnswer.Stale or PushAnswer.Lost => (
                    false, $"the push of {name} gave no answer: {said}", true),
                _ => throw new System.Diagnostics.UnreachableException($"{answer}"),
            };
        }
        catch (GitException error)
        {
            return (false, error.Message, error.IsTransient);
        }
    }
}
