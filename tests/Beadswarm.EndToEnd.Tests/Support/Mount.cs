namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>
/// Something mounted for one test: a small disk, or a folder that cannot be written. Gone when disposed.
/// </summary>
sealed class Mount : IDisposable
{
    readonly string _folder;
    bool _gone;

    Mount(string folder, params string[][] commands)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may mount");
        _folder = folder;
        foreach (var arguments in commands)
        {
            var made = Run("mount", arguments);
            Assert.True(made.ExitCode == 0, $"mount {string.Join(' ', arguments)}: {made}");
        }
    }

    /// <summary>An empty disk of this size in the place of the folder.</summary>
    public static Mount SmallDisk(string folder, int megabytes) =>
        new(folder, ["-t", "tmpfs", "-o", $"size={megabytes}m,mode=700", "beadswarm-test", folder]);

    /// <summary>The folder as it is, and nobody can write it, not even root.</summary>
    public static Mount ReadOnly(string folder) =>
        new(folder, ["--bind", folder, folder], ["-o", "remount,ro,bind", folder]);

    public void Dispose()
    {
        if (!_gone)
        {
            // Lazily: a process that a failed test left in there must not keep it.
            _gone = Run("umount", "--lazy", _folder).ExitCode == 0;
        }
    }

    static Output Run(string program, params string[] arguments) =>
        Machine.Run("/", Machine.Environment("/"), program, arguments);
}
