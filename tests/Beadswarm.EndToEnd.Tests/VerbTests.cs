using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>What the other verbs say of a swarm, while it runs and when it is over.</summary>
public sealed class VerbTests
{
    /// <summary>Attempts that change something and are never finished.</summary>
    static string NeverGreen(params int[] attempts) =>
        $$"""{ "rules": [ {{string.Join(',', attempts.Select(Unfinished))}} ] }""";

    static string Unfinished(int attempt) =>
        $$$"""
           { "bead": "a-2", "stage": "implement", "attempt": {{{attempt}}}, "actions": [
             { "do": "append", "path": "src/a-2.txt", "content": "try {{attempt}}\n" },
             { "do": "commit", "message": "Try" }, { "do": "print", "text": "tried {{bead}}" } ] }
           """;

    [Fact]
    public async Task Verbs_tell_of_a_swarm_that_has_ended_with_a_blocked_bead()
    {
        using var repository = Scenario.Repository(
            [
                new("a-1", 1) { Age = 1 }, new("a-2", 2) { Age = 2 }, new("a-3", 2, "a-2") { Age = 3 },
                new("a-4", 0) { Age = 4 },
            ],
            agents: 2, more: "pipeline: { maxAttempts: 2 }", script: NeverGreen(1, 2));
        var before = Baseline.Take(repository);
        Assert.Equal("""["a-4","a-1","a-2"]""", (await JsonAsync(repository, "beads", "--ready")).GetRawText());

        var summary = Summary.Of(await repository.MustAsync(2, "run", "--format", "json"));

        Assert.Equal((2, 1, 1, 4), (summary.Landed, summary.Blocked, summary.Pending, summary.Target));
        var status = await JsonAsync(repository, "status");
        Assert.Equal("completed", status.GetProperty("state").GetString());
        Assert.Equal(
            (2, 0, 1, 1),
            (Number(status, "landed"), Number(status, "inProgress"), Number(status, "blocked"),
                Number(status, "pending")));
        Assert.All(status.GetProperty("agents").EnumerateArray(), agent => Assert.Equal(
            ["agent", "role", "bead", "stage", "attempt", "status", "since"],
            agent.EnumerateObject().Select(field => field.Name).Take(7)));

        var history = await LinesAsync(repository, "history");
        Assert.All(history, line => Assert.Equal(
            ["agent", "bead", "stage", "attempt", "status", "startedAt", "completedAt", "durationMs"],
            line.EnumerateObject().Select(field => field.Name)));
        Assert.Equal(
            ["contract 1 passed", "implement 1 failed", "implement 2 failed"],
            (await LinesAsync(repository, "history", "--bead", "a-2")).Select(line =>
                $"{Text(line, "stage")} {Number(line, "attempt")} {Text(line, "status")}"));

        var dossier = (await repository.MustAsync(0, "why", "a-2")).Out;
        foreach (var part in (string[])
            ["blocked", "2 of 2", "src/a-2.txt is not done", "agent-", "beadswarm retry a-2", "workspaces"])
        {
            Assert.Contains(part, dossier);
        }

        var why = await JsonAsync(repository, "why", "a-2");
        Assert.Equal(("a-2", "blocked"), (Text(why, "bead"), Text(why, "state")));
        Assert.Contains("a-2", (await repository.MustAsync(0, "why", "a-3")).Out);
        Assert.Contains("landed", (await repository.MustAsync(0, "why", "a-1")).Out);

        Assert.Equal("a-2", Text((await LinesAsync(repository, "failures"))[0], "bead"));
        Assert.Equal("queue", Text(Assert.Single(await LinesAsync(repository, "queue")), "type"));
        var gate = Assert.Single(await LinesAsync(repository, "gates"));
        Assert.Equal(("check", false), (Text(gate, "gate"), gate.GetProperty("quarantined").GetBoolean()));
        Assert.NotEqual(0, gate.GetProperty("passed").GetInt32());
        Assert.Equal(2, (await LinesAsync(repository, "agents")).Length);
        Assert.NotEmpty((await repository.MustAsync(0, "progress")).Out);
        Assert.Contains("tried a-2", (await repository.MustAsync(0, "logs", "--bead", "a-2")).Out);
        Assert.Contains(await LinesAsync(repository, "config", "show"), line =>
            Text(line, "path") == "gates.check.run" && Text(line, "value") == "\"sh gate.sh\""
            && Text(line, "origin")!.StartsWith(".beadswarm/swarm.yaml:", StringComparison.Ordinal));
        await repository.MustAsync(0, "config", "validate");
        await repository.MustAsync(0, "doctor");
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task Clean_removes_what_is_not_needed_and_keeps_the_work_of_a_blocked_bead()
    {
        using var repository = Scenario.Repository(
            [new("a-1"), new("a-2")], agents: 2, more: "pipeline: { maxAttempts: 2 }", script: NeverGreen(1, 2));
        var before = Baseline.Take(repository);
        await repository.MustAsync(2, "run");
        var head = (await SwarmRecords.ReadAsync(repository)).Beads.Single(bead => bead.Id.Value == "a-2").HeadCommit!;
        var files = FilesOf(repository);

        await repository.MustAsync(0, "clean", "--older-than", "0", "--dry-run");
        Assert.Equal(files, FilesOf(repository));

        await repository.MustAsync(0, "clean", "--older-than", "0");
        Assert.True(FilesOf(repository) < files);
        Assert.NotEqual(
            "", repository.Git("--git-dir", repository[".beadswarm/hub.git"], "for-each-ref", "--contains", head));
        await repository.MustAsync(0, "clean", "--older-than", "0");
        await OutsideAudit.PassAsync(repository, before);

        // What was removed is not missed: the swarm goes on from here.
        await repository.MustAsync(0, "retry", "a-2");
        Assert.Equal(1, Summary.Of(await repository.MustAsync(0, "run", "--format", "json")).Landed);
        await OutsideAudit.PassAsync(repository, before);
    }

    static int FilesOf(GitRepository repository) =>
        Directory.EnumerateFiles(repository[".beadswarm"], "*", SearchOption.AllDirectories).Count();

    [Fact]
    public async Task A_retried_bead_goes_on_with_its_attempts_and_lands_when_it_can()
    {
        using var repository = Scenario.Repository(
            [new("a-2")], agents: 1, more: "pipeline: { maxAttempts: 2 }",
            script: NeverGreen(1, 2));
        var before = Baseline.Take(repository);
        Summary.Of(await repository.MustAsync(2, "run", "--format", "json"));
        Assert.Contains("\"status\":\"blocked\"", repository.Read(GitRepository.TrackerFile));
        await repository.MustAsync(13, "retry", "a-9");

        await repository.MustAsync(0, "retry", "a-2");
        var summary = Summary.Of(await repository.MustAsync(0, "run", "--format", "json"));

        Assert.Equal((1, 0), (summary.Landed, summary.Blocked));
        Assert.Equal(
            [1, 2, 3],
            (await LinesAsync(repository, "history")).Where(line => Text(line, "stage") == "implement")
                .Select(line => Number(line, "attempt")));
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task Verbs_reach_into_a_swarm_that_runs()
    {
        using var repository = Scenario.Repository([new("a-1")], "--rate implement.hang-with-output=1", agents: 1);
        await using var run = RunningSwarm.Start(repository);
        await run.WaitForAsync("process.started", 2);

        var status = await JsonAsync(repository, "status");
        Assert.Equal(("running", 1), (Text(status, "state"), Number(status, "inProgress")));
        var agent = status.GetProperty("agents")[0];
        Assert.Equal(
            ("a-1", "implement", "working"), (Text(agent, "bead"), Text(agent, "stage"), Text(agent, "status")));
        Assert.Contains("implement", (await repository.MustAsync(0, "why", "a-1")).Out);
        Assert.Contains("a-1", (await repository.MustAsync(0, "agents")).Out);

        await repository.MustAsync(0, "release", "a-1");
        var released = await run.WaitForAsync("bead.released");
        Assert.Equal("a-1", Text(released, "bead"));
        var again = await run.WaitForAsync("bead.claimed");
        Assert.Equal(1, Number(again, "attempt"));

        run.Signal(RunningSwarm.Interrupt);
        var stopping = await run.WaitForAsync("swarm.status");
        Assert.Equal("stopping", Text(stopping, "status"));
        Assert.Equal("stopping", Text(await JsonAsync(repository, "status"), "state"));
        run.Signal(RunningSwarm.Interrupt);
        Assert.Equal(130, Summary.Of(await run.EndAsync()).ExitCode);
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
        Assert.Contains("\"status\":\"open\"", repository.Read(GitRepository.TrackerFile));
    }

    static async Task<JsonElement> JsonAsync(GitRepository repository, params string[] arguments) =>
        JsonDocument.Parse((await repository.MustAsync(0, [.. arguments, "--format", "json"])).Out).RootElement;

    static async Task<JsonElement[]> LinesAsync(GitRepository repository, params string[] arguments) =>
    [
        .. (await repository.MustAsync(0, [.. arguments, "--format", "json"])).Out
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement),
    ];

    static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
