namespace Beadswarm.Processes;

/// <summary>A process as one look shows it.</summary>
/// <param name="Tag">Null when its environment does not say.</param>
/// <param name="Mark">0 when it has none.</param>
/// <param name="Places">Looked at only where <see cref="LeakRules.NeedsPlaces"/> asks for it.</param>
sealed record SeenProcess(ProcessEntry Entry, string? Tag, ulong Mark, ProcessPlaces Places);

/// <summary>Where a process is at work.</summary>
/// <param name="Folder">Its working directory; null when it is not ours to know.</param>
/// <param name="Output">The files, if they are files, that its standard output and standard error go to.</param>
sealed record ProcessPlaces(string? Folder, IReadOnlyList<string> Output)
{
    public static readonly ProcessPlaces Unknown = new(null, []);

    public bool AreWithin(IReadOnlyList<string> folders) => IsWithin(folders, Folder) || WriteWithin(folders);

    public bool WriteWithin(IReadOnlyList<string> folders) => Output.Any(file => IsWithin(folders, file));

    static bool IsWithin(IReadOnlyList<string> folders, string? path) => path is not null && folders.Any(
        folder => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal));
}

/// <summary>Who looks.</summary>
/// <param name="Session">Our own session; what we start is in sessions of their own, and never comes back.</param>
/// <param name="Mark">Our own mark: that of the stage we are ourselves a part of, or 0.</param>
/// <param name="Spawned">The children that were started here.</param>
/// <param name="Others">The other families that this process looks after.</param>
sealed record Household(
    int Self, int Session, ulong Mark, IReadOnlySet<int> Spawned, IReadOnlyList<FamilyTraits> Others);

/// <summary>A process that stands in one of our folders and of which nothing else is known.</summary>
/// <param name="SameUser">It runs as the user that we run as.</param>
/// <param name="Abandoned">Its parent is gone: it was given to the first process, to the user's, or to us.</param>
/// <param name="Terminal">It, or something it has started, belongs to a terminal.</param>
/// <param name="Personal">A variable that only a person's login has given it, or null.</param>
/// <param name="WritesToOurs">Its output goes to a file in one of our folders.</param>
sealed record Stranger(bool SameUser, bool Abandoned, bool Terminal, string? Personal, bool WritesToOurs);

/// <summary>Decides which processes belong to which child. Pure; the reasons are in docs/decisions/0004.</summary>
static class LeakRules
{
    // | what is seen of a process                                  | it belongs to                                  |
    // |------------------------------------------------------------|------------------------------------------------|
    // | the leader, its session, its group, while its id is pinned | the leader's family                            |
    // | a tag or a mark                                            | the family of that tag                         |
    // | was seen as a member before (same id, same start)          | that family                                    |
    // | a living parent that is a member                           | the parent's family                            |
    // | the session of a member, its leader gone or a member too   | that member's family                           |
    // | bare orphan of ours, in a folder of one family             | that family                                    |
    // | bare orphan of ours, no hint                               | the last family that is old enough to have it  |
    // | none of these                                              | nobody here: it is not touched                 |
    //
    // "Bare" is without tag and mark. An orphan is ours when it was given to this process by the kernel: it descends
    // from something started here, so it is a question only of which one. A command's daemon (git's credential cache,
    // for example) carries the tag of commands, and so is not bare.

    /// <summary>Variables that a login, a terminal or a desktop gives, and that no agent gets from us.</summary>
    static readonly string[] PersonalVariables =
    [
        "XDG_SESSION_ID", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "WINDOWID",
        "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "TMUX", "STY", "TERM_PROGRAM", "TERM_SESSION_ID", "VSCODE_IPC_HOOK",
        "VSCODE_PID", "MAIL", "INVOCATION_ID", "SUDO_USER", "SHELL_SESSION_ID",
    ];

    /// <summary>Whether the process was given to us by the kernel, and not started by anybody in here.</summary>
    /// <param name="session">Our own; null when it could not be read, and then nothing is taken for an orphan.</param>
    public static bool IsOrphan(ProcessEntry entry, int self, int? session) =>
        entry.Parent == self && session is { } own && entry.Session != own;

    /// <summary>Whether it has to be known where the process stands and writes.</summary>
    public static bool NeedsPlaces(SeenProcess process, Household household) =>
        IsBare(process, household) && IsGivenToUs(process.Entry, household);

