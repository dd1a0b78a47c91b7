using System.Globalization;
using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>How a hub is set up.</summary>
sealed record HubOptions
{
    /// <summary>The folder of everything that is the swarm's, usually <c>.beadswarm</c> in the checkout.</summary>
    public required string SwarmFolder { get; init; }

    /// <summary>Who commits made by agents are by, unless the agent says otherwise.</summary>
    public GitIdentity AgentIdentity { get; init; } = GitIdentity.Swarm;

    /// <summary>What an agent's commit must pass.</summary>
    public IReadOnlyList<HookCommand> BeforeCommit { get; init; } = [];
}

/// <summary>
/// The bare repository that agents' workspaces belong to. It borrows the objects of the user's repository and shares
/// nothing else with it: no branch, stash, index, hook or setting. What it borrows is pinned in the user's repository
/// under <c>refs/beadswarm/pins</c>, so that no gc there takes it away.
/// </summary>
sealed class Hub
{
    public const string PinPrefix = "refs/beadswarm/pins/";

    /// <summary>The commit of the target whose tracker file this clone's own has taken in.</summary>
    public const string TakenRef = "refs/beadswarm/tracker";

    /// <summary>
    /// Where the last seen tip of a target branch is kept: outside of refs/heads, so no agent checks it out.
    /// </summary>
    public const string TargetPrefix = "refs/beadswarm/targets/";

    /// <summary>Folders of the swarm that hold work trees of the hub.</summary>
    public static readonly IReadOnlyList<string> WorktreeFolders = ["workspaces", "landing"];

    readonly HubOptions _options;
    readonly Dictionary<string, CommitId> _pinned = [];

    Hub(UserRepository user, GitRunner runner, HubOptions options)
    {
        _options = options;
        User = user;
        Runner = runner;
        Folder = options.SwarmFolder;
        GitDirectory = Path.Combine(options.SwarmFolder, "hub.git");
        Repository = new GitRepository(runner, GitDirectory, GitScope.Own);
        Transport = Repository with { Scope = GitScope.User };
    }

    public UserRepository User { get; }

    public GitRunner Runner { get; }

    public string Folder { get; }

    public string GitDirectory { get; }

    /// <summary>The hub under the swarm's own settings alone.</summary>
    public GitRepository Repository { get; }

    /// <summary>The hub under the user's settings too, which reaching a remote needs.</summary>
    public GitRepository Transport { get; }

    /// <summary>Held while a work tree is added, and by whoever must not see one that is half made.</summary>
    public SemaphoreSlim AddingWorkTrees { get; } = new(1, 1);

    string HooksPath => Path.Combine(GitDirectory, "beadswarm-hooks");

    /// <summary>Makes the hub, or makes it whole: every step is skipped when it is done already.</summary>
    public static async Task<Hub> OpenAsync(
        UserRepository user, GitRunner runner, HubOptions options, CancellationToken cancellationToken)
    {
        var hub = new Hub(user, runner, options);
        user.Ignore(hub.Folder);
        var config = Path.Combine(hub.GitDirectory, "config");
        if (!File.Exists(config) || !Directory.Exists(Path.Combine(hub.GitDirectory, "objects")))
        {
            Directory.CreateDirectory(hub.GitDirectory);
            var init = GitCall.Of("init", "--quiet", "--bare", "--template=", $"--object-format={user.ObjectFormat}",
                ".");
            await hub.Repository.RunAsync(init, cancellationToken);
        }

        var moved = hub.WriteFiles();
        if (moved)
        {
            await hub.RepairWorktreesAsync(cancellationToken);
        }

        return hub;
    }

    /// <summary>
    /// The hub as it lies there, to be looked at only: nothing is made, mended or written. Null where there is none.
    /// </summary>
    public static Hub? Find(UserRepository user, GitRunner runner)
    {
        var hub = new Hub(user, runner, new HubOptions { SwarmFolder = user.SwarmFolder });
        return Directory.Exists(Path.Combine(hub.GitDirectory, "objects")) ? hub : null;
    }

    /// <summary>Writes what differs.</summary>
    /// <returns>Whether the hub existed in another place before.</returns>
    bool WriteFiles()
    {
        SmallFile.Write(Path.Combine(HooksPath, "pre-commit"), HubFiles.PreCommit(_options.BeforeCommit),
            executable: true);
        SmallFile.Write(
            Path.Combine(HooksPath, "reference-transaction"), HubFiles.ReferenceTransaction(), executable: true);
        SmallFile.Write(Path.Combine(HooksPath, "pre-push"), HubFiles.PrePush(), executable: true);
        SmallFile.Write(Path.Combine(GitDirectory, "HEAD"), HubFiles.Head);
        SmallFile.Write(
            Path.Combine(GitDirectory, "config"),
            HubFiles.Config(User.ObjectFormat, HooksPath, _options.AgentIdentity));

        var alternates = Path.Combine(GitDirectory, "objects", "info", "alternates");
        var before = SmallFile.Read(alternates);
        return SmallFile.Write(alternates, Path.Combine(User.CommonDirectory, "objects") + "\n") && before is not null;
    }

