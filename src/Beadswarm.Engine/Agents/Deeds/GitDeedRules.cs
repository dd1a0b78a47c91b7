namespace Beadswarm.Agents.Deeds;

/// <summary>What an agent may do with git: everything that stays in its workspace and on its branch.</summary>
static class GitDeedRules
{
    const string OnlyYours = "work on your own branch only";

    /// <summary>Subcommands that change nothing, wherever they are run.</summary>
    static readonly string[] Reading =
    [
        "status", "log", "diff", "show", "blame", "annotate", "grep", "ls-files", "ls-tree", "ls-remote", "cat-file",
        "rev-parse", "rev-list", "describe", "name-rev", "shortlog", "merge-base", "merge-tree", "for-each-ref",
        "show-ref", "show-branch", "diff-tree", "diff-index", "diff-files", "check-ignore", "check-attr", "var",
        "version", "help", "whatchanged", "count-objects", "fsck", "range-diff", "cherry", "patch-id", "hash-object",
        "stripspace", "interpret-trailers", "column", "archive", "format-patch", "request-pull", "--version",
        "--help", "--exec-path", "--html-path", "-v", "-h",
    ];

    /// <summary>Subcommands that are free in a workspace.</summary>
    static readonly string[] Working =
    [
        "add", "commit", "rm", "mv", "restore", "apply", "am", "rebase", "merge", "cherry-pick", "revert", "clean",
        "notes", "mergetool", "merge-file", "rerere", "update-index", "write-tree", "commit-tree", "read-tree",
        "submodule", "lfs", "bisect", "init", "clone", "fetch", "pull", "sparse-checkout", "checkout-index", "mktree",
        "unpack-objects", "stage",
    ];

    static readonly string[] SafeForRemote = ["-v", "--verbose", "show", "get-url"];

    static readonly string[] ConfigReading =
        ["--get", "--get-all", "--get-regexp", "--get-urlmatch", "--list", "-l", "get", "list"];

    static readonly string[] Listing =
    [
        "-l", "--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at", "--show-current",
        "-n", "-v",
    ];

    /// <summary>Settings by which a call could get around what holds git in a workspace.</summary>
    static readonly string[] SettingsHeld =
        ["alias.", "core.hookspath", "core.worktree", "core.bare", "url.", "remote.", "include", "extensions."];

    /// <summary>Why a call may not set its variables: they move git elsewhere; null: it may.</summary>
    public static string? Environment(IReadOnlyList<string> words)
    {
        var sets = words is ["export" or "declare" or "typeset" or "env", ..] || words is [var first, ..]
            && ShellReader.Assignment(first) is not null;
        var name = !sets ? null : words.Select(word => ShellReader.Assignment(word)?.Name)
            .FirstOrDefault(name => name is "GIT_DIR" or "GIT_WORK_TREE" or "GIT_COMMON_DIR" or "GIT_INDEX_FILE"
                or "GIT_OBJECT_DIRECTORY" or "GIT_NAMESPACE" or "GIT_EXEC_PATH"
                || name?.StartsWith("GIT_CONFIG", StringComparison.Ordinal) == true);
        return name is null ? null : $"{name} would lead git away from your workspace: leave it unset";
    }

    /// <summary>Why it may not be done; null: it may.</summary>
    /// <param name="arguments">What stands behind the word git.</param>
    /// <param name="placed">Whether the folder is known.</param>
    /// <param name="script">Judges a script that git is told to run.</param>
    public static string? Refusal(
        string[] arguments, DeedGround ground, bool placed, Func<string, string?> script)
    {
        if (Globals(arguments, ground, ref placed, out var folder, out var rest) is { } refusal)
        {
            return refusal;
        }

        if (rest is not [var verb, .. var options])
        {
            return null;
        }

        var here = ground with { Folder = folder };
        return Forbidden(rest, here) ?? Run(verb, options, script)
            ?? (Reading.Contains(verb) || IsListing(verb, options) ? null
                : !Working.Contains(verb) && !IsRuled(verb)
                    ? $"'git {DeedRules.Shown(verb)}' is no command of git that is known here: say what it does in "
                        + "git's own words"
                : verb is "init" or "clone" ? null
                : placed && DeedRules.Write(Path.Combine(folder, "any"), here) is not null
                    ? $"git changes {DeedRules.Shown(folder)} then, which is outside of your workspace "
                        + $"{ground.Workspace}: work there only"
                : null);
    }

