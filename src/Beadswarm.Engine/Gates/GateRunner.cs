using Beadswarm.Waiting;

namespace Beadswarm.Gates;

/// <summary>
/// Answers for gates: by what is on record for the same tree and recipe, or by running them, a bounded number at once.
/// </summary>
sealed class GateRunner(IGateCommands commands, IGateLedger ledger, int gatesMax)
{
    readonly Turnstile _slots = new(gatesMax);

    /// <summary>The hash that, with a tree, identifies a result.</summary>
    public string RecipeOf(GateSpec spec) => commands.RecipeOf(spec);

    /// <summary>Runs the gate, or finds what it said about the same tree before; records what it ran.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; its processes are gone, nothing is recorded.</exception>
    public async Task<GateResult> RunAsync(GateRun run, CancellationToken cancellationToken)
    {
        if (run.Spec.Cached
            && await ledger.FindAsync(run.Tree, RecipeOf(run.Spec), cancellationToken) is { } recorded
            && GateRules.IsReusable(recorded, run.Again))
        {
            return GateRules.Reuse(recorded, run.Commit, await BaselineAsync(run.Spec, cancellationToken));
        }

        using (run.Behind
            ? await _slots.EnterBehindAsync(cancellationToken)
            : await _slots.EnterAsync(cancellationToken))
        {
            var baseline = await BaselineAsync(run.Spec, cancellationToken);
            var result = await commands.RunAsync(run, baseline, cancellationToken);
            await ledger.RecordAsync(run, result, cancellationToken);
            return result;
        }
    }

    async Task<int?> BaselineAsync(GateSpec spec, CancellationToken cancellationToken) =>
        spec.CountPattern is null ? null : await ledger.BaselineAsync(spec.Name, cancellationToken);
}
