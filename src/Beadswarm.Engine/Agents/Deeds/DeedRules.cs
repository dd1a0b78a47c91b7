using Beadswarm.Pipelines;

namespace Beadswarm.Agents.Deeds;

/// <summary>
/// What an agent may not do, and why: the early and clear word, before the walls behind it (the hub's hooks, the
/// sandbox, what lands at all) would say it less clearly. What cannot be told from the words of a call is let through
/// to them.
/// </summary>
static class DeedRules
{
    /// <summary>Scripts within scripts; who needs more has something to hide.</summary>
    const int DepthMax = 12;

    /// <summary>Longer ones are not looked at, and so not run.</summary>
    const int ScriptLengthMax = 200_000;

    /// <summary>Longer ones are no folders of this machine.</summary>
    const int FolderLengthMax = 1024;

    /// <summary>What the swarm, or git, keeps in a workspace.</summary>
    static readonly string[] Kept = [".beads", ".beadswarm", ".git"];

    static readonly string[] Sinks = ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/zero"];

    static readonly string[] Shells = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

    /// <summary>Programs that run what their arguments say.</summary>
    static readonly string[] Wrappers =
    [
        "env", "command", "builtin", "exec", "nohup", "time", "setsid", "nice", "ionice", "stdbuf", "timeout", "sudo",
        "doas", "xargs", "find", "watch", "parallel", "script", "flock", "busybox", "unshare", "nsenter", "chroot",
        "strace", "caffeinate", "chrt", "taskset",
    ];

    static readonly string[] ChangeAll =
        ["rm", "rmdir", "mkdir", "touch", "truncate", "tee", "chmod", "chown", "chgrp", "unlink", "shred", "mv"];

    static readonly string[] ChangeLast = ["cp", "install", "rsync", "ln"];

    /// <summary>Why it may not be done; null: it may.</summary>
    public static string? Refusal(Deed deed, DeedGround ground) => deed switch
    {
        Deed.Writes writes => First(writes.Paths, ground),
        Deed.Runs { Script.Length: > ScriptLengthMax } => "the script is too long to be looked at: put it into a file",
        Deed.Runs runs => Script(runs.Script, ground, new(ground.Variables, StringComparer.Ordinal), 0),
        Deed.Moves => "your work lands from this workspace and its branch, and from nowhere else: stay in it",
        Deed.Other => null,
    };

    static string? Script(string script, DeedGround ground, Dictionary<string, string> variables, int depth)
    {
        if (depth > DepthMax)
        {
            return "scripts within scripts go too deep: say it in plain words";
        }

        var (here, placed) = (ground, true);
        foreach (var part in new ShellReader(script, variables).Read())
        {
            var refusal = part switch
            {
                ShellPart.Inner inner => Script(inner.Script, here, variables, depth + 1),
                ShellPart.Call call => Call(call, here, placed, variables, depth),
            };
            if (refusal is not null)
            {
                return refusal;
            }

            if (part is ShellPart.Call { Words: ["cd" or "pushd", ..] } move)
            {
                var into = move.Words.Skip(1).LastOrDefault(word => !word.StartsWith('-')) is { } path
                    ? Into(path, here.Folder)
                    : null;
                (here, placed) = (ground with { Folder = into ?? ground.Workspace }, into is not null);
            }
        }

        return null;
    }

    static string? Call(
        ShellPart.Call call, DeedGround ground, bool placed, Dictionary<string, string> variables, int depth)
    {
        var own = call.Words.TakeWhile(word => ShellReader.Assignment(word) is not null).Count();
        return call.Writes.Select(path => Write(path, ground)).FirstOrDefault(refusal => refusal is not null)
            ?? GitDeedRules.Environment(call.Words)
            ?? Program([.. call.Words.Skip(own)], call.Input, ground, placed, variables, depth);
    }

    static string? Program(
        string[] words, string? input, DeedGround ground, bool placed, Dictionary<string, string> variables, int depth)
    {
        string? Inner(string script) => Script(script, ground, variables, depth + 1);

        if (words is not [var program, .. var arguments])
        {
            return null;
        }

        var operands = arguments.Where(word => !word.StartsWith('-')).ToArray();
        return Path.GetFileName(program) switch
        {
            "git" => GitDeedRules.Refusal(arguments, ground, placed, Inner),
            var shell when Shells.Contains(shell) => Shell(arguments, input, Inner),
            "eval" => Inner(string.Join(' ', arguments)),
            var wrapper when Wrappers.Contains(wrapper) => Wrapped(arguments, input, ground, placed, variables, depth),
            var change when ChangeAll.Contains(change) => First(operands, ground),
            var change when ChangeLast.Contains(change) => First(Targets(arguments, operands), ground),
            "sed" or "perl" when arguments.Any(IsInPlace) => First(operands, ground),
            "dd" => First(
                arguments.Where(word => word.StartsWith("of=", StringComparison.Ordinal)).Select(word => word[3..]),
                ground),

            // Codex runs this word by itself, and not by a shell.
            "apply_patch" or "applypatch" => First(PatchText.Paths(input ?? string.Join('\n', arguments)), ground),

            // Which program it is, only the shell will know: what would be wrong with git is wrong with it.
            var unknown when IsUnknown(unknown) => GitDeedRules.Forbidden(arguments, ground),
            _ => null,
        };
    }