    /// <summary>Why these words behind git are never right; null: they may be.</summary>
    public static string? Forbidden(string[] words, DeedGround ground)
    {
        if (words is not [var verb, .. var options])
        {
            return null;
        }

        var operands = options.TakeWhile(word => word != "--").Where(word => !word.StartsWith('-')).ToArray();
        bool Has(params string[] wanted) => options.Any(word => wanted.Contains(word));

        return verb switch
        {
            _ when options.Contains("--no-verify") || verb == "commit" && options.Any(SkipsHooks) =>
                "the checks before a commit are not to be left out: mend what they find",
            "push" or "send-pack" or "http-push" or "send-email" =>
                "nothing is pushed from a workspace: commit, and the swarm lands your branch",
            "stash" when !(operands is ["list" or "show", ..]) =>
                "a stash is easily lost: commit on your branch instead; only commits are kept",
            "reset" when Has("--hard", "--merge", "--keep") =>
                "it would throw away work: take back single files with 'git restore', or commits with 'git revert'",
            "worktree" when !(operands is ["list", ..]) => $"workspaces are made by the swarm: {OnlyYours}",
            "checkout" or "switch" => Switch(verb, options, operands, ground),
            "branch" or "tag" when !IsListing(verb, options) =>
                $"branches and tags are made, moved and deleted by the swarm: {OnlyYours}",
            "remote" when operands.Length > 0 && !SafeForRemote.Contains(operands[0]) =>
                "remotes are the swarm's: it fetches and pushes",
            "config" when !options.Any(ConfigReading.Contains) && (operands.Length != 1 || Has("--unset", "--edit")) =>
                "git's settings in a workspace are the swarm's",
            "reflog" when operands is ["expire" or "delete" or "drop", ..] =>
                "what can be found again is not to be thrown away",
            "symbolic-ref" when operands.Length > 1 || Has("-d", "--delete") => $"HEAD stays where it is: {OnlyYours}",
            "update-ref" or "filter-branch" or "filter-repo" or "replace" or "fast-import" =>
                $"refs and history are not rewritten behind git's back: {OnlyYours}",
            "gc" or "prune" or "repack" or "maintenance" or "pack-refs" or "prune-packed" =>
                "the swarm keeps its repository in order by itself",
            _ => null,
        };
    }

    static bool IsRuled(string verb) => verb is "stash" or "reset" or "worktree" or "checkout" or "switch" or "branch"
        or "tag" or "remote" or "config" or "reflog" or "symbolic-ref";

    static bool IsListing(string verb, string[] options) => verb switch
    {
        "branch" or "tag" => options.Any(Listing.Contains) && !options.Any(IsChange)
            || options.All(word => word.StartsWith('-') && !IsChange(word)),
        "stash" or "worktree" or "remote" or "config" or "reflog" or "symbolic-ref" => true,
        _ => false,
    };

    static bool IsChange(string word) => word is "-d" or "-D" or "-m" or "-M" or "-c" or "-C" or "-f" or "-u"
        or "--delete" or "--move" or "--copy" or "--force" or "--unset-upstream" or "--edit-description"
        || word.StartsWith("--set-upstream-to", StringComparison.Ordinal);

    static string? Switch(string verb, string[] options, string[] operands, DeedGround ground)
    {
        var own = ground.Branch ?? "the branch that you began on";
        var begins = options.TakeWhile(word => word != "--").Any(word => word is "-b" or "-B" or "-c" or "-C"
            or "--create" or "--force-create" or "--orphan" or "--detach" or "-d" or "-t" or "--track" or "-");
        var paths = verb == "checkout" && (options.Contains("--") || operands.Length > 1 || operands is []
            || operands.All(path => path == "." || ground.Exists(Path.GetFullPath(path, ground.Folder))));
        return begins || !paths && operands.Any(name => name != ground.Branch)
            ? $"this workspace stays on {own}; files are taken back with 'git restore FILE' or 'git checkout -- FILE'"
            : null;
    }

    /// <summary>The short form of --no-verify, alone or among others: behind -m and the like stands a value.</summary>
    static bool SkipsHooks(string word) => word is ['-', not '-', ..]
        && word.AsSpan(1).IndexOf('n') is >= 0 and var at && word.AsSpan(1, at).IndexOfAny("mFCct") < 0;

    /// <summary>Commands that git runs by itself between its own steps.</summary>
    static string? Run(string verb, string[] options, Func<string, string?> script)
    {
        var at = verb switch
        {
            "rebase" => Array.FindIndex(options, word => word is "-x" or "--exec"),
            "submodule" => Array.IndexOf(options, "foreach"),
            "bisect" => Array.IndexOf(options, "run"),
            _ => -1,
        };
        var joined = options.FirstOrDefault(word => word.StartsWith("--exec=", StringComparison.Ordinal));
        return at >= 0 ? script(string.Join(' ', options[(at + 1)..]))
            : joined is not null ? script(joined["--exec=".Length..])
            : null;
    }

    /// <summary>Reads what stands before the subcommand.</summary>
    static string? Globals(
        string[] arguments, DeedGround ground, ref bool placed, out string folder, out string[] rest)
    {
        (folder, rest) = (ground.Folder, []);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "-C" when i + 1 < arguments.Length:
                    i++;
                    var into = DeedRules.Into(arguments[i], folder);
                    placed = into is not null;
                    folder = into ?? folder;
                    break;
                case "-c" when i + 1 < arguments.Length:
                    i++;
                    if (Setting(arguments[i]) is { } held)
                    {
                        return held;
                    }

                    break;
                case var word when word.StartsWith("--git-dir", StringComparison.Ordinal)
                    || word.StartsWith("--work-tree", StringComparison.Ordinal)
                    || word.StartsWith("--namespace", StringComparison.Ordinal)
                    || word.StartsWith("--config-env", StringComparison.Ordinal)
                    || word.StartsWith("--exec-path=", StringComparison.Ordinal) || word == "--bare":
                    return $"'{DeedRules.Shown(word)}' would lead git away from your workspace: leave it out";
                case var word when word.StartsWith('-') && !Reading.Contains(word):
                    break;
                case var word when DeedRules.IsUnknown(word):
                    return "which command of git it will be cannot be told: say it in plain words";
                default:
                    rest = arguments[i..];
                    return null;
            }
        }

        return null;
    }

    static string? Setting(string setting) =>
        DeedRules.IsUnknown(setting)
        || SettingsHeld.Any(held => setting.StartsWith(held, StringComparison.OrdinalIgnoreCase))
            ? $"'-c {DeedRules.Shown(setting)}' would get around what holds git here: leave it out"
            : null;
}
