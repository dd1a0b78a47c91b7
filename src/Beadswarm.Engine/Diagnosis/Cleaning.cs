using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>Looks for what a swarm at rest does not need, and removes it. The caller holds the swarm's lock.</summary>
static class Cleaning
{
    const int HistoryMax = 1_000_000;

    static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    public static async Task<IReadOnlyList<CleaningStep>> PlanAsync(
        ExaminationScope scope, TimeSpan age, CancellationToken cancellationToken)
    {
        await using var store = await scope.Place.OpenReadOnlyAsync(scope.Time, cancellationToken);
        if (store is null)
        {
            return [];
        }

        var beads = await store.ReadBeadsAsync(cancellationToken);
        var runs = await store.ReadHistoryAsync(null, null, HistoryMax, cancellationToken);
        var leftovers = Sessions(scope, runs.ToLookup(run => Path.GetFullPath(run.SessionFolder), run => run.Bead))
            .Concat(GateLogs(scope)).ToArray();

        var runner = new GitRunner(GitSettings.From(scope.Environment, scope.Time));
        var user = await UserRepository.OpenAsync(runner, scope.Repository, cancellationToken);
        var busy = beads.Where(bead => bead.Started && CleaningRules.Need(bead.State) is not null)
            .Select(bead => bead.LastAgent).OfType<AgentNumber>();
        var orphans = await HubSearch.FindAsync(user, runner, busy, beads, cancellationToken);
        return CleaningRules.Plan(
            leftovers, orphans, beads.ToDictionary(bead => bead.Id, bead => bead.State), scope.Time.GetUtcNow(), age);
    }

    /// <returns>What was done, or why it was not.</returns>
    public static async Task<TreatmentResult> ApplyAsync(
        ExaminationScope scope, CleaningStep step, CancellationToken cancellationToken) => step switch
        {
            CleaningStep.Remove remove => Remove(remove),
            CleaningStep.PutAway put => await Treatment.ApplyAsync(
                scope, new Repair.PutAway(put.Orphan), cancellationToken),
            CleaningStep.Keep keep => new TreatmentResult(false, $"kept {keep.What}: {keep.Why}"),
        };

    static TreatmentResult Remove(CleaningStep.Remove remove)
    {
        if (Directory.Exists(remove.What.Path))
        {
            Directory.Delete(remove.What.Path, recursive: true);
            var parent = Path.GetDirectoryName(remove.What.Path);
            if (parent is not null && remove.What.Bead is not null
                && !Directory.EnumerateFileSystemEntries(parent).Any())
            {
                Directory.Delete(parent);
            }
        }
        else
        {
            File.Delete(remove.What.Path);
        }

        return new TreatmentResult(true, $"removed {remove.What.Path}: {remove.Why}");
    }

    /// <summary>One folder for each stage of each bead.</summary>
    static IEnumerable<Leftover> Sessions(ExaminationScope scope, ILookup<string, BeadId> beads)
    {
        if (!Directory.Exists(scope.Paths.Sessions))
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories(scope.Paths.Sessions)
            .SelectMany(Directory.EnumerateDirectories))
        {
            var known = beads[folder].ToArray();
            yield return Measure(folder, known.Length > 0 ? known[0] : null);
        }
    }

    /// <summary>One folder for each start of an orchestrator; the newest stays: its logs are evidence.</summary>
    static IEnumerable<Leftover> GateLogs(ExaminationScope scope) =>
        !Directory.Exists(scope.Paths.GateLogs) ? [] : Directory.EnumerateDirectories(scope.Paths.GateLogs)
            .OrderByDescending(folder => long.TryParse(
                Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0)
            .Skip(1).Select(folder => Measure(folder, null));

    static Leftover Measure(string folder, BeadId? bead)
    {
        var files = new DirectoryInfo(folder).EnumerateFiles("*", Everything).ToArray();
        var newest = files.Select(file => file.LastWriteTimeUtc)
            .Append(Directory.GetLastWriteTimeUtc(folder)).Max();
        return new Leftover(folder, bead, new DateTimeOffset(newest, TimeSpan.Zero), files.Sum(file => file.Length));
    }
}
