using System.Runtime.CompilerServices;
using Beadswarm.Agents;
using Beadswarm.Processes;

namespace Beadswarm.Tests.Agents;

/// <summary>What real agent CLIs printed, recorded, and what their runners make of it, in words.</summary>
static class Transcripts
{
    /// <summary>When the recorded runs are looked at.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 15, 0, 0, TimeSpan.Zero);

    public static AgentReading Read(
        IAgentRunner runner, string name, string exit, Conversation? continued = null, AgentResult? result = null,
        bool hooked = false, int asked = 0, string said = "")
    {
        using var folder = new Support.TemporaryFolder();
        var files = new AgentFiles(folder.Path);
        File.Copy(Path.Combine(Folder(), runner.Kind, $"{name}.jsonl"), files.Stdout);
        File.WriteAllText(files.Stderr, said);
        if (hooked)
        {
            foreach (var file in (string[])
                [ClaudeCodeHooks.SettingsFile, CodexRunner.HookFile, OpencodePlugin.FileName])
            {
                File.WriteAllText(Path.Combine(folder.Path, file), "{}");
            }

            for (var i = 0; i < asked; i++)
            {
                AgentHook.Note(files.Asked);
            }
        }

        var stderr = Path.Combine(Folder(), runner.Kind, $"{name}.stderr");
        return runner.Interpret(new AgentReport(
            Exit(exit), File.Exists(stderr) ? File.ReadAllText(stderr) : "", result ?? new AgentResult.Missing(), files,
            Now, TimeZoneInfo.Utc, continued));
    }

    /// <summary>What a runner makes of lines that were not recorded.</summary>
    public static AgentReading Of(IAgentRunner runner, int code, params string[] lines)
    {
        using var folder = new Support.TemporaryFolder();
        var files = new AgentFiles(folder.Path);
        File.WriteAllLines(files.Stdout, lines);
        return runner.Interpret(new AgentReport(
            new ChildExit.Exited(code), "", new AgentResult.Missing(), files, Now, TimeZoneInfo.Utc, null));
    }

    /// <summary>All that is recorded of a kind.</summary>
    public static IReadOnlyList<string> Names(string kind) =>
    [
        .. Directory.GetFiles(Path.Combine(Folder(), kind), "*.jsonl").Select(Path.GetFileNameWithoutExtension)
            .Order(StringComparer.Ordinal).OfType<string>(),
    ];

    public static string[] Lines(string kind, string name) =>
        File.ReadAllLines(Path.Combine(Folder(), kind, $"{name}.jsonl"));

    /// <summary>An end without the words of the program that go on.</summary>
    public static string Say(AgentEnd end) => end switch
    {
        AgentEnd.Finished { VerdictProblem: { } problem } => $"finished, but {problem}",
        AgentEnd.Finished { Verdict: { } verdict } => $"finished, {(verdict.Passed ? "pass" : "fail")}",
        AgentEnd.Failed failed => $"failed {failed.ExitCode}: {failed.OutputTail}",
        AgentEnd.MaxTurns turns => $"max turns: {turns.Detail}",
        AgentEnd.ContextExhausted full => $"context exhausted: {full.Detail}",
        AgentEnd.RateLimited limited => $"rate limited until {limited.Until?.ToString("u") ?? "?"}",
        AgentEnd.Overloaded overloaded => $"overloaded: {overloaded.Detail}",
        AgentEnd.WaitingForPermission waiting => $"waiting for permission: {waiting.Detail}",
        AgentEnd.Unauthorized unauthorized => $"unauthorized: {unauthorized.Detail}",
        AgentEnd.Crashed crashed => $"crashed {crashed.Signal}",
        AgentEnd.FailedToStart failed => $"failed to start: {failed.Reason}",
        AgentEnd.BudgetExceeded exceeded => $"budget exceeded: {exceeded.Detail}",
        AgentEnd.ConversationLost => "conversation lost",
        _ => end.GetType().Name,
    };

    static ChildExit Exit(string exit)
    {
        var code = int.Parse(exit, System.Globalization.CultureInfo.InvariantCulture);
        return code >= 0 ? new ChildExit.Exited(code) : new ChildExit.Killed(-code);
    }

    static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Transcripts");
}
