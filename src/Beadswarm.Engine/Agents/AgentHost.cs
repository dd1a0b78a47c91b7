using Beadswarm.Processes;
using Beadswarm.Sandboxes;

namespace Beadswarm.Agents;

/// <summary>Starts agents as processes of this machine, and finds them again after our own crash.</summary>
/// <param name="environment">The orchestrator's own environment; agents see only what is allowed of it.</param>
sealed class AgentHost(
    IReadOnlyDictionary<string, string> environment, IReadOnlyList<IAgentRunner> runners, TimeProvider timeProvider)
    : IAgentHost
{
    /// <summary>What makes sandboxes; null where the configuration asks for none.</summary>
    public Bubblewrap? Bubblewrap { get; init; }

    /// <summary>What must not be in any text that is kept or handed on; what agents wrote may hold it.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = Redaction.SecretsOf(environment);

    public async Task<IAgentSession> StartAsync(AgentLaunch launch, CancellationToken cancellationToken)
    {
        var files = new AgentFiles(launch.SessionFolder);
        try
        {
            var runner = RunnerOf(launch.Runner.Kind)
                ?? throw new ProcessStartException(
                    $"runner '{launch.Runner.Name}' has the unknown kind '{launch.Runner.Kind}'; "
                        + $"known are {string.Join(", ", runners.Select(known => known.Kind))}",
                    launch.Runner.Kind,
                    0);
            var command = runner.Prepare(launch, files);
            var record = new SessionRecord(
                launch.SessionFolder, launch.Workspace, runner.Kind, timeProvider.GetUtcNow(), launch.Limits)
            {
                RunnerName = launch.Runner.Name,
                Continues = launch.Continues,
                Confined = launch.Runner.Sandbox is not null,
            };
            await AgentBriefing.WriteAsync(
                launch, [.. command.Files, .. command.Input is { } own ? [own] : Array.Empty<ContextFile>()],
                cancellationToken);
            await record.WriteAsync(cancellationToken);
            var spec = new ChildSpec
            {
                FileName = command.FileName,
                Arguments = command.Arguments,
                WorkingDirectory = launch.Workspace,
                Environment = AgentEnvironment.Build(environment, launch, files, command),
                Tag = launch.Tag,
                StandardInputFile = command.Input is { } input
                    ? Path.Combine(files.Folder, input.Name)
                    : files.Prompt,
                StandardOutputFile = files.Stdout,
                StandardErrorFile = files.Stderr,
                ExitFile = files.Exit,
                Folders = [launch.Workspace, launch.SessionFolder],
            };
            var child = ChildProcess.Start(
                AgentSandbox.Confine(spec, launch, command.Helpers, Bubblewrap), timeProvider);
            return new AgentSession(child, runner, record, Secrets, timeProvider);
        }
        catch (ProcessStartException refused)
        {
            return new UnstartedAgent(new AgentEnd.FailedToStart(refused.Message, refused.IsTransient));
        }
        catch (IOException full)
        {
            // The disk, or the number of open files: the machine's trouble, not the agent's.
            return new UnstartedAgent(new AgentEnd.FailedToStart(full.Message, Transient: true));
        }
    }

    public Task<IAgentSession?> TryAdoptAsync(AgentProcess process, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var record = SessionRecord.TryRead(process.SessionFolder);
        var runner = record is null ? null : RunnerOf(record.RunnerKind);
        if (record is null || runner is null)
        {
            return Task.FromResult<IAgentSession?>(null);
        }

        // The folder may have moved together with its repository; what was stored says where it is now.
        var files = new AgentFiles(process.SessionFolder);
        var child = ChildProcess.Adopt(
            process.Identity, process.Tag, [record.Workspace, process.SessionFolder], files.Exit, record.Confined,
            timeProvider);
        if (child.Exit.IsCompleted && ExitRecord.Read(files.Exit) is ChildExit.Unknown)
        {
            child.Dispose();
            return Task.FromResult<IAgentSession?>(null);
        }

        return Task.FromResult<IAgentSession?>(
            new AgentSession(
                child, runner, record with { Folder = process.SessionFolder }, Secrets, timeProvider));
    }

    public EarlierSession? Recall(string sessionFolder)
    {
        if (SessionRecord.TryRead(sessionFolder) is not { RunnerName: { } name } record
            || RunnerOf(record.RunnerKind) is not { } runner)
        {
            return null;
        }

        var files = new AgentFiles(sessionFolder);
        var reading = runner.Interpret(new AgentReport(
            ExitRecord.Read(files.Exit), AgentSession.Tail(files), new AgentResult.Missing(), files,
            timeProvider.GetUtcNow(), timeProvider.LocalTimeZone, record.Continues));
        return new EarlierSession(name, reading.End, reading.Usage);
    }

    public Task<LeakReport> ClearAsync(string tag, CancellationToken cancellationToken) =>
        ProcessSweep.KillByTagAsync(tag, timeProvider, cancellationToken);

    public Task<OrphanReport> ClearOrphansAsync(SweepSearch search, CancellationToken cancellationToken) =>
        OrphanSweep.RunAsync(search, timeProvider, cancellationToken);

    public string ReadText(string path, int bytesMax) =>
        Redaction.Apply(UntrustedFile.ReadTailText(path, bytesMax), Secrets);

    IAgentRunner? RunnerOf(string kind) => runners.FirstOrDefault(runner => runner.Kind == kind);

    /// <summary>An agent that never ran.</summary>
    sealed class UnstartedAgent(AgentEnd.FailedToStart end) : IAgentSession
    {
        public AgentProcess? Process => null;

        public Task<AgentOutcome> WaitAsync(SpendingWatch? spending, CancellationToken cancellationToken) =>
            Task.FromResult(new AgentOutcome(end, LeakReport.Nothing));

        public Task TerminateAsync(string reason, CancellationToken cancellationToken) => Task.CompletedTask;

        public long MemoryBytes() => 0;
    }
}
