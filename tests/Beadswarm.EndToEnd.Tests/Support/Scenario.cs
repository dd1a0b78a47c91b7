using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>What the tests have in common: a gate that can be red, and agents that follow a seed.</summary>
static class Scenario
{
    /// <summary>
    /// Every file of work is finished, and none is there without those that it waits for: so a green commit also proves
    /// the order in which it was reached.
    /// </summary>
    public const string Gate =
        """
        set -eu
        red=0
        for file in $(grep -L '^status: done$' src/*.txt 2>/dev/null || true); do
          echo "$file is not done" >&2
          red=1
        done
        while read -r bead blocker; do
          if [ -e "src/$bead.txt" ] && [ ! -e "src/$blocker.txt" ]; then
            echo "$bead is there without $blocker" >&2
            red=1
          fi
        done < order.txt
        exit $red

        """;

    /// <summary>A script that begins to implement one bead, and goes on when <see cref="GoOn"/> says so.</summary>
    public static string Waiting(string bead) =>
        $$"""
        { "rules": [ { "bead": "{{bead}}", "stage": "implement", "actions": [
          { "do": "wait", "path": "{{Here}}/.beadswarm/go-on" }, { "do": "default" } ] } ] }
        """;

    /// <summary>A script by which whoever begins to implement waits for <see cref="GoOn"/>.</summary>
    public const string AllWait =
        $$"""
        { "rules": [ { "stage": "implement", "actions": [
          { "do": "wait", "path": "{{Here}}/.beadswarm/go-on" }, { "do": "default" } ] } ] }
        """;

    /// <summary>Lets all go on that wait, or come later.</summary>
    public static void GoOn(GitRepository repository) => repository.Write(".beadswarm/go-on", "");

    /// <summary>In a script: where the repository is.</summary>
    public const string Here = "HERE";

    /// <summary>A repository on main with a backlog, the gate, and scripted agents.</summary>
    public static GitRepository Repository(
        IReadOnlyList<BeadLine> beads, string agentArguments = "", int agents = 4, string more = "",
        string? script = null)
    {
        var repository = new GitRepository();
        repository.Tracker([.. beads]);
        return Finish(
            repository,
            beads.SelectMany(bead => bead.Blockers.Select(blocker => (bead.Id, blocker))), agentArguments, agents, more,
            script);
    }

    /// <summary>The same around the bytes of a real tracker's file.</summary>
    /// <param name="order">Pairs of a bead and one that it waits for.</param>
    public static GitRepository Repository(
        byte[] tracker, IEnumerable<(string Bead, string Blocker)> order, string agentArguments, int agents,
        string more = "")
    {
        var repository = new GitRepository();
        repository.Tracker(tracker);
        return Finish(repository, order, agentArguments, agents, more, null);
    }

    static GitRepository Finish(
        GitRepository repository, IEnumerable<(string Bead, string Blocker)> order, string agentArguments, int agents,
        string more, string? script)
    {
        repository
            .Write("gate.sh", Gate)
            .Write("order.txt", string.Concat(order.Select(pair => $"{pair.Bead} {pair.Blocker}\n")))
            .Write("src/README", "One file for each bead.\n")
            .Commit();
        var arguments = agentArguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (script is not null)
        {
            repository.Write(
                ".beadswarm/script.json", script.Replace(Here, repository.Path, StringComparison.Ordinal));
            arguments.AddRange(["--script", repository[".beadswarm/script.json"]]);
        }

        var command = string.Join(", ", arguments.Select(text => $"\"{text}\""));
        repository.Write(
            ".beadswarm/swarm.yaml",
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                agents: {{agents}}
                runner: scripted
                runners:
                  scripted: { kind: scripted, command: [{{command}}] }
                gates:
                  check: { run: "sh gate.sh" }
                limits: { grace: 2s, retryDelayMin: 20ms, retryDelayMax: 100ms }
                {{more}}

                """));
        return repository;
    }

    /// <summary>Sets closed beads of a real backlog back to open; every other line stays as it is.</summary>
    public static byte[] Reopen(ReadOnlySpan<byte> tracker, Func<JsonObject, bool> wanted)
    {
        var reopened = new StringBuilder();
        foreach (var line in Encoding.UTF8.GetString(tracker).Split('\n'))
        {
            var bead = line.Length == 0 ? null : JsonNode.Parse(line)!.AsObject();
            if (bead is not null && (string?)bead["status"] == "closed" && wanted(bead))
            {
                bead["status"] = "open";
                bead.Remove("closed_at");
                bead.Remove("close_reason");
                reopened.Append(bead.ToJsonString(Plain));
            }
            else
            {
                reopened.Append(line);
            }

            reopened.Append('\n');
        }

        return Encoding.UTF8.GetBytes(reopened.ToString().TrimEnd('\n') + "\n");
    }

    static readonly System.Text.Json.JsonSerializerOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
