using System.CommandLine;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli.Rendering;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Shows what agents wrote to their standard output and error: all stages of a bead, or the newest one of each agent.
/// </summary>
static class LogsCommand
{
    const int TailDefault = 200;
    const int HistoryMax = 10_000;
    static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(250);

    public static Command Create(CliHost host)
    {
        var bead = BeadOptions.Bead("Show every stage of this bead");
        var agent = BeadOptions.Agent("Show the newest stage of this agent");
        var tail = BeadOptions.Count("--tail", ["-n"], "Show the last N lines of each log", TailDefault);
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is written from now on" };
        var command = new Command("logs", "Show what the agents wrote") { agent, bead, tail, follow };
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var logs = new Logs(call, swarm, call.Get(bead), call.Get(agent));
            await logs.ShowAsync(call.Get(tail), cancellationToken);
            if (call.Get(follow))
            {
                await logs.FollowAsync(cancellationToken);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>The logs that were asked for, and how far each has been shown.</summary>
    sealed class Logs(VerbCall call, SwarmReader swarm, BeadId? bead, AgentNumber? agent)
    {
        readonly Dictionary<StageRunId, OpenLog[]> _open = [];
        readonly string _repository = call.RepositoryPath;
        OpenLog? _shown;

        public async Task ShowAsync(int tail, CancellationToken cancellationToken)
        {
            var runs = await SelectAsync(cancellationToken);
            if (runs.Count == 0 && !call.Json)
            {
                call.Note(
                    "no stage has run" + (bead is { } id ? $" for {id}" : agent is { } n ? $" by agent {n}" : ""));
            }

            foreach (var log in runs.SelectMany(Open))
            {
                Print(log, log.File.ReadTail(tail));
            }
        }

        /// <summary>Until nobody writes any more: the swarm is over.</summary>
        public async Task FollowAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                foreach (var log in (await SelectAsync(cancellationToken)).SelectMany(Open))
                {
                    Print(log, log.File.ReadNew());
                }

                if (!swarm.Alive)
                {
                    break;
                }

                await Task.Delay(FollowInterval, call.Host.Time, cancellationToken);
            }

            foreach (var log in _open.Values.SelectMany(logs => logs))
            {
                Print(log, [.. log.File.ReadNew(), .. log.File.ReadRest()]);
            }
        }

        async Task<IReadOnlyList<StageRun>> SelectAsync(CancellationToken cancellationToken)
        {
            var runs = await swarm.ReadAsync(
                (store, token) => store.ReadHistoryAsync(bead, agent, HistoryMax, token), cancellationToken);

            // What was shown once is shown to its end, although a newer stage of that agent has begun.
            return bead is null
                ? [.. runs.GroupBy(run => run.Agent).OrderBy(group => group.Key).SelectMany(group =>
                    group.Where(run => _open.ContainsKey(run.Id) || run == group.Last()))]
                : runs;
        }

        OpenLog[] Open(StageRun run)
        {
            if (!_open.TryGetValue(run.Id, out var logs))
            {
                var folder = Path.Combine(_repository, run.SessionFolder);
                logs =
                [
                    new(run, "stdout", new LogFile(Path.Combine(folder, "stdout.log"))),
                    new(run, "stderr", new LogFile(Path.Combine(folder, "stderr.log"))),
                ];
                _open.Add(run.Id, logs);
            }

            return logs;
        }

        void Print(OpenLog log, IReadOnlyList<string> lines)
        {
            if (lines.Count == 0)
            {
                return;
            }

            if (!call.Json && log != _shown)
            {
                call.PrintLine($"{(_shown is null ? "" : "\n")}==> {log.Title} <==");
                _shown = log;
            }

            foreach (var line in lines)
            {
                call.PrintLine(call.Json ? ToJson(log, line) : SafeText.Lines(line));
            }
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
    }

    sealed record OpenLog(StageRun Run, string Stream, LogFile File)
    {
        public string Title =>
            SafeText.Line($"agent {Run.Agent} · {Run.Bead} · {Run.Stage} · attempt {Run.Attempt} · ")
            + (Run.Status == StageStatus.Started ? "running" : HistoryCommand.Word(Run.Status)) + $" · {Stream}";
    }
}
