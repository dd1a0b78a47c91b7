using Beadswarm.Gates;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>Gate results in the store, beside everything else that is known.</summary>
sealed class StoredGateLedger(IStore store) : IGateLedger
{
    public Task<GateResult?> FindAsync(string tree, string recipe, CancellationToken cancellationToken) =>
        store.FindGateResultAsync(tree, recipe, cancellationToken);

    public Task RecordAsync(GateRun run, GateResult result, CancellationToken cancellationToken) =>
        store.RecordGateResultAsync(run.Bead, result, cancellationToken);

    public Task<int?> BaselineAsync(string gate, CancellationToken cancellationToken) =>
        store.ReadBaselineAsync(gate, cancellationToken);
}
