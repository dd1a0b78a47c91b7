using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Landing.Forges;
using Beadswarm.Sandboxes;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>Judges facts: what is wrong, how bad it is, and what can safely be done about it.</summary>
static class DiagnosisRules
{
    /// <summary>The first git that merges without a checkout.</summary>
    public static readonly Version GitMin = new(2, 38);

    /// <summary>The oldest of GitHub's program that this one was seen to work with.</summary>
    static readonly Version GhMin = new(2, 0);

    /// <summary>git rarely holds a lock this long.</summary>
    public static readonly TimeSpan LockAgeMin = TimeSpan.FromSeconds(10);

    public static IReadOnlyList<Trouble> Examine(Facts facts) =>
    [
        .. Git(facts),
        .. facts.Config.Select(Config),
        .. facts.Tracker is { } tracker ? Tracker(tracker) : [],
        .. Store(facts.Store),
        .. facts.Locks.Where(file => !file.Held).SelectMany(Lock),
        .. facts.Processes.GroupBy(process => process.Tag).Select(Process),
        .. facts.Orphans.Select(OfHub),
        .. Disk(facts.Disk),
        .. Sandbox(facts.Sandbox),
        .. Forge(facts.Forge),
    ];

    /// <summary>Whether a person should be told by the exit code.</summary>
    public static bool IsProblem(Trouble trouble) => trouble.Severity != TroubleSeverity.Note;

    static IEnumerable<Trouble> Git(Facts facts)
    {
        if (facts.GitVersion is not { } version)
        {
            yield return new Trouble(
                "git.missing", TroubleSeverity.Error, "git is not on PATH", null, $"install git {GitMin} or later");
        }
        else if (ParseVersion(version) is { } number && number < GitMin)
        {
            yield return new Trouble(
                "git.old", TroubleSeverity.Error, "git is too old to merge without a checkout", version,
                $"install git {GitMin} or later");
        }

        foreach (var obstacle in facts.Obstacles)
        {
            yield return new Trouble(
                $"repository.{obstacle.Kind}", obstacle.Blocking ? TroubleSeverity.Error : TroubleSeverity.Note,
                obstacle.Message, null,
                obstacle.Blocking ? "do what the message says" : "nothing, if agents can do without");
        }

        if (facts.FolderNotIgnored)
        {
            yield return new Trouble(
                "repository.not-ignored", TroubleSeverity.Warning, "git shows .beadswarm/ as untracked files", null,
                "ignore it in this clone (.git/info/exclude)", new Repair.IgnoreFolder(".beadswarm"));
        }
    }

    /// <summary>The numbers of "git version 2.39.5 (Apple Git-154)".</summary>
    public static Version? ParseVersion(string text) =>
        text.Split(' ').Select(word => string.Join('.', word.Split('.').TakeWhile(IsNumber).Take(3)))
            .Select(word => Version.TryParse(word, out var version) ? version : null)
            .FirstOrDefault(version => version is not null);

    static bool IsNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    static Trouble Config(ConfigComplaint complaint) => new(
        complaint.StopsRunOnly ? "config.run" : "config.invalid", TroubleSeverity.Error, complaint.Message,
        complaint.Where,
        complaint.StopsRunOnly
            ? "without it no agent can be started"
            : "correct it; 'beadswarm config validate' checks it");

    static IEnumerable<Trouble> Tracker(TrackerFacts tracker)
    {
        if (tracker.Files is [var one, var other, ..])
        {
            yield return TwoFiles(one, other);
        }

        foreach (var broken in tracker.Broken)
        {
            var place = broken.Line is { } line
                ? string.Create(CultureInfo.InvariantCulture, $"{broken.Path}:{line}")
                : broken.Path;
            yield return new Trouble(
                "tracker.broken", TroubleSeverity.Error, broken.Message, place, "the message names the remedy");
        }

        foreach (var trouble in tracker.Troubles)
        {
            yield return Tracker(trouble);
        }

        if (tracker.Counts is { } counts && counts.InDatabase != counts.InFile)
        {
            yield return new Trouble(
                "tracker.counts", TroubleSeverity.Warning,
                $"{counts.Database} holds {counts.InDatabase} beads and {counts.File} {counts.InFile}",
                string.Create(CultureInfo.InvariantCulture, $"{counts.InDatabase} against {counts.InFile}"),
                counts.InFile >= counts.InDatabase
                    ? "bring the file into the database: 'bd sync --import-only' or 'br sync --import-only'"
                    : "write the database into the file: 'bd sync --flush-only' or 'br sync --flush-only'");
        }
    }

