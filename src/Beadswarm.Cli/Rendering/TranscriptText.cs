using System.Globalization;
using Beadswarm.Agents;
using Beadswarm.Processes;

namespace Beadswarm.Cli.Rendering;

/// <summary>
/// Writes what an agent printed for a person. It is text of strangers: it moves no cursor, and secrets are left out of
/// it, after everything that could hide one was taken out.
/// </summary>
/// <param name="kind">Of the agent's runner; null when it is not known.</param>
/// <param name="raw">Lines are shown as they are, whatever they mean.</param>
sealed class TranscriptText(string? kind, bool raw, IReadOnlyList<string> secrets)
{
    const int AnswerLinesMax = 8;
    const int ThoughtLinesMax = 4;

    readonly TranscriptView _view = new(kind);
    readonly LineRedaction _redaction = new(secrets);

    /// <summary>What is to be shown for one line of the log.</summary>
    public IReadOnlyList<string> Read(string line) =>
        raw ? Safe([line]) : [.. _view.Read(line).SelectMany(entry => Safe(Format(entry)))];

    /// <summary>What is to be shown when no line follows.</summary>
    public IReadOnlyList<string> Rest() => [.. _view.Rest().SelectMany(entry => Safe(Format(entry)))];

    static IEnumerable<string> Format(TranscriptEntry entry) => entry switch
    {
        TranscriptEntry.Said said => Split(said.Text),
        TranscriptEntry.Thought thought => Cut("  ~ ", Split(thought.Text), ThoughtLinesMax),
        TranscriptEntry.Ran ran => Split(ran.Command).Select((line, i) => i == 0 ? $"$ {line}" : $"  {line}"),
        TranscriptEntry.Changed changed => changed.Files.Select(file => $"± {file} ({changed.How})"),
        TranscriptEntry.Called called => [$"> {called.Tool} {FirstOf(Split(called.What))}".TrimEnd()],
        TranscriptEntry.Answered answered =>
            Cut(answered.Failed ? "  ! " : "  | ", Split(answered.Text), AnswerLinesMax),
        TranscriptEntry.Used used => [Format(used)],
        TranscriptEntry.Noted noted => Split(noted.Text).Select(line => $"-- {line}"),
        TranscriptEntry.Plain plain => [plain.Line],
    };

    static string FirstOf(IReadOnlyList<string> lines) => lines is [var first, ..] ? first : "";

    static string Format(TranscriptEntry.Used used)
    {
        var cost = used.CostUsd is { } money
            ? string.Create(CultureInfo.InvariantCulture, $", {money:0.0000} USD")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"-- {used.Input} tokens in, {used.Cached} of them cached, {used.Output} out{cost}");
    }

    IReadOnlyList<string> Safe(IEnumerable<string> lines) =>
        [.. lines.SelectMany(line => Split(SafeText.Lines(line))).Select(_redaction.Apply).OfType<string>()];

    static IEnumerable<string> Cut(string mark, IReadOnlyList<string> lines, int max)
    {
        var shown = lines.Take(max).Select(line => mark + line);
        return lines.Count <= max
            ? shown
            : shown.Append(string.Create(CultureInfo.InvariantCulture, $"{mark}… {lines.Count - max} lines more"));
    }

    static IReadOnlyList<string> Split(string text) => text.TrimEnd('\n').Split('\n');
}
