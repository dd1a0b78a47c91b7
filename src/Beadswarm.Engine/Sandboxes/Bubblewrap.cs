using System.Globalization;
using System.Text;
using Beadswarm.Processes;

namespace Beadswarm.Sandboxes;

/// <summary>
/// bubblewrap as it is on this machine. Its command line makes namespaces, mounts what a sandbox shows and becomes the
/// program. What is in the sandbox dies with the monitor that stays outside, and the monitor with its parent.
/// </summary>
/// <param name="Program">Absolute.</param>
/// <param name="Version">As it says itself.</param>
sealed record Bubblewrap(string Program, Version Version)
{
    /// <summary>Most that may lie in one of the empty folders, which are in memory.</summary>
    public const long EmptyBytesMax = 2L << 30;

    const string Name = "bwrap";

    /// <summary>The first that bounds the folders which are in memory.</summary>
    static readonly Version SizeSince = new(0, 7);

    static readonly TimeSpan ProbeTime = TimeSpan.FromMinutes(1);

    /// <summary>Finds it and tries whether the kernel lets it work.</summary>
    public static async Task<SandboxFinding> FindAsync(
        IReadOnlyDictionary<string, string> environment, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var program = Spawn.Resolve(Name, environment, "/");
            var said = await RunAsync(program, ["--version"], time, cancellationToken);
            var words = Encoding.UTF8.GetString(said.Stdout).Trim();
            var found = new Bubblewrap(program, VersionOf(words));
            var probe = new SandboxLaunch("/bin/sh", ["-c", ":"], "/", Network: false, []);
            var tried = await RunAsync(program, found.Arguments(probe), time, cancellationToken);
            return tried.ExitCode == 0
                ? new SandboxFinding.Works(found)
                : new SandboxFinding.Broken(SandboxTroubles.Explain(
                    words, Encoding.UTF8.GetString(tried.Stderr).Trim(), SandboxTroubles.KernelSetting()));
        }
        catch (ProcessStartException missing)
        {
            return new SandboxFinding.Missing(missing.Message);
        }
        catch (CommandException slow)
        {
            return new SandboxFinding.Broken(
                SandboxTroubles.Explain(Name, slow.Message, SandboxTroubles.KernelSetting()));
        }
    }

    /// <summary>The arguments of bwrap that run a program in a sandbox. Pure.</summary>
    public IReadOnlyList<string> Arguments(SandboxLaunch launch)
    {
        return
        [
            "--unshare-user-try", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
            .. launch.Network ? Array.Empty<string>() : ["--unshare-net"],

            // Root keeps its capabilities otherwise, and could mount everything again as it likes.
            "--cap-drop", "ALL", "--die-with-parent",
            "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",

            // bwrap leaves these writable to root, and they are those of the machine.
            "--ro-bind-try", "/proc/sys", "/proc/sys",
            "--ro-bind-try", "/proc/sysrq-trigger", "/proc/sysrq-trigger",
            .. launch.Mounts.SelectMany(Arguments),
            "--setenv", "TMPDIR", "/tmp", "--chdir", launch.WorkingDirectory, "--",
            launch.Program, .. launch.Arguments,
        ];
    }

    IReadOnlyList<string> Arguments(SandboxMount mount) => mount switch
    {
        SandboxMount.Empty when Version < SizeSince => ["--tmpfs", mount.Path],
        SandboxMount.Empty =>
            ["--size", EmptyBytesMax.ToString(CultureInfo.InvariantCulture), "--tmpfs", mount.Path],
        SandboxMount.Readable => ["--ro-bind", mount.Path, mount.Path],
        SandboxMount.Writable => ["--bind", mount.Path, mount.Path],
    };

    static Task<CommandResult> RunAsync(
        string program, IReadOnlyList<string> arguments, TimeProvider time, CancellationToken cancellationToken) =>
        Command.RunAsync(
            new CommandSpec
            {
                FileName = program,
                Arguments = arguments,
                WorkingDirectory = "/",
                Environment = new Dictionary<string, string> { ["LC_ALL"] = "C" },
                Timeout = ProbeTime,
                TimeProvider = time,
            },
            cancellationToken);

    // "bubblewrap 0.8.0"; a name that says nothing is taken for an old one.
    static Version VersionOf(string words) =>
        Version.TryParse(words.Split(' ')[^1], out var version) ? version : new Version(0, 0);
}

/// <summary>A program to run in a sandbox.</summary>
/// <param name="Program">Absolute.</param>
sealed record SandboxLaunch(
    string Program, IReadOnlyList<string> Arguments, string WorkingDirectory, bool Network,
    IReadOnlyList<SandboxMount> Mounts);

/// <summary>Whether sandboxes can be made here.</summary>
abstract record SandboxFinding
{
    SandboxFinding() { }

    public sealed record Works(Bubblewrap Bubblewrap) : SandboxFinding;

    /// <summary>There is no such program.</summary>
    public sealed record Missing(string Detail) : SandboxFinding;

    /// <summary>There is one, and it cannot do its work.</summary>
    public sealed record Broken(SandboxTrouble Why) : SandboxFinding;

    /// <summary>What stands in the way, or null.</summary>
    public SandboxTrouble? Trouble => this switch
    {
        Works => null,
        Missing missing => SandboxTroubles.Missing(missing.Detail),
        Broken broken => broken.Why,
    };
}
