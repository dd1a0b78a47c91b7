using System.Globalization;
using System.Text;

namespace Beadswarm.Processes;

/// <summary>
/// Lets a child's exit code outlive the orchestrator: a shell around the program writes it into a file, whole or not at
/// all. The texts of the command come in as positional parameters, so nothing in them is ever read as shell.
/// </summary>
static class ExitRecord
{
    const int LengthMax = 16;

    /// <summary>A shell knows no larger one; a file that holds one was not written by ours.</summary>
    const int ShellStatusMax = 255;

    // The shell ignores the requests to end that reach its whole group, so that it can still write down how the program
    // took them; a program started while they are trapped, not ignored, gets the default behaviour back.
    const string Script =
        """
        trap : TERM INT HUP QUIT
        record=$1 mark=$2
        shift 2
        ulimit -S -x "$mark" 2>/dev/null || ulimit -S -w "$mark" 2>/dev/null
        "$@"
        code=$?
        trap '' TERM INT HUP QUIT
        printf '%s\n' "$code" >"$record.part" && command -p mv -f -- "$record.part" "$record"
        exit "$code"
        """;

    /// <summary>
    /// The command line that runs a program, marked, and records its exit in <paramref name="exitFile"/>.
    /// </summary>
    /// <param name="program">Absolute, since a bare name could be one of the shell's own commands.</param>
    public static (string FileName, IReadOnlyList<string> Arguments) Wrap(
        string exitFile, string tag, string program, IReadOnlyList<string> arguments) =>
        ("/bin/sh", ["-c", Script, "sh", exitFile, ProcessMark.Text(tag), program, .. arguments]);

    /// <summary>What was recorded, or <see cref="ChildExit.Unknown"/>.</summary>
    public static ChildExit Read(string exitFile)
    {
        try
        {
            return Parse(UntrustedFile.ReadHead(exitFile, LengthMax) ?? []);
        }
        catch (IOException)
        {
            // Somebody made it unreadable; that is the same as nothing recorded.
            return new ChildExit.Unknown();
        }
    }

    /// <summary>The exit code that the shell wrote down; anything else is unknown.</summary>
    public static ChildExit Parse(ReadOnlySpan<byte> record) =>
        int.TryParse(
            Encoding.ASCII.GetString(record).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
        && status <= ShellStatusMax
            ? ChildExit.FromShell(status)
            : new ChildExit.Unknown();
}
