using System.Globalization;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>What a git that has walked into the trap does until it is let go.</summary>
enum Snare
{
    /// <summary>It has not begun: when it is let go, it acts as if no time had passed.</summary>
    Late,

    /// <summary>An update of refs that holds its locks and has moved nothing yet.</summary>
    Holding,
}

/// <summary>
/// A git that comes first on the PATH of a swarm. It is the real one, except for the one call that a test has laid a
/// trap for: that one says which process it is, and waits.
/// </summary>
sealed class GitTrap : IDisposable
{
    const string Script =
        """
        #!/bin/sh
        { read -r snare; read -r lock; read -r wanted; } 2> /dev/null < "$HERE/trap" || exec "$REAL" "$@"
        case "$*" in
        *"$wanted"*) mv "$HERE/trap" "$HERE/sprung" 2> /dev/null || exec "$REAL" "$@" ;;
        *) exec "$REAL" "$@" ;;
        esac
        if [ "$snare" = Late ]; then
          echo $$ > "$HERE/arrived"
          read -r go < "$HERE/go"
          exec "$REAL" "$@"
        fi
        input="$HERE/input.$$"
        cat > "$input"
        case $(tr '\0' '\n' < "$input") in
        *"$(expr "$lock" : '.*/\(refs/.*\)\.lock')"*) ;;
        *) mv "$HERE/sprung" "$HERE/trap"; exec "$REAL" "$@" < "$input" ;;
        esac
        {
          printf 'start\0'
          cat "$input"
          printf 'prepare\0'
          while [ ! -e "$lock" ]; do sleep 0.02; done
          echo $$ > "$HERE/arrived"
          read -r go < "$HERE/go"
          printf 'commit\0'
        } | "$REAL" "$@"

        """;

    readonly string _folder;
    readonly Fifo _arrived;
    readonly Fifo _go;
    Task<string> _next;
    string _wanted = "";

    /// <summary>Puts it onto the PATH of everything that is started for this repository.</summary>
    public GitTrap(GitRepository repository)
    {
        _folder = Path.Combine(repository.Root, "bin");
        Directory.CreateDirectory(_folder);
        var path = repository.Environment["PATH"];
        var real = path.Split(':').Select(folder => Path.Combine(folder, "git")).First(File.Exists);
        var git = Path.Combine(_folder, "git");
        File.WriteAllText(git, Script
            .Replace("$HERE", _folder, StringComparison.Ordinal)
            .Replace("$REAL", real, StringComparison.Ordinal));
        File.SetUnixFileMode(git, File.GetUnixFileMode(git) | UnixFileMode.UserExecute);
        _arrived = new Fifo(Path.Combine(_folder, "arrived"));
        _go = new Fifo(Path.Combine(_folder, "go"));
        _next = _arrived.LineAsync();
        repository.Environment["PATH"] = $"{_folder}:{path}";
    }

    /// <param name="call">Part of the command line of the git that is wanted.</param>
    /// <param name="lockFile">
    /// For <see cref="Snare.Holding"/>: the lock of the ref that is moved, there once it holds its locks.
    /// </param>
    public void Lay(string call, Snare snare, string lockFile = "-")
    {
        // In one step: the next git may be looking.
        _wanted = call;
        var trap = Path.Combine(_folder, "trap");
        File.WriteAllText(trap + ".new", $"{snare}\n{lockFile}\n{call}\n");
        File.Move(trap + ".new", trap, overwrite: true);
    }

    /// <summary>The process in the trap. It leads a session and a group of its own, git with it.</summary>
    /// <param name="run">When it ends without having walked into it, nobody will.</param>
    public async Task<int> CaughtAsync(RunningSwarm run)
    {
        var first = await Task.WhenAny(_next, run.EndAsync());
        Assert.True(
            first == _next, $"no git was called with '{_wanted}':\n{string.Join('\n', run.Lines.TakeLast(40))}");
        var line = await _next;
        _next = _arrived.LineAsync();
        return int.Parse(line, CultureInfo.InvariantCulture);
    }

    /// <summary>Lets one go that waits, now or when it comes.</summary>
    public void Release() => _go.Write("go");

    /// <summary>kill -9 of the process in the trap with all that it has started.</summary>
    public static void Kill(int caught, IReadOnlyDictionary<string, string> environment)
    {
        var killed = Machine.Run("/", environment, "/bin/sh", "-c", $"kill -9 -{caught}");
        Assert.True(killed.ExitCode == 0, $"{killed}");
    }

    public void Dispose()
    {
        // The reader still waits for a line; it must not outlive the pipe.
        _arrived.Write("over");
        _arrived.Dispose();
        _go.Dispose();
    }
}
