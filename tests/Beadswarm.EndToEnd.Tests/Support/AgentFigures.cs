using System.Globalization;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Models;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>What real agents take of the machine. It is looked at whenever one of them asks its model.</summary>
/// <param name="root">Where everything of the test is.</param>
sealed class AgentFigures(string root)
{
    const string Program = "/claude";
    const string Share = "Pss:";

    readonly Lock _lock = new();
    (int Agents, long KiB) _most;

    public void Look()
    {
        lock (_lock)
        {
            var shares = SurroundingsAudit.Living(root)
                .Where(process => process.Command.Split(' ')[0].EndsWith(Program, StringComparison.Ordinal))
                .Select(process => ShareKiB(process.Id)).Where(share => share > 0).ToArray();
            _most = shares.Sum() > _most.KiB ? (shares.Length, shares.Sum()) : _most;
        }
    }

    /// <summary>A sentence for docs/benchmarks.md.</summary>
    public string Tell(IReadOnlyList<JsonElement> journal, IReadOnlyList<ModelRequest> requests, Summary summary)
    {
        var starts = Starts(journal, requests).Order().ToArray();
        var seconds = starts.Select(start => start.TotalSeconds).ToArray();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{starts.Length} starts in {summary.DurationMs / 1000.0:F1} s; from the start of a stage to the first "
            + $"call of its agent: median {seconds[seconds.Length / 2]:F1} s, longest {seconds[^1]:F1} s; most memory: "
            + $"{_most.KiB / 1024} MiB of {_most.Agents} agents, {_most.KiB / 1024 / _most.Agents} MiB each");
    }

    /// <summary>Stages of a bead follow one another, and so do the first calls for them.</summary>
    static IEnumerable<TimeSpan> Starts(IReadOnlyList<JsonElement> journal, IReadOnlyList<ModelRequest> requests)
    {
        var began = journal.Where(entry => entry.GetProperty("type").GetString() == "stage.started")
            .ToLookup(
                entry => entry.GetProperty("bead").GetString(), entry => entry.GetProperty("at").GetDateTimeOffset());
        return requests.GroupBy(request => request.Task.Bead).SelectMany(bead => bead
            .GroupBy(request => request.Task.Verb).Select(stage => stage.Min(request => request.At)).Order()
            .Zip(began[bead.Key].Order(), (asked, start) => asked - start));
    }

    static long ShareKiB(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/smaps_rollup")
                .First(line => line.StartsWith(Share, StringComparison.Ordinal));
            return long.Parse(line[Share.Length..^"kB".Length], NumberStyles.AllowLeadingWhite
                | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
