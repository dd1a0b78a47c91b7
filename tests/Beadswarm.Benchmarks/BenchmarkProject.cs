using System.Globalization;
using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Benchmarks;

/// <summary>Which stages the beads go through.</summary>
enum Stages
{
    /// <summary>One stage, so that the work is the shell loop's.</summary>
    ImplementOnly,

    /// <summary>The four stages of the default pipeline.</summary>
    Default,
}

/// <summary>
/// A repository with beads, independent unless told otherwise, a bare origin beside it, a gate, and an agent that does
/// next to nothing: it writes one file and commits it.
/// </summary>
sealed class BenchmarkProject(Sandbox sandbox, int beads)
{
    public const string GateCommand = "sh gate.sh";

    const int SourceFiles = 100;
    const int SourceLines = 40;

    /// <summary>Each bead waits for the one before it.</summary>
    public bool Chained { get; init; }

    public string Checkout => sandbox["project"];
    public string AgentScript => sandbox["agent.sh"];
    public IEnumerable<string> BeadIds => Enumerable.Range(1, beads).Select(number => $"bench-{number}");

    /// <param name="agentFirst">What the agent does before its work; a shell command.</param>
    public async Task MakeAsync(string agentFirst)
    {
        Directory.CreateDirectory(Path.Combine(Checkout, ".beads"));
        Directory.CreateDirectory(Path.Combine(Checkout, "src"));
        for (var number = 0; number < SourceFiles; number++)
        {
            Write($"src/file{number}.txt", string.Concat(Enumerable.Repeat($"line of file {number}\n", SourceLines)));
        }

        // Reads every file of the work once, as a test would, and starts no other program.
        Write(
            "gate.sh",
            "for f in work/*; do [ -e \"$f\" ] || continue; read -r line < \"$f\"; [ -n \"$line\" ] || exit 1; done\n");
        Write(".gitignore", ".beads/\n");
        Write(".beads/issues.jsonl", string.Concat(BeadIds.Select(Line)));
        await File.WriteAllTextAsync(
            AgentScript,
            $$"""
            set -e
            {{agentFirst}}
            case ${BEADSWARM_STAGE-implement} in
            implement)
              mkdir -p work
              echo "$BEADSWARM_BEAD" > "work/$BEADSWARM_BEAD"
              git add -A
              git commit -qm "$BEADSWARM_BEAD" ;;
            contract) echo "contract of $BEADSWARM_BEAD" > "$BEADSWARM_CONTEXT/contract.md" ;;
            *) echo '{"verdict":"pass"}' > "$BEADSWARM_RESULT" ;;
            esac

            """);
        await GitAsync("init", "-q", "-b", "main");
        await GitAsync("add", "-A");
        await GitAsync("commit", "-qm", "Start");
        await GitAsync("init", "-q", "--bare", "-b", "main", "../origin.git");
        await GitAsync("remote", "add", "origin", "../origin.git");
        await GitAsync("push", "-q", "-u", "origin", "main");
    }

    /// <param name="store">Null: the repository's own file.</param>
    public void Configure(int agents, Stages stages, string? store = null)
    {
        var pipeline = stages switch
        {
            Stages.ImplementOnly => "stages: [{ name: implement, progressRequired: true, gates: [check] }]",
            Stages.Default => "preset: default",
        };
        Write(
            ".beadswarm/swarm.yaml",
            $$"""
            agents: {{agents.ToString(CultureInfo.InvariantCulture)}}
            runner: bench
            runners: { bench: { command: ["/bin/sh", "{{AgentScript}}"] } }
            pipeline: { {{pipeline}} }
            gates: { check: { run: "{{GateCommand}}" } }
            landing: { target: main, remote: origin }
            store: "{{store ?? "sqlite"}}"

            """);
    }

    /// <summary>A run counts only when all of it is on the origin.</summary>
    public async Task RequireAllLandedAsync()
    {
        var landed = await GitAsync("--git-dir", "../origin.git", "ls-tree", "--name-only", "main:work");
        var missing = BeadIds.Except(landed.Split('\n')).ToArray();
        if (missing.Length > 0)
        {
            throw new InvalidOperationException($"{missing.Length} beads did not land, the first is {missing[0]}");
        }
    }

    async Task<string> GitAsync(params string[] arguments) =>
        (await sandbox.RunAsync(Checkout, ["git", .. arguments])).Output;

    void Write(string relative, string content)
    {
        var path = Path.Combine(Checkout, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // Never the root.
        File.WriteAllText(path, content);
    }

    string Line(string id, int number)
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(number);
        return Encoding.UTF8.GetString(BeadJson.Write(new Bead
        {
            Id = BeadId.Parse(id),
            Title = $"Do {id}",
            Priority = 2,
            CreatedAt = at,
            UpdatedAt = at,
            Dependencies = Chained && number > 0
                ? [new BeadDependency(string.Create(CultureInfo.InvariantCulture, $"bench-{number}"), "blocks", null)]
                : [],
        })) + "\n";
    }
}
