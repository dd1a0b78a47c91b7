using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Storage;

namespace Beadswarm.Gates;

/// <summary>What the gates say about one tree.</summary>
abstract record GatesOutcome
{
    GatesOutcome() { }

    public sealed record Passed(IReadOnlyList<GateResult> Results) : GatesOutcome;

    public sealed record Failed(GateResult Result) : GatesOutcome;

    /// <summary>A gate could not be judged; nothing is known about the tree.</summary>
    public sealed record NoVerdict(GateResult Result) : GatesOutcome;
}

/// <summary>
/// Answers for trees: runs the gates that no verdict is known for, in order, and stops at the first that does not pass.
/// </summary>
sealed class Gatekeeper(
    GateRunner runner, IStore store, IReadOnlyDictionary<string, GateSpec> gates, string logFolder, string tagPrefix)
    : IDisposable
{
    long _runs;

    /// <param name="directory">Makes a folder that holds exactly the commit; asked for only when a gate has to be
    /// run.</param>
    public async Task<GatesOutcome> CheckAsync(
        IReadOnlyList<string> names, string commit, string tree, BeadId? bead,
        Func<CancellationToken, Task<string>> directory, CancellationToken cancellationToken)
    {
        string? folder = null;
        var results = new List<GateResult>();
        foreach (var spec in names.Select(name => gates[name]))
        {
            if (!await IsKnownAsync(spec, tree, cancellationToken))
            {
                folder ??= await directory(cancellationToken);
            }

            var number = Interlocked.Increment(ref _runs).ToString(CultureInfo.InvariantCulture);
            var log = Path.Combine(logFolder, bead?.Value ?? "target", $"{spec.Name}-{commit[..12]}-{number}.log");
            var tag = $"{tagPrefix}/{spec.Name}-{number}";
            var run = new GateRun(spec, folder ?? "", commit, tree, log, tag) { Bead = bead };
            var result = await runner.RunAsync(run, cancellationToken);
            switch (result.Status)
            {
                case GateStatus.Passed:
                    results.Add(result);
                    break;
                case GateStatus.Failed:
                    return new GatesOutcome.Failed(result);
                case GateStatus.NoVerdict:
                    return new GatesOutcome.NoVerdict(result);
            }
        }

        return new GatesOutcome.Passed(results);
    }

    /// <summary>
    /// What has landed sets the baseline of counting gates: the first time, and whenever it is lower.
    /// </summary>
    public async Task LandedAsync(IReadOnlyList<GateResult> results, CancellationToken cancellationToken)
    {
        foreach (var result in results)
        {
            var baseline = await store.ReadBaselineAsync(result.Gate, cancellationToken);
            if (BaselineRules.AfterLanding(result.Count, baseline) is { } lower && lower != baseline)
            {
                await store.LowerBaselineAsync(result.Gate, lower, cancellationToken);
            }
        }
    }

    public void Dispose() => runner.Dispose();

    async Task<bool> IsKnownAsync(GateSpec spec, string tree, CancellationToken cancellationToken) =>
        spec.Cached
        && await store.FindGateResultAsync(tree, runner.RecipeOf(spec), cancellationToken) is { } known
        && GateRules.IsReusable(known);
}
