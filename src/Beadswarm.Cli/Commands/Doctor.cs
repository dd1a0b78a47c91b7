using System.CommandLine;
using System.Globalization;
using System.Text;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Diagnosis;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Finds what keeps a swarm from working well here, and repairs what can be repaired without harm.</summary>
static class DoctorCommand
{
    /// <summary>A repair can bring to light what it hid: a second backlog hides what is wrong in the first.</summary>
    const int RoundsMax = 4;

    public static Command Create(CliHost host)
    {
        var fix = new Option<bool>("--fix") { Description = "Repair what can be repaired without harm" };
        var command = new Command("doctor", "Find what is wrong with repository, tracker, store and tools; repair it")
        {
            fix,
        };
        command.Does(host, (call, cancellationToken) => RunAsync(call, call.Get(fix), cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(VerbCall call, bool fix, CancellationToken cancellationToken)
    {
        var paths = new SwarmPaths(call.RepositoryPath);
        using var held = Hold(paths, call.Host, fix, out var holder);
        var quiet = held is not null || !Directory.Exists(paths.Folder);
        var scope = await ScopeAsync(call, quiet, holder, cancellationToken);
        var report = new Report { Clis = await ClisAsync(call, cancellationToken) };
        for (var round = 0; round < RoundsMax; round++)
        {
            var facts = await Examination.LookAsync(scope, cancellationToken);
            report.Remaining = DiagnosisRules.Examine(facts);
            if (!fix || !await TreatAsync(scope, report, cancellationToken))
            {
                break;
            }
        }

        var exitCode = report.Remaining.Any(DiagnosisRules.IsProblem) ? ExitCodes.ProblemsFound : ExitCodes.Ok;
        call.Print(call.Json ? FormatJson(report, holder, exitCode) : FormatText(report, holder, fix));
        return exitCode;
    }

    /// <summary>
    /// The swarm's lock while we look, so that nothing changes under our eyes. Without <c>--fix</c> a folder that is
    /// not there is not made for it.
    /// </summary>
    static SwarmLock? Hold(SwarmPaths paths, CliHost host, bool fix, out SwarmHolder? holder)
    {
        holder = null;
        if (!fix && !Directory.Exists(paths.Folder))
        {
            return null;
        }

        try
        {
            return SwarmLock.Take(paths, SwarmHolder.OfThisProcess("doctor", host.Time));
        }
        catch (SwarmHeldException error)
        {
            holder = error.Holder;
            return null;
        }
    }

    static async Task<ExaminationScope> ScopeAsync(
        VerbCall call, bool quiet, SwarmHolder? holder, CancellationToken cancellationToken)
    {
        var repository = call.RepositoryPath;
        SwarmConfig? config = null;
        IReadOnlyList<ConfigComplaint> complaints = [];
        if (Settings.Which("git", call.Host) is not null)
        {
            var sources = await Settings.ReadAsync(repository, call.Host, [], cancellationToken);
            (config, complaints) = ConfigLoader.Load(sources) switch
            {
                ConfigResult.Loaded loaded => (
                    loaded.Config, Complaints(loaded.RunProblems, stopsRunOnly: true)),
                ConfigResult.Refused refused => ((SwarmConfig?)null, Complaints(refused.Errors, stopsRunOnly: false)),
            };
        }

        return new ExaminationScope(
            repository, config, complaints, call.Host.Environment, call.Host.Time, quiet, holder)
        {
            Place = StoreChoice.Of(call, repository),
        };
    }

    static async Task<IReadOnlyList<CliVersion>> ClisAsync(VerbCall call, CancellationToken cancellationToken) =>
        await CliVersions.AskAsync(
            RunnerDetection.Detect(program => Settings.Which(program, call.Host)), call.Host, CliVersions.WaitMax,
            cancellationToken);

    static IReadOnlyList<ConfigComplaint> Complaints(IReadOnlyList<ConfigError> errors, bool stopsRunOnly) =>
        [.. errors.Select(error => new ConfigComplaint(error.Origin, Settings.Say(error), stopsRunOnly))];

    /// <summary>Carries out every repair that may be carried out now.</summary>
    /// <returns>Whether anything changed, so that another look is worth it.</returns>
    static async Task<bool> TreatAsync(ExaminationScope scope, Report report, CancellationToken cancellationToken)
    {
        var changed = false;
        foreach (var trouble in report.Remaining)
        {
            if (trouble.Repair is { } repair && (scope.Quiet || !repair.NeedsQuiet) && report.IsNew(repair))
            {
                var result = await Treatment.ApplyAsync(scope, repair, cancellationToken);
                report.Treated.Add((trouble, result));
                changed |= result.Done;
            }
        }

        return changed;
    }

    static string FormatText(Report report, SwarmHolder? holder, bool fix)
    {
        var text = new StringBuilder();
        foreach (var cli in report.Clis)
        {
            text.Append(CultureInfo.InvariantCulture, $"found    agent CLI {cli.Runner.Name}: ")
                .Append(SafeText.Line(cli.Words)).Append('\n');
        }

        foreach (var (trouble, result) in report.Treated)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(result.Done ? "fixed" : "left ")}    {trouble.Id}: ")
                .Append(SafeText.Line(result.What)).Append('\n');
        }

        foreach (var trouble in report.Remaining.OrderByDescending(trouble => trouble.Severity))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Word(trouble.Severity),-8} {trouble.Id}: ")
                .Append(SafeText.Line(trouble.What)).Append('\n')
                .Append(trouble.Value is null ? "" : $"         found:  {SafeText.Line(trouble.Value)}\n")
                .Append(CultureInfo.InvariantCulture, $"         remedy: {SafeText.Line(trouble.Remedy)}")
                .Append(trouble.Repair is null || fix ? "\n" : "  (--fix does it)\n");
        }

