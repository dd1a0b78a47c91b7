using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Beadswarm.Beads;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Beads;

/// <summary>What a real bd or br printed: one folder a program, one file a command.</summary>
sealed partial class Recording(string folder)
{
    /// <summary>Null where the recordings are not beside the project.</summary>
    public static Recording? Of(string program) =>
        SharedData.Path($"trackers/{program}") is { } path ? new Recording(path) : null;

    public string Output(string number)
    {
        var text = File.ReadAllText(PathOf(number));
        var from = text.IndexOf("--- stdout\n", StringComparison.Ordinal) + "--- stdout\n".Length;
        return text[from..text.IndexOf("\n--- stderr", StringComparison.Ordinal)];
    }

    /// <summary>The ids of a printed JSON array, in its order.</summary>
    public string Ids(string number)
    {
        using var document = JsonDocument.Parse(Output(number));
        var ids = document.RootElement.EnumerateArray().Select(item => item.GetProperty("id").GetString());
        return string.Join(' ', ids);
    }

    /// <summary>The backlog printed by one command, with every <c>dep add</c> that succeeded before another.</summary>
    public BeadGraph State(string jsonl, string before, TrackerDialect dialect, string? created = null)
    {
        var text = Output(jsonl) + (created is null ? "" : "\n" + Output(created).ReplaceLineEndings(""));
        var beads = Backlog.Parse(jsonl, Encoding.UTF8.GetBytes(text), dialect).Beads.ToList();
        foreach (var file in Directory.EnumerateFiles(folder, "*.txt").Select(file => Path.GetFileName(file)).Order()
            .Where(file => string.CompareOrdinal(file, jsonl) > 0 && string.CompareOrdinal(file, before) < 0))
        {
            var recorded = File.ReadAllText(Path.Combine(folder, file));
            var added = DependencyAdded().Match(recorded);
            if (added.Success && !recorded.Contains("\"already_exists\"", StringComparison.Ordinal))
            {
                var index = beads.FindIndex(bead => bead.Id.Value == added.Groups["from"].Value);
                var type = added.Groups["type"] is { Success: true, Value: var given } ? given : "blocks";
                var edge = new BeadDependency(added.Groups["to"].Value, type, null);
                beads[index] = beads[index] with { Dependencies = [.. beads[index].Dependencies, edge] };
            }
        }

        return new BeadGraph(beads);
    }

    string PathOf(string number) => Directory.EnumerateFiles(folder, $"{number}_*.txt").Single();

    [GeneratedRegex(@"^\$ \w+ dep add (?<from>\S+) (?<to>\S+)(?: -t (?<type>\S+))?.*\n--- rc=0\n")]
    private static partial Regex DependencyAdded();
}
