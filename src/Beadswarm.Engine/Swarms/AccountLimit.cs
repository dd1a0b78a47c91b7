using Beadswarm.Agents;
using Beadswarm.Pipelines;

namespace Beadswarm.Swarms;

/// <summary>
/// How many agents a vendor lets through at once on one account, as far as its refusals tell. There is none while it
/// refuses nobody: then every agent may be at work.
/// </summary>
sealed record AccountLimit
{
    /// <summary>So many may be at work at once; at least one.</summary>
    public required int AtOnce { get; init; }

    /// <summary>Nobody is started before.</summary>
    public required DateTimeOffset HeldUntil { get; init; }

    /// <summary>Somebody that was started after the hold has got through; until then, one alone tries.</summary>
    public bool Proven { get; init; }

    /// <summary>Holds in a row; where the vendor names no time, the wait grows with it.</summary>
    public int Strikes { get; init; }

    /// <summary>
    /// Which hold this is: who was started before it says nothing about what is let through after it.
    /// </summary>
    public long Hold { get; init; }

    /// <summary>
    /// With so many at work somebody was refused; null: one alone was, so it was not for their number.
    /// </summary>
    public int? Refused { get; init; }

    /// <summary>Before then, so many are not tried again.</summary>
    public DateTimeOffset RefusedUntil { get; init; }

    /// <summary>How long that is; it doubles with every time that it was in vain.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>When it was refused last, and with what words.</summary>
    public DateTimeOffset Since { get; init; }

    public string Reason { get; init; } = "";
}

/// <summary>Whether one more agent may be started on an account.</summary>
enum AccountDoor
{
    Open,

    /// <summary>The vendor takes no work before a certain time.</summary>
    Held,

    /// <summary>As many as may be are at work, or one tries whether the vendor takes work again.</summary>
    Crowded,
}

/// <summary>
/// Decides how many agents work on one account at once. Pure. All agents of an account share what one of them finds
/// out: when it is refused, none is started until the hold is over, one alone then tries, and with each that gets
/// through one more may be at work.
/// </summary>
static class AccountLimitRules
{
    /// <summary>A number of agents that was refused is tried again at least this often.</summary>
    public static readonly TimeSpan PatienceMax = TimeSpan.FromHours(1);

    // | limit             | an agent started since it gets through  | somebody is refused                            |
    // |-------------------|-----------------------------------------|------------------------------------------------|
    // | none              | none                                    | held; then one alone, and 1 at once            |
    // | held              | (none is started)                       | the same hold, as long as the longer of both   |
    // | one alone tries   | proven, and one more at once            | held again, twice as long; half as many        |
    // | proven            | one more at once, up to all agents;     | held; then one alone, and half as many at once |
    // |                   | as many as were refused not for a while |                                                |
    //
    // Who was started before the hold and is refused after it without ever having got through is old news too: programs
    // try for minutes before they give up. What is refused but not for the vendor's sake (a crash) changes nothing.

    public static AccountDoor Door(AccountLimit? limit, int atWork, int trying, DateTimeOffset now) => limit switch
    {
        null => AccountDoor.Open,
        _ when now < limit.HeldUntil => AccountDoor.Held,
        _ when atWork >= limit.AtOnce || (!limit.Proven && trying > 0) => AccountDoor.Crowded,
        _ => AccountDoor.Open,
    };

    /// <summary>An agent has got through: its model has answered it, or its work has ended well.</summary>
    /// <param name="startedIn">The hold after which it was started.</param>
    /// <param name="agents">All that may ever work on the account.</param>
    public static AccountLimit? GotThrough(AccountLimit? limit, long startedIn, int agents, DateTimeOffset now)
    {
        if (limit is null || limit.Hold != startedIn || now < limit.HeldUntil)
        {
            return limit;
        }

        var next = Math.Min(limit.AtOnce + 1, agents);
        return limit.Refused is { } refused && next >= refused && now < limit.RefusedUntil
            ? limit with { Proven = true, Strikes = 0 }
            : limit.AtOnce >= agents
                ? null
                : limit with { Proven = true, Strikes = 0, AtOnce = next };
    }

    /// <summary>Somebody's work has ended as it has: what that says about the account.</summary>
    /// <param name="turn">Of the agent that has ended.</param>
    /// <param name="atWork">With it.</param>
    /// <param name="jitter">Drawn from [0, 1).</param>
    public static AccountLimit? Ended(
        AccountLimit? limit, TurnRecord turn, AgentEnd end, int atWork, int agents, RetryLimits retry,
        DateTimeOffset now, double jitter)
    {
        AccountLimit Held(DateTimeOffset? told, TimeSpan wait, string reason)
        {
            var until = told is { } reset ? PipelineRules.Reset(reset, retry, now, jitter) : now + wait;
            if (limit is not null
                && (now < limit.HeldUntil || (limit.Hold != turn.StartedIn && !turn.GotThrough)))
            {
                return told is null || until <= limit.HeldUntil ? limit : limit with { HeldUntil = until };
            }

            var patience = limit is null ? retry.DelayMax : limit.Patience * 2;
            patience = patience < PatienceMax ? patience : PatienceMax;
            return new AccountLimit
            {
                AtOnce = limit is null ? 1 : Math.Max(1, limit.AtOnce / 2),
                HeldUntil = until,
                Strikes = Strikes(limit),
                Hold = (limit?.Hold ?? turn.StartedIn) + 1,
                Refused = atWork > 1 ? atWork : limit?.Refused,
                RefusedUntil = until + patience,
                Patience = patience,
                Since = now,
                Reason = PipelineRules.OneLine(reason),
            };
        }

        var backOff = PipelineRules.Delay(Strikes(limit), retry, jitter);
        return end switch
        {
            AgentEnd.RateLimited limited => Held(limited.Until, backOff, $"rate limited: {limited.Detail}"),
            AgentEnd.Overloaded overloaded => Held(null, backOff, $"overloaded: {overloaded.Detail}"),
            AgentEnd.Unauthorized refused => Held(null, retry.DelayMax, $"not authorized: {refused.Detail}"),
            AgentEnd.Finished or AgentEnd.Failed or AgentEnd.MaxTurns or AgentEnd.ContextExhausted
                when !turn.GotThrough => GotThrough(limit, turn.StartedIn, agents, now),
            _ => limit,
        };
    }

    static int Strikes(AccountLimit? limit) => limit is null or { Proven: true } ? 1 : limit.Strikes + 1;
}

/// <summary>What the rules need to know of an agent's turn.</summary>
/// <param name="StartedIn">The hold after which it began; 0 before there was any.</param>
readonly record struct TurnRecord(long StartedIn, bool GotThrough);
