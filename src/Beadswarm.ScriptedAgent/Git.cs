using System.Collections;
using System.Runtime.InteropServices;

namespace Beadswarm.ScriptedAgent;

/// <summary>Runs git and other programs with this program's own streams and environment.</summary>
static unsafe partial class Git
{
    const short NewSession = 0x80;
    const int AttributesBytes = 512;
    const int ActionsBytes = 256;
    const int ReadWrite = 2;

    /// <returns>Its exit code, or 128 + the signal that ended it.</returns>
    public static int Run(string workspace, params string[] arguments)
    {
        Console.Out.Flush();
        var pid = Spawn(["git", "-C", workspace, .. arguments], detached: false);
        int status;
        while (waitpid(pid, &status, 0) < 0)
        {
            const int Interrupted = 4;
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                return 1;
            }
        }

        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }

    /// <summary>Starts a program in a session of its own, without our streams, and forgets it.</summary>
    public static void Abandon(params string[] arguments) => Spawn(arguments, detached: true);

    static int Spawn(string[] arguments, bool detached)
    {
        var attributes = stackalloc byte[AttributesBytes];
        var actions = stackalloc byte[ActionsBytes];
        _ = posix_spawnattr_init(attributes);
        _ = posix_spawn_file_actions_init(actions);
        if (detached)
        {
            _ = posix_spawnattr_setflags(attributes, NewSession);
            for (var stream = 0; stream < 3; stream++)
            {
                _ = posix_spawn_file_actions_addopen(actions, stream, "/dev/null", ReadWrite, 0);
            }
        }

        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => $"{variable.Key}={variable.Value}");
        var error = posix_spawnp(
            out var pid, arguments[0], actions, attributes, [.. arguments, null], [.. environment, null]);
        return error == 0
            ? pid
            : throw new IOException($"cannot start '{arguments[0]}': {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawnp(
        out int pid, string file, byte* actions, byte* attributes, string?[] arguments, string?[] environment);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(
        byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);
}
