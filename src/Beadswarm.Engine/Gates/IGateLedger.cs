namespace Beadswarm.Gates;

/// <summary>Where gate results are kept as evidence, and found again by tree and recipe.</summary>
interface IGateLedger
{
    /// <summary>The latest result for exactly this tree and recipe.</summary>
    Task<GateResult?> FindAsync(string tree, string recipe, CancellationToken cancellationToken);

    Task RecordAsync(GateRun run, GateResult result, CancellationToken cancellationToken);

    /// <summary>The count that a counting gate must not exceed, or null before the first one landed.</summary>
    Task<int?> BaselineAsync(string gate, CancellationToken cancellationToken);
}

/// <summary>The directory gates run in, as git sees it.</summary>
interface IGateCheckout
{
    /// <summary>What is checked out there.</summary>
    Task<CheckoutState> InspectAsync(string directory, CancellationToken cancellationToken);

    /// <summary>Makes tracked files what the commit says again; ignored files (build output) stay.</summary>
    Task RestoreAsync(string directory, string commit, CancellationToken cancellationToken);
}

/// <summary>What a directory holds.</summary>
/// <param name="Changes">Paths that differ from the commit, or are neither tracked nor ignored.</param>
sealed record CheckoutState(string Commit, IReadOnlyList<string> Changes);