    /// <summary>One of two files can go when the other knows all of its beads and none of them less well.</summary>
    static Trouble TwoFiles(BacklogFile one, BacklogFile other)
    {
        var spare = Covers(one, other) ? other : Covers(other, one) ? one : null;
        return spare is null
            ? new Trouble(
                "tracker.two-files", TroubleSeverity.Error,
                $"both {one.Path} and {other.Path} are there, and they differ",
                Counts(one, other), "keep the one that your tracker writes and rename the other")
            : new Trouble(
                "tracker.two-files", TroubleSeverity.Error,
                $"both {one.Path} and {other.Path} are there; {spare.Path} holds nothing that the other does not",
                Counts(one, other), $"rename {spare.Path}",
                new Repair.MoveAside(spare.Path, $"{spare.Path}.superseded"));
    }

    static bool Covers(BacklogFile whole, BacklogFile part) =>
        whole.Beads is { } all && part.Beads is { } some
        && some.All(bead => all.TryGetValue(bead.Key, out var changed) && changed >= bead.Value);

    static string Counts(BacklogFile one, BacklogFile other) => string.Join(" against ", new[] { one, other }.Select(
        file => file.Beads?.Count.ToString(CultureInfo.InvariantCulture) ?? "unreadable"));

    static Trouble Tracker(TrackerTrouble trouble) => trouble switch
    {
        TrackerTrouble.LeftInProgress left => new Trouble(
            "tracker.left-in-progress", TroubleSeverity.Warning, trouble.Describe(), Count(left.Beads), "reopen them",
            new Repair.Reopen(left.Beads)),
        TrackerTrouble.LeftByAgents left => new Trouble(
            "tracker.left-by-agents", TroubleSeverity.Warning, trouble.Describe(), Count(left.Beads), "reopen them",
            new Repair.Reopen(left.Beads)),
        TrackerTrouble.PrefixMismatch mismatch => new Trouble(
            "tracker.prefix", TroubleSeverity.Warning, trouble.Describe(), mismatch.Prefix,
            "correct the prefix in the tracker's configuration, or rename the beads with the tracker"),
        TrackerTrouble.Cycle cycle => new Trouble(
            "tracker.cycle", TroubleSeverity.Error, trouble.Describe(), Count(cycle.Beads),
            "remove one of these dependencies"),
        TrackerTrouble.Dangling dangling => new Trouble(
            "tracker.dangling", TroubleSeverity.Note, trouble.Describe(), dangling.Target,
            "remove the dependency or restore the bead"),
        TrackerTrouble.ExportOnly export => new Trouble(
            "tracker.export-only", TroubleSeverity.Warning, trouble.Describe(), export.File,
            "run 'bd import' after the swarm, or set tracker.kind to bd"),
    };

    static IEnumerable<Trouble> Store(StoreFacts store) => store switch
    {
        StoreFacts.None => [],
        StoreFacts.Sound => [],
        StoreFacts.Unusable unusable =>
        [
            new Trouble(
                "store.unusable", TroubleSeverity.Error, unusable.Message, unusable.Path,
                "use the program that wrote it, or move it aside: the landed work is in git and the tracker"),
        ],
    };

    static IEnumerable<Trouble> Lock(FoundLock file)
    {
        if (file.Kind != LockKind.Swarm && file.Age < LockAgeMin)
        {
            return [];
        }

        return
        [
            file.Kind switch
            {
                LockKind.User => new Trouble(
                    "lock.user", TroubleSeverity.Warning, "git holds a lock in your repository, or left it behind",
                    file.Path, "make sure that no git works there, then delete it"),
                LockKind.Swarm => new Trouble(
                    "lock.swarm", TroubleSeverity.Warning, "a swarm that is gone left its file", file.Path, "delete it",
                    new Repair.DeleteFile(file.Path)),
            },
        ];
    }

    static Trouble Process(IGrouping<string, StrayProcess> group)
    {
        var all = group.ToArray();
        return new Trouble(
            "process.stray", TroubleSeverity.Warning,
            $"{Are(all.Length, "process", "processes")} of a stage that is over still running: {all[0].Command}",
            string.Join(", ", all.Select(process => process.Identity.Pid.ToString(CultureInfo.InvariantCulture))),
            "end them; 'beadswarm run' instead would take a living agent over",
            new Repair.EndProcesses([.. all.Select(process => process.Identity)]));
    }

