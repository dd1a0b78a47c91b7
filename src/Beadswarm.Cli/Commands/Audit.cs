using System.CommandLine;
using System.Globalization;
using System.Text;
using Beadswarm.Auditing;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Proves, or disproves, that what a swarm recorded, the target branch and the tracker agree. Reads only.
/// </summary>
static class AuditCommand
{
    /// <summary>Findings of one rule that are shown as text; all of them are in the JSON.</summary>
    const int ShownMax = 10;

    const string DefaultActor = "beadswarm";
    const string DefaultTarget = "main";

    public static Command Create(CliHost host)
    {
        var since = new Option<string?>("--since")
        {
            Description = "Check that the journal has only grown since the audit that printed this seal",
            HelpName = "SEAL",
        };
        var command = new Command(
            "audit", "Compare what the swarm recorded with itself, the target branch, the tracker and the machine")
        {
            since,
        };
        command.Does(host, (call, cancellationToken) => RunAsync(call, call.Get(since), cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(VerbCall call, string? since, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(call, Seal(since), cancellationToken);
        if (await RepositoryAudit.RunAsync(scope, cancellationToken) is not var (input, report))
        {
            throw new UserError(
                $"no swarm has worked on '{scope.Repository}' yet", "there is nothing to audit", ExitCodes.NoSwarm);
        }

        var exitCode = report.Violations > 0 ? ExitCodes.ProblemsFound : ExitCodes.Ok;
        call.Print(call.Json ? FormatJson(input, report, exitCode) : FormatText(input, report, since is not null));
        return exitCode;
    }

    static JournalSeal? Seal(string? text) =>
        text is null ? null
        : JournalSeal.TryParse(text, out var seal) ? seal
        : throw new UserError(
            $"'{text}' is no seal of an audit", "give the text after 'seal' that an earlier audit printed",
            ExitCodes.Usage);

    /// <summary>A configuration that is refused does not keep anybody from looking: its defaults are used.</summary>
    static async Task<AuditScope> ScopeAsync(
        VerbCall call, JournalSeal? earlier, CancellationToken cancellationToken)
    {
        var repository = call.RepositoryPath;
        var sources = await Settings.ReadAsync(repository, call.Host, [], cancellationToken);
        var config = (ConfigLoader.Load(sources) as ConfigResult.Loaded)?.Config;
        return new AuditScope(
            repository, call.Host.Environment, call.Host.Time, config?.Landing.Target ?? DefaultTarget,
            config?.Landing.Remote, config?.Tracker.Dialect, config?.Tracker.Actor ?? DefaultActor, earlier)
        {
            Place = StoreChoice.Of(call),
        };
    }

    static string FormatText(AuditInput input, AuditReport report, bool sealGiven)
    {
        var text = new StringBuilder();
        foreach (var rule in report.Findings.GroupBy(found => found.Rule))
        {
            text.Append(string.Concat(rule.Take(ShownMax).Select(FormatText)));
            if (rule.Count() > ShownMax)
            {
                var more = rule.Count() - ShownMax;
                text.Append(CultureInfo.InvariantCulture, $"           and {more} more of {rule.Key.Name}\n");
            }
        }

        // That nobody gave a seal is no news.
        foreach (var why in report.Skipped.Where(skipped => sealGiven || !skipped.Rule.Needs.HasFlag(AuditNeeds.Seal))
            .GroupBy(skipped => skipped.Why))
        {
            text.Append("not checked: ").AppendJoin(", ", why.Select(skipped => skipped.Rule.Name))
                .Append(" (").Append(SafeText.Line(why.Key)).Append(")\n");
        }

        var store = input.Store;
        var beads = Count(store.Beads.Count, "bead");
        var entries = Count(store.Journal.Count, "journal entry", "journal entries");
        var commits = Count(input.Target?.Commits.Count ?? 0, "commit");
        return text
            .Append(CultureInfo.InvariantCulture, $"swarm {store.Swarm.Id}, {Word(report.Moment)}: ")
            .Append(CultureInfo.InvariantCulture, $"{beads}, {entries}, {commits} of the target\n")
            .Append(CultureInfo.InvariantCulture, $"{Count(report.Checked, "rule")} checked: ")
            .Append(CultureInfo.InvariantCulture, $"{Count(report.Violations, "violation")}, ")
            .Append(CultureInfo.InvariantCulture, $"{Count(report.Findings.Count - report.Violations, "note")}\n")
            .Append(CultureInfo.InvariantCulture, $"seal {report.Seal}\n")
            .ToString();
    }

    static string FormatText(RuledFinding found)
    {
        var finding = found.Finding;
        return $"{Word(finding.Severity),-10} {found.Rule.Name} ({found.Rule.Invariants}): "
            + $"{SafeText.Line(finding.What)}\n"
            + (finding.Found is null ? "" : $"           found:  {SafeText.Line(finding.Found)}\n")
            + $"           remedy: {SafeText.Line(found.Remedy)}\n";
    }

    static string FormatJson(AuditInput input, AuditReport report, int exitCode)
    {
        var text = new StringBuilder();
        foreach (var found in report.Findings)
        {
            text.Append(JsonLine.Object(json =>
            {
                json.WriteString("type", "finding");
                json.WriteString("rule", found.Rule.Name);
                json.WriteString("invariants", found.Rule.Invariants);
                json.WriteString("severity", Word(found.Finding.Severity));
                json.WriteString("bead", found.Finding.Bead?.Value);
                json.WriteString("what", found.Finding.What);
                json.WriteString("found", found.Finding.Found);
                json.WriteString("remedy", found.Remedy);
            })).Append('\n');
        }

        foreach (var skipped in report.Skipped)
        {
            text.Append(JsonLine.Object(json =>
            {
                json.WriteString("type", "skipped");
                json.WriteString("rule", skipped.Rule.Name);
                json.WriteString("why", skipped.Why);
            })).Append('\n');
        }

        return text.Append(JsonLine.Object(json =>
        {
            json.WriteString("type", "summary");
            json.WriteString("state", Word(report.Moment));
            json.WriteNumber("swarm", input.Store.Swarm.Id);
            json.WriteNumber("epoch", input.Store.Swarm.Epoch.Value);
            json.WriteNumber("beads", input.Store.Beads.Count);
            json.WriteNumber("entries", input.Store.Journal.Count);
            json.WriteNumberOrNull("commits", input.Target?.Commits.Count);
            json.WriteNumber("checked", report.Checked);
            json.WriteNumber("skipped", report.Skipped.Count);
            json.WriteNumber("violations", report.Violations);
            json.WriteNumber("notes", report.Findings.Count - report.Violations);
            json.WriteString("seal", report.Seal.ToString());
            json.WriteNumber("exitCode", exitCode);
        })).Append('\n').ToString();
    }

    static string Count(int number, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many ?? one + "s")}");

    static string Word(AuditSeverity severity) => severity switch
    {
        AuditSeverity.Note => "note",
        AuditSeverity.Violation => "violation",
    };

    /// <summary>The same words as <c>status</c>.</summary>
    static string Word(AuditMoment moment) => moment switch
    {
        AuditMoment.Running => "running",
        AuditMoment.Interrupted => "interrupted",
        AuditMoment.Stopped => "stopped",
        AuditMoment.Completed => "completed",
    };
}
