using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Gates;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>What the gates say about one tree.</summary>
abstract record GatesOutcome
{
    GatesOutcome() { }

    public sealed record Passed : GatesOutcome;

    public sealed record Failed(GateResult Result) : GatesOutcome;

    /// <summary>A gate could not be judged; nothing is known about the tree.</summary>
    public sealed record NoVerdict(GateResult Result) : GatesOutcome;
}

/// <summary>
/// Answers for trees: runs the gates that no verdict is known for, in order, and stops at the first that does not pass.
/// </summary>
sealed class Gatekeeper(
    GateRunner runner, IStore store, EffectLog effects, IReadOnlyDictionary<string, GateSpec> gates, string logFolder,
    string tagPrefix)
{
    long _runs;

    /// <param name="directory">Makes a folder that holds exactly the commit; asked for only when a gate has to be
    /// run.</param>
    /// <param name="again">What failed on this tree before is run once more.</param>
    /// <param name="behind">Nobody else waits for it: see <see cref="GateRun.Behind"/>.</param>
    public async Task<GatesOutcome> CheckAsync(
        IReadOnlyList<string> names, string commit, string tree, BeadId? bead,
        Func<CancellationToken, Task<string>> directory, CancellationToken cancellationToken, bool again = false,
        bool behind = false)
    {
        string? folder = null;
        foreach (var spec in names.Select(name => gates[name]))
        {
            var known = await IsKnownAsync(spec, tree, again, cancellationToken);
            if (!known)
            {
                folder ??= await directory(cancellationToken);
            }

            GateRun Run(bool again)
            {
                var number = Interlocked.Increment(ref _runs).ToString(CultureInfo.InvariantCulture);
                var log = Path.Combine(logFolder, bead?.Value ?? "target", $"{spec.Name}-{commit[..12]}-{number}.log");
                return new GateRun(spec, folder ?? "", commit, tree, log, $"{tagPrefix}/{spec.Name}-{number}")
                {
                    Bead = bead,
                    Again = again,
                    Behind = behind,
                };
            }

            var result = known
                ? await runner.RunAsync(Run(again), cancellationToken)
                : await PerformAsync(Run(again), cancellationToken);

            // A failure on record has been through this.
            for (var rerun = 0; !known && rerun < spec.Reruns && GateRules.IsWorthRerun(result); rerun++)
            {
                result = await PerformAsync(Run(again: true), cancellationToken);
            }

            switch (result.Status)
            {
                case GateStatus.Passed:
                case var _ when spec.Quarantined:
                    break;
                case GateStatus.Failed:
                    return new GatesOutcome.Failed(result);
                case GateStatus.NoVerdict:
                    return new GatesOutcome.NoVerdict(result);
            }
        }

        return new GatesOutcome.Passed();
    }

    Task<GateResult> PerformAsync(GateRun run, CancellationToken cancellationToken) =>
        effects.DoAsync(
            new NewEffect(EffectKind.Gate, run.Tag) { Bead = run.Bead, To = run.Commit },
            () => runner.RunAsync(run, cancellationToken), ended => StoredNames.Of(ended.Status), cancellationToken);

    /// <summary>The hash of everything that, with a tree, decides what these gates say together.</summary>
    public string SuiteOf(IReadOnlyList<string> names) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join('\n', names.Select(name => $"{name} {runner.RecipeOf(gates[name])}")))));

    /// <summary>What a gate said about a tree last; null: it is not on record.</summary>
    public Task<GateResult?> FindAsync(string gate, string tree, CancellationToken cancellationToken) =>
        store.FindGateResultAsync(tree, runner.RecipeOf(gates[gate]), cancellationToken);

    /// <summary>
    /// A counting gate that fails now on a tree that it passed before, because the baseline has been lowered since;
    /// null when there is none.
    /// </summary>
    public async Task<GatesOutcome.Failed?> OvertakenAsync(
        IReadOnlyList<string> names, string commit, string tree, CancellationToken cancellationToken)
    {
        foreach (var spec in names.Select(name => gates[name])
            .Where(spec => spec is { CountPattern: not null, Quarantined: false }))
        {
            if (await store.FindGateResultAsync(tree, runner.RecipeOf(spec), cancellationToken) is { } recorded
                && GateRules.Reuse(recorded, commit, await store.ReadBaselineAsync(spec.Name, cancellationToken))
                    is { Status: GateStatus.Failed } now)
            {
                return new GatesOutcome.Failed(now);
            }
        }

        return null;
    }

    /// <summary>
    /// What has landed sets the baseline of counting gates: the first time, and whenever it is lower. Told by tree, so
    /// that a restart between the landing and this loses nothing.
    /// </summary>
    public async Task LandedAsync(IReadOnlyList<string> names, string tree, CancellationToken cancellationToken)
    {
        foreach (var spec in names.Select(name => gates[name]).Where(spec => spec.CountPattern is not null))
        {
            var result = await store.FindGateResultAsync(tree, runner.RecipeOf(spec), cancellationToken);
            var baseline = await store.ReadBaselineAsync(spec.Name, cancellationToken);
            if (BaselineRules.AfterLanding(result?.Count, baseline) is { } lower && lower != baseline)
            {
                await store.LowerBaselineAsync(spec.Name, lower, cancellationToken);
            }
        }
    }

    async Task<bool> IsKnownAsync(GateSpec spec, string tree, bool again, CancellationToken cancellationToken) =>
        spec.Cached
        && await store.FindGateResultAsync(tree, runner.RecipeOf(spec), cancellationToken) is { } known
        && GateRules.IsReusable(known, again);
}
