using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>A command that an agent's commit must pass, for example the fast part of the gates.</summary>
/// <param name="Run">Run by <c>/bin/sh -c</c>; written by the user, never by an agent or a bead.</param>
sealed record HookCommand(string Name, string Run);

/// <summary>The text of the files that make the hub what it is. Pure: the same options give the same bytes.</summary>
static class HubFiles
{
    /// <summary>In a workspace's administrative folder: the one branch that may be committed to there.</summary>
    public const string BranchFile = "beadswarm-branch";

    /// <summary>
    /// HEAD names a branch that never exists; else every update of a branch also needs the lock of HEAD.
    /// </summary>
    public const string Head = "ref: refs/heads/_none\n";

    const string ToOwnBranch = "branch='refs/heads/'\n"
        + "dir=${GIT_DIR:-$(git rev-parse --git-dir)}\n"
        + "own=\n"
        + "[ -r \"$dir/" + BranchFile + "\" ] && IFS= read -r own < \"$dir/" + BranchFile + "\"\n";

    // Where git push would go from a workspace: a folder that cannot exist. The hook below can be bypassed by a flag.
    const string PushNowhere = "/dev/null/pushing-is-disabled-in-a-workspace/";

    static readonly string[] PushPrefixes =
        ["/", ".", "~", "git@", "https://", "http://", "ssh://", "git://", "git+ssh://", "ssh+git://", "file://"];

    public static string Config(string objectFormat, string hooksPath, GitIdentity agents)
    {
        var sha256 = objectFormat == "sha1" ? "" : $"\tobjectFormat = {objectFormat}\n";
        var poison = string.Concat(PushPrefixes.Select(prefix => $"\tpushInsteadOf = {Quote(prefix)}\n"));
        return $"""
            # Written by beadswarm; changes are overwritten.
            [core]
            	repositoryFormatVersion = 1
            	fileMode = true
            	bare = true
            	logAllRefUpdates = true
            	hooksPath = {Quote(hooksPath)}
            	fsync = reference,loose-object,pack,pack-metadata
            [extensions]
            	# No agent's gc may prune what only the store knows about.
            	preciousObjects = true
            {sha256}[gc]
            	auto = 0
            [maintenance]
            	auto = false
            [commit]
            	gpgSign = false
            [tag]
            	gpgSign = false
            [user]
            	name = {Quote(agents.Name)}
            	email = {Quote(agents.Email)}
            [advice]
            	detachedHead = false
            [url {Quote(PushNowhere)}]
            {poison}
            """.ReplaceLineEndings("\n");
    }

    /// <summary>Refuses a commit off the workspace's own branch, then runs the commands.</summary>
    public static string PreCommit(IReadOnlyList<HookCommand> commands)
    {
        var checks = string.Concat(commands.Select(command =>
            $"echo {Shell($"beadswarm: before the commit: {command.Name}")} >&2\n"
            + $"(unset $(git rev-parse --local-env-vars); exec /bin/sh -c {Shell(command.Run)}) </dev/null >&2 || "
            + $"{{ echo {Shell($"beadswarm: '{command.Name}' failed, so nothing was committed")} >&2; exit 1; }}\n"));
        return "#!/bin/sh\n" + ToOwnBranch
            + "head=$(git symbolic-ref -q HEAD) || {\n"
            + "  echo \"beadswarm: HEAD is detached: run 'git switch ${own:-<your branch>}' and commit there\" >&2\n"
            + "  exit 1; }\n"
            + "[ -n \"$own\" ] && [ \"$head\" = \"$branch$own\" ] || {\n"
            + "  echo \"beadswarm: ${head#$branch} is not this workspace's branch: "
            + "run 'git switch ${own:-<your branch>}' and commit there\" >&2; exit 1; }\n"
            + checks
            + "exit 0\n";
    }

    /// <summary>
    /// Refuses every ref that is not the workspace's own. HEAD and the per-worktree refs of a rebase stay free; nothing
    /// in it starts a process while the ref is allowed, since git asks for every update.
    /// </summary>
    public static string ReferenceTransaction() =>
        "#!/bin/sh\n[ \"$1\" = prepared ] || exit 0\n" + ToOwnBranch
        + "while IFS=' ' read -r old new ref; do\n"
        + "  case $ref in\n"
        + "    refs/worktree/*|refs/bisect/*|refs/rewritten/*) ;;\n"
        + "    refs/*)\n"
        + "      [ -n \"$own\" ] && [ \"$ref\" = \"$branch$own\" ] || {\n"
        + "        echo \"beadswarm: this workspace may only change ${own:-nothing}, not $ref\" >&2; exit 1; }\n"
        + "      case $new in *[!0]*) ;; *)\n"
        + "        echo \"beadswarm: the branch of a workspace is not deleted from inside it\" >&2; exit 1;; esac ;;\n"
        + "  esac\n"
        + "done\n"
        + "exit 0\n";

    public static string PrePush() =>
        "#!/bin/sh\n"
        + "echo 'beadswarm: agents do not push: commit to your branch, landing is done by the swarm' >&2\n"
        + "exit 1\n";

    /// <summary>A word for a POSIX shell that stands for exactly this text.</summary>
    public static string Shell(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>A value for a git configuration file that stands for exactly this text.</summary>
    static string Quote(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}
