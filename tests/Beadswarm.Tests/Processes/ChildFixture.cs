using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Processes;

/// <summary>Starts shell scripts as children in a folder of their own, and waits for signals from them.</summary>
sealed class ChildFixture : IDisposable
{
    /// <summary>Long enough for any machine; no test waits for it unless it fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan NoGrace = TimeSpan.FromMilliseconds(20);

    readonly TemporaryFolder _folder = new();

    public string Tag { get; } = $"test/{Guid.NewGuid():n}";

    public string this[string file] => _folder[file];

    public string Folder => _folder.Path;

    public ChildProcess Start(string script, Func<ChildSpec, ChildSpec>? change = null) =>
        ChildProcess.Start((change ?? (spec => spec))(Spec(script)), TimeProvider.System);

    public ChildSpec Spec(string script) => new()
    {
        FileName = "sh",
        Arguments = ["-c", script],
        WorkingDirectory = _folder.Path,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        Tag = Tag,
        StandardOutputFile = _folder["out"],
        StandardErrorFile = _folder["err"],
        ExitFile = _folder["exit"],
    };

    /// <summary>Makes a named pipe. Whoever reads it waits until somebody has written.</summary>
    public async Task<string> Pipe(string name)
    {
        await Command.RunAsync(
            new CommandSpec
            {
                FileName = "mkfifo",
                Arguments = [_folder[name]],
                WorkingDirectory = _folder.Path,
                Environment = new Dictionary<string, string>(),
            },
            CancellationToken.None);
        return _folder[name];
    }

    /// <summary>Waits until somebody has written into the pipe and closed it.</summary>
    public static async Task<string> Read(string pipe) =>
        (await Task.Run(() => File.ReadAllText(pipe)).WaitAsync(Patience)).Trim();

    public string Output(string file = "out") => File.ReadAllText(_folder[file]);

    /// <summary>Running processes that carry the tag, each by itself.</summary>
    public IReadOnlyList<TaggedProcess> Running() =>
    [
        .. from entry in ProcessTable.All()
           where !entry.Zombie && entry.Pid != Environment.ProcessId
           let tag = ProcessTable.Variable(entry.Pid, ProcessSweep.TagVariable)
           where tag is not null && tag.StartsWith(Tag, StringComparison.Ordinal)
           select new TaggedProcess(
               new ProcessIdentity(entry.Pid, entry.StartTicks, ProcessIdentity.CurrentBootId), tag,
               ProcessTable.CommandLine(entry.Pid)),
    ];

    public void Dispose()
    {
        ProcessSweep.Signal(ProcessSweep.Members(Tag), Libc.SignalKill);
        _folder.Dispose();
    }
}
