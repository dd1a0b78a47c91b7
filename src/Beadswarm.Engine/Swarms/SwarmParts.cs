using Beadswarm.Agents;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Supervision;
using Beadswarm.Waiting;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>What the components of one orchestrator share. Nothing of it is exchanged after the start.</summary>
sealed record SwarmParts
{
    public required SwarmConfig Config { get; init; }
    public required SwarmPaths Paths { get; init; }

    /// <summary>As what this process takes part.</summary>
    public required Standing Standing { get; init; }

    public SwarmEpoch Epoch => Standing.Epoch;

    /// <summary>Gives commits to other nodes and gets theirs; null where there are none.</summary>
    public BeadExchange? Exchange { get; init; }
    public required string Node { get; init; }
    public required IStore Store { get; init; }

    /// <summary>The way to do anything outside of the store that has no row of its own.</summary>
    public required EffectLog Effects { get; init; }
    public required CurrentBacklog Backlog { get; init; }
    public required IWorkspaces Workspaces { get; init; }
    public required IAgentHost Agents { get; init; }
    public required Admission Admission { get; init; }
    public required RoomWatch Room { get; init; }
    public required Gatekeeper Gates { get; init; }

    /// <summary>Where beads land first: the target, or the integration branch.</summary>
    public required ILandingRepository LandsOn { get; init; }
    public required ClaimRegistry Claims { get; init; }
    /// <summary>How many agents may be at work on each account.</summary>
    public required RunnerTurns Turns { get; init; }
    /// <summary>What may still be used of money and tokens.</summary>
    public required Budget Budget { get; init; }
    /// <summary>For planners at work beside the swarm.</summary>
    public required PlanDesk Plans { get; init; }
    /// <summary>The conflicts to come that are known of.</summary>
    public ForeseenConflicts Foreseen { get; } = new();
    public required FailureMeter Failures { get; init; }
    public required Bell Bell { get; init; }
    public required TimeProvider Time { get; init; }
    public required Random Random { get; init; }

    /// <summary>The user's own prompt templates, by path relative to the repository; null when there is none.</summary>
    public required Func<string, string?> ReadTemplate { get; init; }

    /// <summary>Marks the processes of this repository's swarm, before every tag.</summary>
    public required string TagPrefix { get; init; }

    /// <summary>Marks every process of one stage under one claim.</summary>
    public string TagOf(Claim claim) => $"{TagPrefix}/{claim.Bead}/{claim.Key.Token}/{claim.Stage}";

    /// <summary>The tag its process was started with: the claim has been adopted since, maybe more than once.</summary>
    public string TagOf(OpenStage open) => open.Process?.Tag ?? TagOf(open.Claim);
}
