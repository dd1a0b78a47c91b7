using Beadswarm.Beads;
using Beadswarm.Claims;

namespace Beadswarm.Control;

/// <summary>What an agent that the swarm has not started asks for.</summary>
/// <param name="Id">Asked again under the same one, it is done once and answered the same.</param>
sealed record ExternalCall(ExternalVerb Verb, RequestId Id, AgentNumber Agent)
{
    /// <summary>For a claim, the one bead that is wanted; for everything else the bead that is held.</summary>
    public BeadId? Bead { get; init; }

    public FencingToken? Token { get; init; }

    /// <summary>Of the verdict; for a release, why.</summary>
    public string Summary { get; init; } = "";
}

/// <summary>The verbs of external agents that need the swarm.</summary>
enum ExternalVerb
{
    Claim,
    Heartbeat,
    StageStart,
    StagePass,
    StageFail,
    Release,
}

/// <summary>Why a verb of an external agent was refused.</summary>
enum ExternalRefusal
{
    /// <summary>No bead is to be had now; one may become ready.</summary>
    NothingReady,

    /// <summary>The token is stale, or the lease has ended: the bead is, or may be, another one's.</summary>
    Fenced,

    /// <summary>It makes no sense as things stand; asking again does not help.</summary>
    Refused,

    /// <summary>The swarm stops: it takes no new work, or did not come to an answer.</summary>
    Stopping,

    /// <summary>It could not be done now; the claim is given back where there was one.</summary>
    Unavailable,
}