    /// <summary>The program that others are told to run: the first of their words that there are rules for.</summary>
    static string? Wrapped(
        string[] arguments, string? input, DeedGround ground, bool placed, Dictionary<string, string> variables,
        int depth)
    {
        var at = Array.FindIndex(arguments, word => IsRuled(Path.GetFileName(word)));
        return at >= 0 ? Program(arguments[at..], input, ground, placed, variables, depth) : null;
    }

    static bool IsRuled(string program) =>
        program is "git" or "eval" or "sed" or "perl" or "dd" || Shells.Contains(program)
        || ChangeAll.Contains(program) || ChangeLast.Contains(program);

    static string? Shell(string[] arguments, string? input, Func<string, string?> inner)
    {
        var option = Array.FindIndex(
            arguments, word => word is ['-', not '-', ..] && word.Contains('c', StringComparison.Ordinal));
        var script = option >= 0
            ? arguments.Skip(option + 1).FirstOrDefault(word => !word.StartsWith('-'))
            : arguments.All(word => word.StartsWith('-')) ? input : null;
        return script is null ? null : inner(script);
    }

    static IEnumerable<string> Targets(string[] arguments, string[] operands)
    {
        var option = Array.FindIndex(arguments, word => word is "-t" or "--target-directory");
        var given = arguments.FirstOrDefault(word =>
            word.StartsWith("--target-directory=", StringComparison.Ordinal));
        return option >= 0 && option + 1 < arguments.Length ? [arguments[option + 1]]
            : given is not null ? [given[(given.IndexOf('=', StringComparison.Ordinal) + 1)..]]
            : operands.TakeLast(1);
    }

    static bool IsInPlace(string word) =>
        word is ['-', not '-', ..] && word.Contains('i', StringComparison.Ordinal)
        || word.StartsWith("--in-place", StringComparison.Ordinal);

    static string? First(IEnumerable<string> paths, DeedGround ground) =>
        paths.Select(path => Write(path, ground)).FirstOrDefault(refusal => refusal is not null);

    /// <summary>Why nothing may be written there; null: it may.</summary>
    public static string? Write(string path, DeedGround ground)
    {
        if (path.Length == 0 || IsUnknown(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        var written = Path.GetFullPath(path, ground.Folder);
        var real = ground.RealPath(written);
        var kept = KeptIn(written, ground.Workspace) ?? KeptIn(real, ground.Workspace);
        return Sinks.Contains(written) || written.StartsWith("/dev/fd/", StringComparison.Ordinal) ? null
            : kept is not null
                ? $"{kept} in a workspace is not yours to change: the swarm keeps it, and nothing of it lands"
            : IsWithin(real, ground.Workspace) || IsWritable(real, ground) ? null
            : $"{Shown(path)} is outside of your workspace {ground.Workspace}: change files there only";
    }

    static bool IsWritable(string real, DeedGround ground)
    {
        var beside = ground.Writable.Where(folder => IsWithin(real, folder)).MaxBy(folder => folder.Length);
        var kept = ground.Protected.Where(folder => IsWithin(real, folder)).MaxBy(folder => folder.Length);
        return beside is not null && (kept is null || kept.Length < beside.Length);
    }

    static string? KeptIn(string path, string workspace) =>
        Kept.FirstOrDefault(name => IsWithin(path, $"{workspace}/{name}"));

    /// <summary>The folder that a path names; null: that cannot be told.</summary>
    public static string? Into(string path, string folder) =>
        path.Length == 0 || IsUnknown(path) || path.Contains('\0', StringComparison.Ordinal)
            || path.Length + folder.Length > FolderLengthMax
                ? null
                : Path.GetFullPath(path, folder);

    /// <summary>Words of an agent in a refusal: one line, and not without an end.</summary>
    public static string Shown(string words) => PipelineRules.OneLine(words.Replace(ShellPart.Unknown, '?'));

    public static bool IsUnknown(string word) => word.Contains(ShellPart.Unknown, StringComparison.Ordinal);

    static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
