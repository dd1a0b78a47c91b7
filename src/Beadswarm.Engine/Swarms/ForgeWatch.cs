using Beadswarm.Journal;
using Beadswarm.Landing.Forges;

namespace Beadswarm.Swarms;

/// <summary>
/// Whether the forge may be asked now. After a trouble nobody asks for a while, which grows; what is wrong is told once
/// until it is over, however often it is met.
/// </summary>
sealed class ForgeWatch(LanderParts parts, ForgeAddress forge)
{
    const string Component = "forge";

    static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(10);

    TimeSpan _pause;
    DateTimeOffset _quietUntil;
    Type? _told;

    /// <summary>Nobody asks before this.</summary>
    public DateTimeOffset QuietUntil => _quietUntil;

    public bool Quiet => parts.Time.GetUtcNow() < _quietUntil;

    /// <summary>It has answered.</summary>
    public void Answered() => (_pause, _told) = (TimeSpan.Zero, null);

    public async Task TroubleAsync(ForgeTrouble trouble, CancellationToken stop)
    {
        var first = parts.Config.Landing.PullRequest.Poll;
        _pause = _pause == TimeSpan.Zero ? first : _pause * 2 < PauseMax ? _pause * 2 : PauseMax;
        var now = parts.Time.GetUtcNow();
        _quietUntil = trouble is ForgeTrouble.RateLimited { Until: var until } && until > now ? until : now + _pause;
        if (_told != trouble.GetType())
        {
            _told = trouble.GetType();
            await parts.Store.AppendAsync(null, null, new JournalEvent.ComponentHeld(Component, Say(trouble)), stop);
            parts.Bell.Ring();
        }
    }

    string Say(ForgeTrouble trouble) => trouble switch
    {
        ForgeTrouble.RateLimited limited =>
            $"{forge} takes no more questions until {limited.Until.UtcDateTime:u}: {limited.Reason}",
        ForgeTrouble.Away away => $"{forge} gives no answer, and is asked again: {away.Reason}",
        ForgeTrouble.Unauthorized unauthorized =>
            $"{forge} does not let us: {unauthorized.Reason}. Run 'gh auth login --hostname {forge.Host}', or set "
            + "GH_TOKEN (GH_ENTERPRISE_TOKEN for a server of your own) to a token that may write contents and pull "
            + "requests; it is asked again by itself",
        ForgeTrouble.Refused refused => $"{forge} refuses: {refused.Reason}",
    };
}
