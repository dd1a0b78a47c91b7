using Beadswarm.Agents;
using Beadswarm.Agents.Acp;
using Beadswarm.Configuration;

namespace Beadswarm.Swarms;

/// <summary>Who is asked for work, and is the same to the vendor whichever runner asks: a login and a model.</summary>
/// <param name="Name">For people: the kind of the runner and its model.</param>
/// <param name="Agents">How many agents may work on it at most.</param>
sealed record RunnerAccount(string Name, int Agents)
{
    /// <summary>The account of each runner that has one, by the runner's name.</summary>
    /// <remarks>
    /// What a runner is started with tells logins apart: program, variables, and what is passed on of the
    /// orchestrator's own. A program of the user's own has no account: what it refuses, it refuses once.
    /// </remarks>
    public static IReadOnlyDictionary<string, RunnerAccount> Of(
        IReadOnlyDictionary<string, RunnerSpec> runners, IReadOnlyList<PoolConfig> pools)
    {
        var groups = runners.Values.Where(HasAccount).GroupBy(KeyOf, StringComparer.Ordinal).ToArray();
        var shared = groups.GroupBy(group => NameOf(group.First())).Where(same => same.Count() > 1)
            .Select(same => same.Key).ToHashSet(StringComparer.Ordinal);
        var accounts = new Dictionary<string, RunnerAccount>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var names = group.Select(spec => spec.Name).ToHashSet(StringComparer.Ordinal);
            var name = NameOf(group.First());
            var account = new RunnerAccount(
                shared.Contains(name) ? $"{name} ({string.Join(", ", names.Order(StringComparer.Ordinal))})" : name,
                Math.Max(
                    1,
                    pools.Where(pool => Chain(pool.Runner, runners).Any(names.Contains)).Sum(pool => pool.Agents)));
            foreach (var runner in names)
            {
                accounts[runner] = account;
            }
        }

        return accounts;
    }

    /// <summary>The runner and its fallbacks, in order; each once, also where they go in a circle.</summary>
    public static IReadOnlyList<string> Chain(string runner, IReadOnlyDictionary<string, RunnerSpec> runners)
    {
        var chain = new List<string>();
        for (var name = (string?)runner; name is not null && !chain.Contains(name);
            name = runners.GetValueOrDefault(name)?.Fallback)
        {
            chain.Add(name);
        }

        return chain;
    }

    static bool HasAccount(RunnerSpec spec) =>
        RunnerDetection.OfKind(spec.Kind) is not null || spec.Kind == AcpRunner.KindName;

    static string NameOf(RunnerSpec spec) => spec.Model is { } model ? $"{spec.Kind}/{model}" : spec.Kind;

    static string KeyOf(RunnerSpec spec) => string.Join(
        '\0',
        [
            spec.Kind, spec.Model ?? "", .. spec.Command, "",
            .. spec.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => $"{pair.Key}={pair.Value}"),
            "", .. spec.PassEnvironment.Order(StringComparer.Ordinal),
        ]);
}
