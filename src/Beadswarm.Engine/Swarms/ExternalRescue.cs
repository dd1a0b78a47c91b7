using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Gives back the bead of an external agent that does not renew its claim any more: what it left is committed to its
/// branch first, and the bead goes on from there. Nobody can say whether the agent lives; it is fenced either way.
/// </summary>
sealed class ExternalRescue(SwarmParts parts)
{
    readonly WorkRescue _work = new(parts);
    string? _told;

    /// <returns>False when the bead is not free now: its work cannot be saved yet, or the claim was renewed.</returns>
    public async Task<bool> GiveBackAsync(ExpiredClaim lapsed, CancellationToken cancellationToken)
    {
        var key = lapsed.Claim;
        SavedHead? head;
        try
        {
            head = await SaveAsync(key, lapsed.Stage, cancellationToken);
        }
        catch (Exception error) when (error is GitException or IOException or UnauthorizedAccessException)
        {
            await TellAsync(
                $"the work of external agent {key.Agent} on {key.Bead} cannot be saved: {error.Message}",
                cancellationToken);
            return false;
        }

        _told = null;
        return await parts.Store.ReapExternalAsync(parts.Epoch, key, head, cancellationToken) == WriteOutcome.Done;
    }

    /// <summary>Commits what lies in the agent's workspace; null when that is not the bead's.</summary>
    public Task<SavedHead?> SaveAsync(ClaimKey key, StageName stage, CancellationToken cancellationToken) =>
        _work.FindAndSaveAsync(key.Agent, key.Bead, $"{stage}, given up", cancellationToken);

    async Task TellAsync(string reason, CancellationToken cancellationToken)
    {
        if (_told != reason)
        {
            _told = reason;
            await parts.Store.AppendAsync(
                null, null, new JournalEvent.ComponentHeld("reaper", reason), cancellationToken);
        }
    }
}
