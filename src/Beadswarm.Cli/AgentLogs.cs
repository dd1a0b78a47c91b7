using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli.Commands;
using Beadswarm.Cli.Rendering;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Storage;

namespace Beadswarm.Cli;

/// <summary>Which executions of stages are asked for; null: all of them.</summary>
/// <param name="Bead">Without one, the newest execution of each agent.</param>
sealed record LogSelection(BeadId? Bead, AgentNumber? Agent)
{
    public StageName? Stage { get; init; }

    public int? Attempt { get; init; }

    /// <summary>Lines as the program printed them, instead of what they mean.</summary>
    public bool Raw { get; init; }

    public bool Includes(StageRun run) =>
        (Stage is null || run.Stage == Stage) && (Attempt is null || run.Attempt == Attempt);
}

/// <summary>The logs that were asked for, and how far each has been shown.</summary>
sealed class AgentLogs(VerbCall call, SwarmReader swarm, LogSelection selection)
{
    const int HistoryMax = 10_000;
    static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(250);

    readonly Dictionary<StageRunId, OpenLog[]> _open = [];
    readonly string _repository = call.RepositoryPath;
    readonly IReadOnlyList<string> _secrets = Redaction.SecretsOf(call.Host.Environment);
    OpenLog? _shown;

    /// <summary>The last lines of each.</summary>
    public async Task ShowAsync(int tail, CancellationToken cancellationToken)
    {
        var runs = await SelectAsync(cancellationToken);
        if (runs.Count == 0 && !call.Json)
        {
            call.Note(
                "no stage has run" + (selection.Bead is { } id ? $" for {id}"
                    : selection.Agent is { } n ? $" by agent {n}" : ""));
        }

        foreach (var log in runs.SelectMany(Open))
        {
            Print(log, log.File.ReadTail(tail), last: true);
        }
    }

    /// <summary>Until nobody writes any more: the swarm is over.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var log in (await SelectAsync(cancellationToken)).SelectMany(Open))
            {
                Print(log, log.File.ReadNew(), last: false);
            }

            if (!swarm.Alive)
            {
                break;
            }

            await Task.Delay(FollowInterval, call.Host.Time, cancellationToken);
        }

        foreach (var log in _open.Values.SelectMany(logs => logs))
        {
            Print(log, [.. log.File.ReadNew(), .. log.File.ReadRest()], last: true);
        }
    }

    async Task<IReadOnlyList<StageRun>> SelectAsync(CancellationToken cancellationToken)
    {
        var all = await swarm.ReadAsync(
            (store, token) => store.ReadHistoryAsync(selection.Bead, selection.Agent, HistoryMax, token),
            cancellationToken);
        var runs = all.Where(selection.Includes);

        // What was shown once is shown to its end, although a newer stage of that agent has begun.
        return selection.Bead is null
            ? [.. runs.GroupBy(run => run.Agent).OrderBy(group => group.Key).SelectMany(group =>
                group.Where(run => _open.ContainsKey(run.Id) || run == group.Last()))]
            : [.. runs];
    }

    OpenLog[] Open(StageRun run)
    {
        if (!_open.TryGetValue(run.Id, out var logs))
        {
            var files = new AgentFiles(Path.Combine(_repository, run.SessionFolder));
            var kind = SessionRecord.TryRead(files.Folder)?.RunnerKind;
            logs =
            [
                new(run, "stdout", new LogFile(files.Stdout), new TranscriptText(kind, selection.Raw, _secrets)),
                new(run, "stderr", new LogFile(files.Stderr), new TranscriptText(null, raw: true, _secrets)),
            ];
            _open.Add(run.Id, logs);
        }

        return logs;
    }

    /// <param name="last">Nothing follows: what waits for the rest of its line is shown as it is.</param>
    void Print(OpenLog log, IReadOnlyList<string> lines, bool last)
    {
        var shown = call.Json
            ? [.. lines.Select(line => ToJson(log, Redaction.Apply(line, _secrets)))]
            : lines.SelectMany(log.Text.Read).Concat(last ? log.Text.Rest() : []).ToArray();
        if (shown.Length == 0)
        {
            return;
        }

        if (!call.Json && log != _shown)
        {
            call.PrintLine($"{(_shown is null ? "" : "\n")}==> {log.Title} <==");
            _shown = log;
        }

        Array.ForEach(shown, call.PrintLine);
    }

    static string ToJson(OpenLog log, string line) =>
        JsonLine.Object(json =>
        {
            json.WriteNumber("agent", log.Run.Agent.Value);
            json.WriteString("bead", log.Run.Bead.Value);
            json.WriteString("stage", log.Run.Stage.Value);
            json.WriteNumber("attempt", log.Run.Attempt);
            json.WriteString("stream", log.Stream);
            json.WriteString("line", line);
        });

    sealed record OpenLog(StageRun Run, string Stream, LogFile File, TranscriptText Text)
    {
        public string Title =>
            SafeText.Line($"agent {Run.Agent} · {Run.Bead} · {Run.Stage} · attempt {Run.Attempt} · ")
            + (Run.Status == StageStatus.Started ? "running" : HistoryCommand.Word(Run.Status)) + $" · {Stream}";
    }
}
