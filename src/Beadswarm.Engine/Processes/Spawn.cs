using System.Runtime.InteropServices;
using System.Text;

namespace Beadswarm.Processes;

/// <summary>Where one of the three standard streams of a child comes from or goes to.</summary>
abstract record SpawnStream
{
    SpawnStream() { }

    /// <summary>A descriptor of ours, usually the far end of a pipe.</summary>
    public sealed record Descriptor(int Number) : SpawnStream;

    /// <summary>A file the child reads from its beginning.</summary>
    public sealed record ReadFile(string Path) : SpawnStream;

    /// <summary>A file the child appends to, for the owner alone. Unlike a pipe it survives us.</summary>
    public sealed record AppendFile(string Path) : SpawnStream;

    public static readonly SpawnStream Nothing = new ReadFile("/dev/null");
}

/// <summary>A program to start: everything it will see is named here.</summary>
sealed record SpawnRequest(
    string FileName,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string WorkingDirectory,
    SpawnStream StandardInput,
    SpawnStream StandardOutput,
    SpawnStream StandardError);

/// <summary>A program could not be started. The message names it, the cause, and where it was looked for.</summary>
sealed class ProcessStartException(string message, string fileName, int error) : Exception(message)
{
    const int TryAgain = 11;
    const int OutOfMemory = 12;
    const int TooManyFiles = 23;
    const int TooManyOpenFiles = 24;
    const int NoSpace = 28;

    public string FileName { get; } = fileName;

    /// <summary>The system's error number, or 0 when the program was not found at all.</summary>
    public int Error { get; } = error;

    /// <summary>The machine is short of something; the same start may work later.</summary>
    public bool IsTransient { get; } = error is TryAgain or OutOfMemory or TooManyFiles or TooManyOpenFiles or NoSpace;
}

/// <summary>
/// Starts a program as leader of a session and group of its own, with a clean signal mask and default dispositions,
/// and with no descriptor but its three streams. posix_spawn never runs managed code between fork and exec.
/// </summary>
static unsafe class Spawn
{
    // Larger than the C library's own structures on every architecture (80 and 336 bytes, signal sets 128).
    const int FileActionsBytes = 256;
    const int AttributesBytes = 512;
    const int SignalSetBytes = 128;
    const uint OwnerReadWrite = 0x180;
    const int Executable = 1;

    /// <summary>Starts it and returns its process id, which is its group and session id too.</summary>
    /// <exception cref="ProcessStartException">Not found, not executable, or the system refused.</exception>
    public static int Start(SpawnRequest request)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("processes can be supervised on Linux only");
        }

        var program = Resolve(request.FileName, request.Environment, request.WorkingDirectory);
        var actions = stackalloc byte[FileActionsBytes];
        var attributes = stackalloc byte[AttributesBytes];
        var signals = stackalloc byte[SignalSetBytes];
        using var strings = new NativeStrings();

        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawnattr_init(attributes);
        try
        {
            _ = Libc.posix_spawnattr_setflags(
                attributes, Libc.SpawnNewSession | Libc.SpawnSignalMask | Libc.SpawnSignalDefaults);
            _ = Libc.sigemptyset(signals);
            _ = Libc.posix_spawnattr_setsigmask(attributes, signals);

            // The runtime ignores SIGPIPE; a child that inherited this would never end when its reader does.
            _ = Libc.sigfillset(signals);
            _ = Libc.posix_spawnattr_setsigdefault(attributes, signals);

            AddStream(actions, strings, 0, request.StandardInput);
            AddStream(actions, strings, 1, request.StandardOutput);
            AddStream(actions, strings, 2, request.StandardError);
            Libc.CloseFrom(actions, 3);
            _ = Libc.posix_spawn_file_actions_addchdir_np(actions, strings.Add(request.WorkingDirectory));

            var file = strings.Add(program);
            var arguments = strings.AddArray([request.FileName, .. request.Arguments]);
            var environment = strings.AddArray(
                [.. request.Environment.Select(variable => $"{variable.Key}={variable.Value}")]);
            int error, pid;
            lock (Reaper.Births)
            {
                error = Libc.posix_spawn(out pid, file, actions, attributes, arguments, environment);
                if (error == 0)
                {
                    Reaper.Register(pid);
                }
            }

            return error == 0 ? pid : throw Refused(request, program, error);
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Looks a program up as the child would: on the PATH of its own environment, not on ours.</summary>
    /// <exception cref="ProcessStartException">It is not there.</exception>
    public static string Resolve(
        string fileName, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        var path = environment.GetValueOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
        IEnumerable<string> candidates = fileName.Contains('/', StringComparison.Ordinal)
            ? [Path.Combine(workingDirectory, fileName)]
            : path.Split(':').Where(folder => folder.StartsWith('/')).Select(folder => Path.Combine(folder, fileName));
        return candidates.FirstOrDefault(IsExecutable)
            ?? throw new ProcessStartException(
                $"'{fileName}' was not found as an executable program; PATH is '{path}'", fileName, 0);
    }

    static bool IsExecutable(string path) => Libc.access(path, Executable) == 0 && !Directory.Exists(path);

    static void AddStream(void* actions, NativeStrings strings, int target, SpawnStream stream) =>
        _ = stream switch
        {
            SpawnStream.Descriptor descriptor =>
                Libc.posix_spawn_file_actions_adddup2(actions, descriptor.Number, target),
            SpawnStream.ReadFile file =>
                Libc.posix_spawn_file_actions_addopen(actions, target, strings.Add(file.Path), Libc.OpenReadOnly, 0),
            SpawnStream.AppendFile file => Libc.posix_spawn_file_actions_addopen(
                actions,
                target,
                strings.Add(file.Path),
                Libc.OpenWriteOnly | Libc.OpenCreate | Libc.OpenAppend,
                OwnerReadWrite),
        };

    static ProcessStartException Refused(SpawnRequest request, string program, int error)
    {
        var cause = Directory.Exists(request.WorkingDirectory)
            ? Libc.Describe(error)
            : $"its working directory '{request.WorkingDirectory}' is not there";
        return new ProcessStartException($"cannot start '{program}': {cause}", request.FileName, error);
    }

    /// <summary>Text in the form the system calls want, freed together.</summary>
    sealed class NativeStrings : IDisposable
    {
        readonly List<nint> _blocks = [];

        public byte* Add(string text)
        {
            if (text.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException("a program's argument or environment cannot hold a NUL character");
            }

            var length = Encoding.UTF8.GetByteCount(text);
            var block = (byte*)NativeMemory.Alloc((nuint)length + 1);
            _blocks.Add((nint)block);
            Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
            block[length] = 0;
            return block;
        }

        public byte** AddArray(string[] texts)
        {
            var array = (byte**)NativeMemory.Alloc((nuint)(texts.Length + 1) * (nuint)sizeof(nint));
            _blocks.Add((nint)array);
            for (var i = 0; i < texts.Length; i++)
            {
                array[i] = Add(texts[i]);
            }

            array[texts.Length] = null;
            return array;
        }

        public void Dispose()
        {
            foreach (var block in _blocks)
            {
                NativeMemory.Free((void*)block);
            }
        }
    }
}