        var problems = report.Remaining.Count(DiagnosisRules.IsProblem);
        text.Append(holder is null ? ""
            : $"a swarm runs here (process {holder.Pid} on {holder.Node}): what it owns was not looked at\n");
        text.Append(problems == 0 ? "no problems\n" : string.Create(
            CultureInfo.InvariantCulture, $"{problems} problem{(problems == 1 ? "" : "s")}\n"));
        return text.ToString();
    }

    static string FormatJson(Report report, SwarmHolder? holder, int exitCode)
    {
        var text = new StringBuilder();
        foreach (var cli in report.Clis)
        {
            text.Append(JsonLine.Object(json =>
            {
                json.WriteString("type", "agentCli");
                json.WriteString("name", cli.Runner.Name);
                json.WriteString("kind", cli.Runner.Kind);
                json.WriteString("program", cli.Runner.Program);
                json.WriteString("version", cli.Version);
            })).Append('\n');
        }

        foreach (var (trouble, result) in report.Treated)
        {
            text.Append(JsonLine.Object(json =>
            {
                json.WriteString("type", "repair");
                json.WriteString("id", trouble.Id);
                json.WriteBoolean("done", result.Done);
                json.WriteString("what", result.What);
            })).Append('\n');
        }

        foreach (var trouble in report.Remaining)
        {
            text.Append(JsonLine.Object(json =>
            {
                json.WriteString("type", "finding");
                json.WriteString("id", trouble.Id);
                json.WriteString("severity", Word(trouble.Severity));
                json.WriteString("what", trouble.What);
                json.WriteString("value", trouble.Value);
                json.WriteString("remedy", trouble.Remedy);
                json.WriteBoolean("fixable", trouble.Repair is not null);
            })).Append('\n');
        }

        return text.Append(JsonLine.Object(json =>
        {
            json.WriteString("type", "summary");
            json.WriteNumber("problems", report.Remaining.Count(DiagnosisRules.IsProblem));
            json.WriteNumber("fixed", report.Treated.Count(treated => treated.Result.Done));
            json.WriteBoolean("swarmRuns", holder is not null);
            json.WriteNumber("exitCode", exitCode);
        })).Append('\n').ToString();
    }

    static string Word(TroubleSeverity severity) => severity switch
    {
        TroubleSeverity.Note => "note",
        TroubleSeverity.Warning => "warning",
        TroubleSeverity.Error => "error",
    };

    /// <summary>What was found and done so far.</summary>
    sealed class Report
    {
        readonly HashSet<Repair> _tried = [];

        /// <summary>The agent CLIs on PATH.</summary>
        public required IReadOnlyList<CliVersion> Clis { get; init; }

        public IReadOnlyList<Trouble> Remaining { get; set; } = [];

        public List<(Trouble Trouble, TreatmentResult Result)> Treated { get; } = [];

        /// <summary>A repair that did not help once is not tried again.</summary>
        public bool IsNew(Repair repair) => _tried.Add(repair);
    }
}