    async Task RepairWorktreesAsync(CancellationToken cancellationToken)
    {
        var folders = WorktreeFolders.Select(name => Path.Combine(Folder, name))
            .Where(Directory.Exists).SelectMany(Directory.GetDirectories).ToArray();
        if (folders.Length > 0)
        {
            await Repository.RunAsync(new GitCall(["worktree", "repair", .. folders]), cancellationToken);
        }
    }

    /// <summary>
    /// Keeps a commit of the user's repository, and all it is made of, from being pruned there. The pin of a name moves
    /// along with its branch; what it leaves behind when history was rewritten gets a pin of its own.
    /// </summary>
    public async Task PinAsync(string name, CommitId commit, CancellationToken cancellationToken)
    {
        if (_pinned.TryGetValue(name, out var known) && known == commit)
        {
            return;
        }

        var pin = PinPrefix + name;
        var old = await User.Repository.FindCommitAsync(pin, cancellationToken);
        if (old != commit)
        {
            var changes = new List<RefChange> { old is null
                ? new RefChange.Create(pin, commit.Value)
                : new RefChange.Move(pin, commit.Value, old.Value.Value) };
            if (old is { } left && !await User.Repository.IsAncestorAsync(left, commit, cancellationToken))
            {
                changes.Insert(0, new RefChange.Move($"{PinPrefix}left/{left}", left.Value, null));
            }

            if (await User.Repository.UpdateRefsAsync(changes, "beadswarm: pin", cancellationToken)
                is not RefTransaction.Done)
            {
                // Somebody else moved the pin in between; only another orchestrator does, and it pins as well.
                await User.Repository.RunAsync(
                    GitCall.Of("update-ref", $"{PinPrefix}left/{commit}", commit.Value), cancellationToken);
                return;
            }
        }

        _pinned[name] = commit;
    }

    /// <summary>
    /// Removes what gits that were killed left locked among the swarm's own refs, here and in the user's repository.
    /// The caller holds the swarm's lock of the repository, so nobody else moves them. Of the hub's other locks an
    /// agent
    /// that lives may hold one: they go when no git is at work in it.
    /// </summary>
    public async Task RemoveLocksAsync(CancellationToken cancellationToken)
    {
        foreach (var refs in new[] { GitDirectory, User.CommonDirectory }
            .Select(directory => Path.Combine(directory, "refs", "beadswarm")).Where(Directory.Exists))
        {
            foreach (var stale in Directory.EnumerateFiles(refs, "*.lock", SearchOption.AllDirectories))
            {
                File.Delete(stale);
            }
        }

        await LockFile.RemoveAsync([.. Locks()], [Folder], Runner.TimeProvider, cancellationToken);
    }

    static readonly string[] SharedLocks = ["HEAD.lock", "packed-refs.lock", "config.lock"];

    /// <summary>Those that every work tree shares, and those of work trees that nobody has begun with yet.</summary>
    IEnumerable<string> Locks() =>
    [
        .. SharedLocks.Select(name => Path.Combine(GitDirectory, name)),
        .. LocksUnder(Path.Combine(GitDirectory, "refs", "heads")),
        .. LocksUnder(Path.Combine(GitDirectory, "worktrees")),
    ];

    static string[] LocksUnder(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*.lock", SearchOption.AllDirectories)
        : [];

    /// <summary>
    /// Begins a new epoch of landing in a repository: whoever still acts for an older one is refused from now on.
    /// </summary>
    public static async Task<LandingEpoch> BeginEpochAsync(GitRepository repository,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            // The id first: number and compare-and-swap must speak of the same value.
            var found = (await repository.LookUpAsync([LandingEpoch.Ref], cancellationToken))[0];
            var number = found is null ? 0 : LandingEpoch.Read(
                (await repository.RunAsync(GitCall.Of("cat-file", "blob", found.Id), cancellationToken)).Line);
            var text = LandingEpoch.Text(number + 1);
            var blob = await repository.WriteBlobAsync(System.Text.Encoding.UTF8.GetBytes(text), cancellationToken);
            RefChange change = found is null
                ? new RefChange.Create(LandingEpoch.Ref, blob)
                : new RefChange.Move(LandingEpoch.Ref, blob, found.Id);
            var moved = await repository.UpdateRefsAsync([change], "beadswarm: epoch", cancellationToken);
            if (moved is RefTransaction.Done)
            {
                return new LandingEpoch(number + 1, blob);
            }

            if (attempt == LandingEpoch.AttemptsMax)
            {
                throw new GitException(["update-ref", LandingEpoch.Ref], 128, moved.ToString(), repository.Directory,
                    true);
            }
        }
    }
}

/// <summary>Which lander acts. Its blob is verified in the same transaction that moves a branch.</summary>
sealed record LandingEpoch(long Number, string Blob)
{
    public const string Ref = "refs/beadswarm/epoch";

    /// <summary>How often taking an epoch is tried against others that do the same.</summary>
    public const int AttemptsMax = 5;

    public static string Text(long number) => $"epoch {number.ToString(CultureInfo.InvariantCulture)}\n";

    public static long Read(string text) =>
        text.Split(' ') is ["epoch", var number]
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{text}' in {LandingEpoch.Ref} is not an epoch");
}