    static Trouble OfHub(Orphan orphan) => orphan switch
    {
        Orphan.Folder folder => new Trouble(
            "workspace.stray", TroubleSeverity.Note, orphan.Describe(), folder.Path,
            "keep its work on its branch and remove it", new Repair.PutAway(orphan)),
        Orphan.Entry entry => new Trouble(
            "workspace.lost", TroubleSeverity.Note, orphan.Describe(), entry.MissingPath, "forget it; its branch stays",
            new Repair.PutAway(orphan)),
        Orphan.Branch branch => branch.CommitsOnlyHere == 0
            ? new Trouble(
                "branch.stray", TroubleSeverity.Note, orphan.Describe(), branch.Name.ToString(), "delete it",
                new Repair.PutAway(orphan))
            : new Trouble(
                "branch.unlanded", TroubleSeverity.Note, orphan.Describe(), branch.Name.ToString(),
                "merge it or delete it by hand; it is never deleted by itself"),
        Orphan.StaleLock stale => new Trouble(
            "lock.hub", TroubleSeverity.Error, orphan.Describe(), stale.Path, "delete it", new Repair.PutAway(orphan)),
    };

    static IEnumerable<Trouble> Disk(DiskFacts? disk)
    {
        if (disk is null)
        {
            yield break;
        }

        if (disk.Free < disk.FreeMin)
        {
            yield return new Trouble(
                "disk.full", TroubleSeverity.Error, $"{disk.Path} has too little free space",
                $"{Gigabytes(disk.Free)} of the {Gigabytes(disk.FreeMin)} of limits.diskFreeGb",
                "make room ('beadswarm clean' removes what is not needed)");
        }

        if (disk.Used > disk.UsedMax)
        {
            yield return new Trouble(
                "disk.quota", TroubleSeverity.Warning, "the swarm's folder is larger than limits.diskGb allows",
                $"{Gigabytes(disk.Used)} of {Gigabytes(disk.UsedMax)}",
                "'beadswarm clean' removes what is not needed, or raise limits.diskGb");
        }
    }

    static IEnumerable<Trouble> Sandbox(SandboxTrouble? trouble) =>
        trouble is null
            ? []
            : [new("sandbox.unusable", TroubleSeverity.Error, trouble.Cause, trouble.Value, trouble.Remedy)];

    static IEnumerable<Trouble> Forge(ForgeFacts? forge) => forge switch
    {
        null => [],
        ForgeFacts.Missing missing =>
        [
            new("forge.missing", TroubleSeverity.Error,
                $"mode pull-request needs GitHub's program '{missing.Program}'", missing.Why,
                "install it, or name it by landing.pullRequest.program"),
        ],
        ForgeFacts.Nowhere nowhere =>
        [
            new("forge.nowhere", TroubleSeverity.Error,
                $"the URL of remote '{nowhere.Remote}' does not say which repository of a forge it is", null,
                "set landing.pullRequest.repository to OWNER/NAME or HOST/OWNER/NAME"),
        ],
        ForgeFacts.Found { Version: { } version } old when ParseVersion(version) < GhMin =>
        [
            new("forge.old", TroubleSeverity.Error, $"'{old.Program}' is too old", version,
                $"install version {GhMin} or later"),
        ],
        ForgeFacts.Found found => found.Trouble is { } trouble ? [Forge(found.Address, trouble)] : [],
        _ => throw new System.Diagnostics.UnreachableException($"{forge}"),
    };

    static Trouble Forge(ForgeAddress address, ForgeTrouble trouble) => trouble switch
    {
        ForgeTrouble.Unauthorized refused => new(
            "forge.login", TroubleSeverity.Error, $"{address.Host} does not let this user in to {address}",
            refused.Reason, $"run 'gh auth login --hostname {address.Host}', or give a token in GH_TOKEN"),
        ForgeTrouble.RateLimited limited => new(
            "forge.limited", TroubleSeverity.Note, $"{address.Host} answers no more questions for now", limited.Reason,
            "nothing: a swarm waits until then"),
        ForgeTrouble.Away away => new(
            "forge.away", TroubleSeverity.Warning, $"{address.Host} gave no answer", away.Reason,
            "look at the network; a swarm keeps its queue and tries again"),
        ForgeTrouble.Refused refused => new(
            "forge.refused", TroubleSeverity.Warning, $"{address} refuses what a swarm asks", refused.Reason,
            "see what it says, and who may do that there"),
    };

    static string Gigabytes(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024 * 1024):0.0} GB");

    static string Count(IReadOnlyList<BeadId> beads) => string.Create(CultureInfo.InvariantCulture, $"{beads.Count}");

    static string Are(int count, string one, string many) =>
        count == 1 ? $"1 {one} is" : string.Create(CultureInfo.InvariantCulture, $"{count} {many} are");
}
