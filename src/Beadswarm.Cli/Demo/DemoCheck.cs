using System.Text;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Demo;

/// <summary>What became of one bead of the demo.</summary>
/// <param name="Setbacks">What came in between, in the order it happened.</param>
sealed record DemoResult(DemoBead Bead, BeadState? State, int Attempts, IReadOnlyList<string> Setbacks);

/// <summary>What the demo came to, looked at from the outside.</summary>
/// <param name="Failures">What is not as it has to be; empty when the demo proves what it says.</param>
sealed record DemoOutcome(
    IReadOnlyList<DemoResult> Results, string GateOutput, string Graph, string Tip, IReadOnlyList<string> Failures);

/// <summary>Checks the demo's result in git, in a fresh clone and in the store: nothing that ran is believed.</summary>
static class DemoCheck
{
    const int HistoryMax = 100_000;

    public static async Task<DemoOutcome> LookAsync(
        string folder, DemoBacklog backlog, CliHost host, CancellationToken cancellationToken)
    {
        var git = new GitRepository(
            new GitRunner(GitSettings.From(host.Environment, host.Time)), folder, GitScope.Own);
        var failures = new List<string>();
        var results = await ResultsAsync(folder, backlog, host, failures, cancellationToken);
        var gate = await GateAsync(git, backlog, host, failures, cancellationToken);
        var graph = await git.RunAsync(
            GitCall.Of("log", "--graph", "--oneline", DemoFolder.Branch), cancellationToken);
        var tip = await git.RunAsync(GitCall.Of("rev-parse", DemoFolder.Branch), cancellationToken);
        return new DemoOutcome(results, gate, graph.Text, tip.Line, failures);
    }

    static async Task<IReadOnlyList<DemoResult>> ResultsAsync(
        string folder, DemoBacklog backlog, CliHost host, List<string> failures, CancellationToken cancellationToken)
    {
        await using var store = await SqliteStore.OpenReadOnlyAsync(
            new SwarmPaths(folder).Store, host.Time, cancellationToken);
        var known = (await store.ReadBeadsAsync(cancellationToken)).ToDictionary(bead => bead.Id);
        var runs = (await store.ReadHistoryAsync(null, null, HistoryMax, cancellationToken)).ToLookup(run => run.Bead);
        var landings = (await store.ReadLandingsAsync(null, cancellationToken)).ToLookup(landing => landing.Bead);
        var results = new List<DemoResult>();
        foreach (var bead in backlog.Beads)
        {
            var work = known.GetValueOrDefault(bead.Id);
            var landed = landings[bead.Id].Count(landing => landing.State is LandingState.Landed);
            var wanted = bead.Fate == DemoFate.Impossible ? 0 : 1;
            if (landed != wanted)
            {
                failures.Add($"{bead.Id} landed {landed} times, not {wanted}");
            }

            if (bead.Fate == DemoFate.Impossible && work?.State is not BeadState.Blocked)
            {
                failures.Add($"{bead.Id} is not blocked, and nothing can pass it");
            }

            results.Add(new DemoResult(
                bead, work?.State, runs[bead.Id].Select(run => run.Attempt).DefaultIfEmpty().Max(),
                [.. Setbacks(runs[bead.Id], landings[bead.Id])]));
        }

        return results;
    }

    static IEnumerable<string> Setbacks(IEnumerable<StageRun> runs, IEnumerable<LandingEntry> landings) =>
        runs.Where(run => run.Status is Pipelines.StageStatus.Failed or Pipelines.StageStatus.Error)
            .Select(run => (At: run.CompletedAt ?? run.StartedAt, What: Why(run)))
            .Concat(landings.Where(landing => landing.State is LandingState.Returned)
                .Select(landing => (
                    At: landing.UpdatedAt, What: ((LandingState.Returned)landing.State).Reason)))
            .OrderBy(setback => setback.At).Select(setback => setback.What)
            .CountBy(what => what).Select(pair => pair.Value == 1 ? pair.Key : $"{pair.Key}, {pair.Value} times");

    static string Why(StageRun run) =>
        run.Status == Pipelines.StageStatus.Error ? $"{run.Stage}: {run.Summary}"
        : run.Summary?.StartsWith("gate ", StringComparison.Ordinal) == true ? "the gate was red"
        : $"{run.Stage} objected";

    static async Task<string> GateAsync(
        GitRepository git, DemoBacklog backlog, CliHost host, List<string> failures,
        CancellationToken cancellationToken)
    {
        var clone = Directory.CreateTempSubdirectory("beadswarm-demo-check-").FullName;
        try
        {
            await git.RunAsync(
                GitCall.Of("clone", "-q", "--branch", DemoFolder.Branch, git.Directory, clone), cancellationToken);
            failures.AddRange(backlog.Beads
                .Where(bead => bead.Fate != DemoFate.Impossible
                    && !File.Exists(Path.Combine(clone, DemoFiles.FeaturePath(bead))))
                .Select(bead => $"{DemoFiles.FeaturePath(bead)} is not on {DemoFolder.Branch}"));
            var result = await Command.RunAsync(
                new CommandSpec
                {
                    FileName = "sh",
                    Arguments = ["test.sh"],
                    WorkingDirectory = clone,
                    Environment = AllowedEnvironment.Build(host.Environment, [], new Dictionary<string, string>()),
                    TimeProvider = host.Time,
                },
                cancellationToken);
            var output = Encoding.UTF8.GetString(result.Stdout).TrimEnd('\n');
            if (result.ExitCode != 0)
            {
                failures.Add($"the gate fails on a fresh clone of {DemoFolder.Branch}: {output}");
            }

            return output.Split('\n')[^1];
        }
        finally
        {
            Directory.Delete(clone, recursive: true);
        }
    }
}
