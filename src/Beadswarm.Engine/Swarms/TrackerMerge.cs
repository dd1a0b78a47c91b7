using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>
/// What others have brought onto the target in the tracker's file comes into the file of this checkout before the one
/// is put over the other, and before the checkout counts as having it. A pull would refuse to, because the swarm has
/// changed the file.
/// </summary>
/// <remarks>
/// It begins from what was taken in the last time, so that what the swarm itself has brought onto the target is not
/// taken for somebody else's word. The checkout moves on only after the file has what it moves over; whoever dies in
/// between does it again.
/// </remarks>
sealed class TrackerMerge(IBeadTracker tracker, ILandingRepository target, string repository)
{
    /// <summary>What the target's file was when it was last taken in: while it is that, there is no news.</summary>
    ReadOnlyMemory<byte>? _taken;

    /// <exception cref="TrackerException">One of the files cannot be read, or this one not written.</exception>
    /// <exception cref="GitException">The target cannot be looked at now.</exception>
    public async Task BringAsync(CommitId tip, CancellationToken cancellationToken)
    {
        if (await tracker.ReadFileAsync(repository, cancellationToken) is not { } file
            || await target.ContentAsync(tip, file.Path, cancellationToken) is not { } there
            || (_taken is { } taken && there.Span.SequenceEqual(taken.Span)))
        {
            return;
        }

        if (!there.Span.SequenceEqual(file.Content.Span))
        {
            if (await target.CommonContentAsync(tip, file.Path, cancellationToken) is not { } common)
            {
                return;
            }

            await tracker.MergeAsync(
                new TrackerCopy(file.Path, common.Parted, common.Taken, there), cancellationToken);
        }

        await TookAsync(tip, there, cancellationToken);
    }

    /// <summary>The target has this file in this commit, and the one here has all of it.</summary>
    public async Task TookAsync(CommitId commit, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await target.TakeAsync(commit, cancellationToken);
        _taken = content;
    }

    /// <summary>
    /// The same for a swarm that begins, perhaps in a clone that was not pulled. What is in the way of it is reported
    /// by those that it is in the way of then: nothing goes onto the target before it has been brought in.
    /// </summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            await BringAsync(await target.TipAsync(cancellationToken), cancellationToken);
        }
        catch (Exception later) when (later is TrackerException or GitException or IOException)
        {
        }
    }

    /// <summary>The checkout goes to the target's tip, and loses nothing of the tracker's file on the way.</summary>
    public async Task<FollowOutcome> FollowAsync(CommitId tip, CancellationToken cancellationToken)
    {
        try
        {
            await BringAsync(tip, cancellationToken);
        }
        catch (TrackerException trouble)
        {
            return new FollowOutcome.Skipped(trouble.Message);
        }

        return await target.FollowAsync(tip, cancellationToken);
    }
}
