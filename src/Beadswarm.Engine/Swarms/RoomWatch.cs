using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Tells what fails for want of room on the disk from what fails for reasons of its own. The first is held and tried
/// again until somebody has made room, however long that takes: a night with a full disk must not end a swarm.
/// </summary>
/// <param name="notify">Takes what the journal has no room for.</param>
sealed class RoomWatch(IWorkspaces workspaces, IStore store, Action<string> notify)
{
    /// <summary>Whether there is too little room now, and that explains the failure.</summary>
    public bool IsBehind(Exception failure) =>
        failure is StoreException { IsTransient: true } or GitException or TrackerException or IOException
        && IsShort();

    /// <summary>
    /// Says why nothing goes on, once for each time that it is so: in the journal, and where that is full, to whoever
    /// looks on.
    /// </summary>
    public async Task TellAsync(AdmissionAnswer.Held held, CancellationToken cancellationToken)
    {
        if (!held.ToBeTold)
        {
            return;
        }

        try
        {
            await store.AppendAsync(
                null, null, new JournalEvent.ComponentHeld("admission", held.Reason), cancellationToken);
        }
        catch (StoreException unwritten) when (unwritten.IsTransient)
        {
            notify($"the swarm waits: {held.Reason}");
        }
    }

    bool IsShort()
    {
        try
        {
            return workspaces.Admit() is AdmissionOutcome.DiskFull;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            // A disk that cannot be measured explains nothing.
            return false;
        }
    }
}