    /// <summary>The processes of a family that have not ended yet.</summary>
    /// <param name="found">Ids of processes that were found to be members by other means.</param>
    public static IReadOnlyList<ProcessEntry> MembersOf(
        FamilyTraits family, IReadOnlyList<SeenProcess> table, Household household, IEnumerable<int> found)
    {
        var members = table.Where(process => IsMember(family, process, household))
            .Select(process => process.Entry.Pid).Concat(found).ToHashSet();
        AddKin(members, [.. table.Select(process => process.Entry)], household);
        return [.. table.Select(process => process.Entry).Where(entry => !entry.Zombie && members.Contains(entry.Pid))];
    }

    /// <summary>Adds whatever descends from the members or shares a session that a member has begun.</summary>
    public static void AddKin(HashSet<int> members, IReadOnlyList<ProcessEntry> table, Household household)
    {
        var untouchable = Ancestors(table, household.Self);
        members.ExceptWith(untouchable);
        var children = table.ToLookup(entry => entry.Parent);
        var sessions = table.ToLookup(entry => entry.Session);
        var living = table.ToDictionary(entry => entry.Pid);
        var unseen = new Queue<int>(members);
        while (unseen.TryDequeue(out var member))
        {
            IEnumerable<ProcessEntry> kin = children[member];
            if (living.TryGetValue(member, out var entry) && entry.Session > 0 && entry.Session != household.Session
                && (!living.ContainsKey(entry.Session) || members.Contains(entry.Session)))
            {
                kin = kin.Concat(sessions[entry.Session]);
            }

            foreach (var one in kin.Where(one => !untouchable.Contains(one.Pid) && members.Add(one.Pid)))
            {
                unseen.Enqueue(one.Pid);
            }
        }
    }

    /// <summary>
    /// Whether a process is what an earlier orchestrator's agent left, although nothing but its place says so. Null:
    /// it is. Otherwise why it is left alone: a person's own shell may well stand in a workspace, and what was started
    /// from it too.
    /// </summary>
    public static string? SparedBecause(Stranger stranger) => stranger switch
    {
        { SameUser: false } => "it runs as another user",
        { WritesToOurs: true } => null,
        { Terminal: true } => "it has a terminal",
        { Abandoned: false } => "whoever started it is still there",
        { Personal: { } variable } => $"it was started from somebody's login ({variable})",
        _ => null,
    };

    /// <summary>The first variable of a process that shows that a person's login is behind it.</summary>
    public static string? PersonalVariable(IEnumerable<string> names) =>
        names.FirstOrDefault(PersonalVariables.Contains);

    static bool IsMember(FamilyTraits family, SeenProcess process, Household household)
    {
        var entry = process.Entry;
        if (family.Leader is { } leader && (entry.Pid == leader || entry.Session == leader || entry.Group == leader))
        {
            return true;
        }

        return process.Tag == family.Tag
            || (process.Mark != 0 && process.Mark == ProcessMark.Of(family.Tag))
            || family.Known.Contains(entry.Key)
            || (IsBare(process, household) && IsGivenToUs(entry, household) && IsLeftBy(family, process, household));
    }

    // It descends from something that was started here. Where nothing tells of which family, the last one that can have
    // left it ends it, so that none ends what another still needs.
    static bool IsLeftBy(FamilyTraits family, SeenProcess orphan, Household household)
    {
        bool CanHaveLeft(FamilyTraits one) => one.Since <= orphan.Entry.StartTicks;
        bool IsElsewhere(FamilyTraits other) =>
            (other.Ours && CanHaveLeft(other)) || orphan.Places.AreWithin(other.Folders);

        return CanHaveLeft(family)
            && !household.Others.Any(other => other.Known.Contains(orphan.Entry.Key))
            && (orphan.Places.AreWithin(family.Folders) || (family.Ours && !household.Others.Any(IsElsewhere)));
    }

    /// <summary>Whether nothing it carries tells whose it is.</summary>
    public static bool IsBare(SeenProcess process, Household household) =>
        process.Tag is null && (process.Mark == 0 || process.Mark == household.Mark);

    static bool IsGivenToUs(ProcessEntry entry, Household household) =>
        IsOrphan(entry, household.Self, household.Session) && !household.Spawned.Contains(entry.Pid);

    static HashSet<int> Ancestors(IReadOnlyList<ProcessEntry> table, int self)
    {
        var parents = table.ToDictionary(entry => entry.Pid, entry => entry.Parent);
        var ancestors = new HashSet<int>();
        for (var pid = self; ancestors.Add(pid) && parents.TryGetValue(pid, out var parent);)
        {
            pid = parent;
        }

        return ancestors;
    }
}
