using System.Globalization;
using System.Text.Json.Nodes;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>What a test wants otherwise.</summary>
sealed record ChaosTerms
{
    /// <summary>Further beads, which nothing special happens to; the second one waits for the first.</summary>
    public int More { get; init; }

    /// <summary>Keys of <c>limits</c>, each with a comma behind it.</summary>
    public string Limits { get; init; } = "";

    /// <summary>It lies on a disk of its own, of this size.</summary>
    public int? DiskMegabytes { get; init; }
}

/// <summary>
/// A small backlog that meets everything: one bead lands at once, one conflicts with it whatever the timing, one fails
/// its first attempt. However often the swarm dies on the way, what comes out is the same, and can be compared as text.
/// </summary>
static class ChaosScenario
{
    static readonly string[] LockedFolders = [".git", ".beads", ".beadswarm/hub.git"];

    const string Retries = "retryDelayMin: 10ms, retryDelayMax: 50ms, infrastructureRetriesMax: 100";

    public const string Landing = "a-1";
    public const string Conflicting = "a-2";
    public const string FailingOnce = "a-3";

    // The first two wait for each other: one lands only when the other has begun, the other goes on only when it has
    // landed; in whichever attempt, since a full disk may cost one. The first does not commit, so that its work has to
    // be kept for it. An agent that is started again does what is not done yet.
    const string Agent =
        """
        status=done
        mv "$R/.beadswarm/trap-$BEADSWARM_STAGE" "$R/.beadswarm/sprung" 2> /dev/null && . "$R/.beadswarm/sprung"
        case $BEADSWARM_STAGE-$BEADSWARM_BEAD-$BEADSWARM_ATTEMPT in
        qa-enforcer-*)
          echo '{"verdict":"pass"}' > "$BEADSWARM_RESULT"
          exit 0 ;;
        implement-a-1-*)
          while [ ! -e "$R/.beadswarm/begun" ]; do echo waiting; sleep 0.05; done
          echo 'changed by a-1' > shared.txt || exit 9 ;;
        implement-a-2-*)
          touch "$R/.beadswarm/begun" || exit 9
          until git -C "$R" cat-file -e main:src/a-1.txt 2> /dev/null; do echo waiting; sleep 0.05; done
          command=$(grep -o 'git merge [0-9a-f]*' "$BEADSWARM_CONTEXT/conflict.md") || command=true
          $command > /dev/null || true
          case $BEADSWARM_ATTEMPT in
          1) echo 'changed by a-2' > shared.txt || exit 9 ;;
          *) printf 'changed by a-1\nchanged by a-2\n' > shared.txt || exit 9 ;;
          esac ;;
        implement-a-3-1)
          status=half ;;
        esac
        mkdir -p src
        printf 'attempt: %s\nstatus: %s\n' "$BEADSWARM_ATTEMPT" $status > "src/$BEADSWARM_BEAD.txt" || exit 9
        [ $BEADSWARM_BEAD = a-1 ] && exit 0
        git add -A
        git commit -qm "$BEADSWARM_BEAD: work" || true

        """;

    public static GitRepository Repository(ChaosTerms? terms = null)
    {
        terms ??= new ChaosTerms();
        var repository = terms.DiskMegabytes is { } size ? GitRepository.OnDiskOf(size) : new GitRepository();
        repository
            .Tracker(
            [
                new BeadLine(Landing, 1), new BeadLine(Conflicting, 1), new BeadLine(FailingOnce, 2),
                .. Enumerable.Range(1, terms.More).Select(
                    number => new BeadLine($"b-{number}", 3, number == 2 ? ["b-1"] : []) { Age = number }),
            ])
            .Write("gate.sh", Scenario.Gate)
            .Write("order.txt", "")
            .Write("shared.txt", "as it was\n")
            .Commit()
            .Write(".beadswarm/agent.sh", $"R='{repository.Path}'\n{Agent}")
            .Write(
                ".beadswarm/swarm.yaml",
                $$"""
                agents: {{(terms.More == 0 ? 2 : 3)}}
                runner: script
                runners:
                  script: { kind: command, command: [/bin/sh, "{{repository[".beadswarm/agent.sh"]}}"] }
                pipeline:
                  maxAttempts: 8
                  stages:
                    - { name: implement, progressRequired: true }
                    - { name: qa-enforcer, verdictRequired: true, gates: [] }
                gates:
                  check: { run: "sh gate.sh" }
                tracker: { commitInterval: 1s }
                limits: { {{terms.Limits}}grace: 2s, {{Retries}} }

                """);
        Orchestrator.Expect(repository);
        return repository;
    }

    /// <summary>
    /// What there is to see when all is over. Times, ids of commits and infrastructure failures may differ.
    /// </summary>
    public static async Task<string> OutcomeAsync(GitRepository repository)
    {
        var lines = new List<string>();
        var records = await SwarmRecords.ReadAsync(repository);
        var trailers = repository.Git("log", "--format=%(trailers:key=Bead,valueonly,separator=%x2C)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToLookup(bead => bead);
        foreach (var bead in records.Beads.OrderBy(bead => bead.Id.Value, StringComparer.Ordinal))
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{bead.Id}: {bead.State.GetType().Name}, attempt {bead.Attempt} of {bead.AttemptsAllowed}, "
                + $"{trailers[bead.Id.Value].Count()} commit"));
        }

        foreach (var line in repository.Read(GitRepository.TrackerFile).Split('\n').Where(line => line.Length > 0))
        {
            var bead = JsonNode.Parse(line)!;
            lines.Add($"tracker: {bead["id"]} {bead["status"]}");
        }

        foreach (var path in repository.Git("ls-tree", "-r", "--name-only", "main").Split('\n')
            .Where(path => path != GitRepository.TrackerFile))
        {
            lines.Add($"{path}: {repository.Git("show", $"main:{path}").Replace('\n', '|')}");
        }

        lines.AddRange(repository.Git("status", "--porcelain").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(change => $"checkout: {change}"));
        lines.AddRange(Locks(repository).Select(path => $"lock: {path}"));
        foreach (var verb in (string[])["doctor", "audit"])
        {
            var found = await repository.RunAsync(verb, "--format", "json");
            lines.Add($"{verb}: {(found.ExitCode == 0 ? "nothing" : found.ToString())}");
        }

        return string.Join('\n', lines);
    }

    /// <summary>
    /// Locks that a git, a tracker or a lander left. The swarm's own lock is its file's lock, not the file.
    /// </summary>
    static IEnumerable<string> Locks(GitRepository repository) =>
        from folder in LockedFolders
        from path in Directory.EnumerateFiles(repository[folder], "*", SearchOption.AllDirectories)
        where path.EndsWith(".lock", StringComparison.Ordinal) && new FileInfo(path).Name != ".jsonl.lock"
            || path.Contains(".beadswarm-new", StringComparison.Ordinal)
            || path.EndsWith(".beadswarm.tmp", StringComparison.Ordinal)
        select Path.GetRelativePath(repository.Path, path);
}
