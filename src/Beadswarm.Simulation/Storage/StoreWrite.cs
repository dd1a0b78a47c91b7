using Beadswarm.Claims;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>A write as whoever watches the store is told of it: who asked for it, and whether it took effect.</summary>
/// <param name="Epoch">Of the orchestrator on whose behalf it was; null: of a claim.</param>
/// <param name="Claim">The claim on whose behalf it was; null: of an orchestrator.</param>
sealed record StoreWrite(string Operation, SwarmEpoch? Epoch, ClaimKey? Claim, bool Changed);
