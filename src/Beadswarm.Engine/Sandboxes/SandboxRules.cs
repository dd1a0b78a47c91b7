namespace Beadswarm.Sandboxes;

/// <summary>Everything that decides what one agent sees.</summary>
sealed record SandboxRequest
{
    public required SandboxPolicy Policy { get; init; }

    /// <summary>The home folder. This and all other paths are without links.</summary>
    public required string Home { get; init; }

    /// <summary>What is hidden on every machine: <see cref="SandboxRules.AlwaysHidden"/>.</summary>
    public required IReadOnlyList<string> AlwaysHidden { get; init; }

    /// <summary>The agent's program, and what it is a link to.</summary>
    public required IReadOnlyList<string> Programs { get; init; }

    /// <summary>Files that the runner's command names, for example a script.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Folders of its PATH.</summary>
    public required IReadOnlyList<string> PathFolders { get; init; }

    public required SandboxGround Ground { get; init; }

    /// <summary>Where names of hosts are looked up, if that is a link into a folder that is hidden.</summary>
    public string? Resolver { get; init; }
}

/// <summary>
/// Decides what a sandbox shows. Pure. The whole file system is there to be read; folders with other people's business
/// are replaced by empty ones; in these, what the agent needs is put back. Parents come before what is in them.
/// </summary>
static class SandboxRules
{
    /// <summary>Homes, and where programs leave sockets, locks and other people's temporary files.</summary>
    public static readonly IReadOnlyList<string> AlwaysHidden = ["/home", "/root", "/run", "/tmp", "/var/tmp"];

    /// <summary>The mounts, in the order in which they are made.</summary>
    /// <param name="exists">Whether there is something at a path outside of the sandbox.</param>
    public static IReadOnlyList<SandboxMount> Mounts(SandboxRequest request, Func<string, bool> exists)
    {
        var ground = request.Ground;
        string[] hidden = [.. request.AlwaysHidden, request.Home, .. ground.Hidden];
        bool IsHidden(string path) => hidden.Any(folder => IsWithin(path, folder));
        bool Holds(string path) => hidden.Any(folder => IsWithin(folder, path));

        // The agent's own: neither its program nor its PATH takes the right to change it away.
        bool IsOwn(string path) => ground.Writable.Any(folder => IsWithin(path, folder));

        string InHome(string relative) => $"{request.Home}/{relative}";
        var policy = request.Policy;
        IEnumerable<SandboxMount> mounts =
        [
            .. hidden.Select(path => new SandboxMount.Empty(path)),
            .. request.Programs.Select(FolderOf).Concat(request.PathFolders)
                .Where(path => IsHidden(path) && !Holds(path) && !IsOwn(path))
                .Select(path => new SandboxMount.Readable(path)),
            .. request.Programs.Where(path => Holds(FolderOf(path))).Concat(request.Files).Where(IsHidden)
                .Where(path => !IsOwn(path)).Select(path => new SandboxMount.Readable(path)),
            .. policy.HomeReadable.Select(InHome).Select(path => new SandboxMount.Readable(path)),
            .. policy.HomeWritable.Select(InHome).Select(path => new SandboxMount.Writable(path)),
            .. SandboxDefaults.HomeProtected
                .Where(path => policy.HomeWritable.Any(shown => path != shown && IsWithin(path, shown)))
                .Select(InHome).Select(path => new SandboxMount.Readable(path)),
            .. ground.Writable.Select(path => new SandboxMount.Writable(path)),
            .. ground.Readable.Select(path => new SandboxMount.Readable(path)),
            .. request.Resolver is { } resolver && IsHidden(resolver)
                ? [new SandboxMount.Readable(resolver)]
                : Array.Empty<SandboxMount>(),
        ];

        // Of several for one path the last one counts: what is the swarm's own is decided last.
        return
        [
            .. mounts.Where(mount => exists(mount.Path))
                .GroupBy(mount => mount.Path).Select(same => same.Last())
                .OrderBy(mount => mount.Path.Count(c => c == '/')).ThenBy(mount => mount.Path, StringComparer.Ordinal),
        ];
    }

    /// <summary>Why a home folder cannot be hidden, or null.</summary>
    public static string? HomeProblem(string? home) =>
        home is null or "" ? "HOME is not set"
        : !home.StartsWith('/') ? $"HOME is '{home}', which is not an absolute path"
        : home.Split('/', StringSplitOptions.RemoveEmptyEntries) is [] or ["usr" or "bin" or "etc" or "lib" or "dev"]
            ? $"HOME is '{home}', which is a part of the system itself"
        : null;

    /// <summary>Why an entry cannot name something in the home folder, or null.</summary>
    public static string? EntryProblem(string entry) =>
        entry.StartsWith('/') || entry.StartsWith('~')
            ? "is relative to the home folder, without '~/' or a leading '/'"
        : entry.Split('/').Any(part => part is "" or "." or "..") ? "has an empty part, '.' or '..'"
        : entry.Contains('\0', StringComparison.Ordinal) ? "has a character that no path has"
        : null;

    /// <summary>What has to be there for a program to run: its folder, and all packages of one from npm.</summary>
    static string FolderOf(string program)
    {
        const string Packages = "/node_modules/";
        var packages = program.IndexOf(Packages, StringComparison.Ordinal);
        return packages > 0
            ? program[..(packages + Packages.Length - 1)]
            : Path.GetDirectoryName(program) is { Length: > 0 } folder ? folder : "/";
    }

    static bool IsWithin(string path, string folder) =>
        path == folder || folder == "/" || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
