using System.Text.Json.Nodes;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// Agents that the swarm has not started, through the socket: what they are answered, and that neither a restart nor
/// their own death costs work or does anything twice.
/// </summary>
public sealed class ExternalAgentTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bead_goes_through_every_stage_and_lands_by_the_verbs_alone()
    {
        _repository.Bead("t-1").Commit();
        await using var run = await StartAsync();

        var claim = await AskAsync(Claim("c"));
        Assert.Equal(("t-1", "contract", 1), (Text(claim, "bead"), Text(claim, "stage"), (int)claim["attempt"]!));
        Assert.Equal("agent-7/t-1", SwarmRepository.GitIn(Text(claim, "workspace"), "branch", "--show-current"));
        Assert.Contains(
            "t-1", await File.ReadAllTextAsync(Text(claim, "promptFile"), Cancel), StringComparison.Ordinal);
        await PromiseAsync(claim);
        Assert.Equal("implement", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p1")), "nextStage"));

        // Red, so it is done again, with what the gate said; the contract has come along.
        var second = await AskAsync(Of(claim, ExternalVerb.StageStart, "s2"));
        Assert.True(File.Exists(Path.Combine(Text(second, "contextFolder"), "contract.md")));
        Work(claim, "broken");
        var red = await AskAsync(Of(claim, ExternalVerb.StagePass, "p2"));
        Assert.Equal((false, "implement", 2), ((bool)red["passed"]!, Text(red, "nextStage"), (int)red["nextAttempt"]!));
        var third = await AskAsync(Of(claim, ExternalVerb.StageStart, "s3"));
        Assert.Contains(
            "check", await File.ReadAllTextAsync(Path.Combine(Text(third, "contextFolder"), "feedback.md"), Cancel),
            StringComparison.Ordinal);
        Work(claim, "good");
        Assert.Equal("qa-enforcer", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p3")), "nextStage"));
        await AskAsync(Of(claim, ExternalVerb.StageStart, "s4"));
        Assert.Equal("red-queen", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p4")), "nextStage"));
        await AskAsync(Of(claim, ExternalVerb.StageStart, "s5"));
        Assert.Equal("landing", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p5")), "next"));

        var outcome = await SwarmRepository.EndAsync(run);
        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal("good", _repository.Read("work/t-1").Trim());
    }

    [Fact]
    public async Task What_was_asked_before_a_restart_is_answered_the_same_and_not_done_again()
    {
        _repository.Bead("t-1").Commit();
        JsonObject claim, started, passed;
        await using (await StartAsync())
        {
            claim = await AskAsync(Claim("c"));
            Assert.Equal($"{claim}", $"{await AskAsync(Claim("c"))}");
        }

        await using (await StartAsync(resume: true))
        {
            Assert.Equal($"{claim}", $"{await AskAsync(Claim("c"))}");
            passed = await AskAsync(Of(claim, ExternalVerb.StagePass, "p"));
            started = await AskAsync(Of(claim, ExternalVerb.StageStart, "s"));
            Work(claim, "not committed");
        }

        await using (await StartAsync(resume: true))
        {
            Assert.Equal($"{passed}", $"{await AskAsync(Of(claim, ExternalVerb.StagePass, "p"))}");
            Assert.Equal($"{claim}", $"{await AskAsync(Claim("c"))}");
            Assert.Equal($"{started}", $"{await AskAsync(Of(claim, ExternalVerb.StageStart, "s"))}");
            Assert.Equal("not committed", await LeftAsync(claim));
        }

        var journal = await _repository.JournalAsync();
        Assert.Single(journal, entry => entry.Event is JournalEvent.BeadClaimed);
        Assert.Single(journal, entry => entry.Event is JournalEvent.StageEnded);
        Assert.DoesNotContain(journal, entry => entry.Event is JournalEvent.BeadAdopted or JournalEvent.BeadReleased);
    }

    /// <summary>
    /// Each orchestrator dies as soon as the store has what was asked for: as it begins to hold a bead, as a stage ends
    /// and the claim goes on, and as the claim ends with the last one.
    /// </summary>
    [Fact]
    public async Task What_was_done_when_the_orchestrator_was_killed_is_answered_by_the_next_one_and_not_done_again()
    {
        _repository.Bead("t-1").Commit();
        JsonObject claim = [];
        await DieAsync<JournalEvent.BeadClaimed>(() => Task.FromResult(Claim("c")));
        await DieAsync<JournalEvent.StageEnded>(async () =>
        {
            claim = await AskAsync(Claim("c"));
            await PromiseAsync(claim);
            return Of(claim, ExternalVerb.StagePass, "p1");
        });
        await DieAsync<JournalEvent.LandingQueued>(async () =>
        {
            var passed = await AskAsync(Of(claim, ExternalVerb.StagePass, "p1"));
            Assert.Equal((true, "implement"), ((bool)passed["passed"]!, Text(passed, "nextStage")));
            Assert.Equal($"{claim}", $"{await AskAsync(Claim("c"))}");
            await AskAsync(Of(claim, ExternalVerb.StageStart, "s2"));
            Work(claim, "good");
            Assert.Equal("qa-enforcer", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p2")), "nextStage"));
            await AskAsync(Of(claim, ExternalVerb.StageStart, "s3"));
            Assert.Equal("red-queen", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p3")), "nextStage"));
            await AskAsync(Of(claim, ExternalVerb.StageStart, "s4"));
            return Of(claim, ExternalVerb.StagePass, "p4");
        });

        await using var run = await StartAsync();
        Assert.Equal("landing", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p4")), "next"));
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Passed", "qa-enforcer 1 Passed", "red-queen 1 Passed"],
            await _repository.HistoryAsync("t-1"));
        var journal = await _repository.JournalAsync();
        Assert.Single(journal, entry => entry.Event is JournalEvent.BeadClaimed);
        Assert.Single(journal, entry => entry.Event is JournalEvent.LandingQueued);
        Assert.Equal(["t-1"], _repository.Landed());
    }

    [Fact]
    public async Task A_bead_that_fails_each_time_is_told_why_each_time_and_then_blocked_with_a_dossier()
    {
        _repository.Bead("t-1").Commit();
        await using var run = await StartAsync();
        var claim = await AskAsync(Claim("c"));
        await PromiseAsync(claim);
        await AskAsync(Of(claim, ExternalVerb.StagePass, "p"));

        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var stage = await AskAsync(Of(claim, ExternalVerb.StageStart, $"s{attempt}"));
            Assert.Equal(("implement", attempt), (Text(stage, "stage"), (int)stage["attempt"]!));
            var feedback = Path.Combine(Text(stage, "contextFolder"), "feedback.md");
            Assert.Equal(attempt > 1, File.Exists(feedback));
            if (attempt > 1)
            {
                Assert.Contains(
                    $"way {attempt - 1} leads nowhere", await File.ReadAllTextAsync(feedback, Cancel),
                    StringComparison.Ordinal);
            }

            var fail = Of(claim, ExternalVerb.StageFail, $"f{attempt}");
            var ended = await AskAsync(fail with { Summary = $"way {attempt} leads nowhere" });
            Assert.Equal(
                (false, attempt < 3 ? "stage" : "blocked"), ((bool)ended["passed"]!, Text(ended, "next")));
        }

        Assert.Equal("fenced", Text(await AskAsync(Of(claim, ExternalVerb.Heartbeat, "h")), "reason"));
        var outcome = await SwarmRepository.EndAsync(run);
        Assert.Equal((SwarmEnd.Exhausted, 0, 1), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Equal("blocked", _repository.StatusOf("t-1"));
        var dossier = await _repository.ArtifactAsync("t-1", BlockedDossier.Name);
        Assert.All(
            ["State: blocked", "Attempt: 3 of 3", "way 3 leads nowhere", "beadswarm retry t-1", "agent-7/t-1"],
            part => Assert.Contains(part, dossier, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_an_agent_leaves_that_dies_is_saved_and_the_next_one_goes_on_from_there()
    {
        _repository.Bead("t-1").Commit();
        await using var run = await StartAsync(lease: TimeSpan.FromSeconds(1));
        var claim = await AskAsync(Claim("c"));
        Work(claim, "half of it");

        var expired = await SwarmRepository.UntilAsync<JournalEvent.LeaseExpired>(run, "t-1");

        var head = ((JournalEvent.LeaseExpired)expired.Event).HeadCommit;
        Assert.Equal("half of it", SwarmRepository.GitIn(_repository.Hub, "show", $"{head}:work/t-1"));
        Assert.Equal("fenced", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p")), "reason"));
        Assert.Equal("fenced", Text(await AskAsync(Of(claim, ExternalVerb.Heartbeat, "h")), "reason"));
        Assert.Equal("fenced", Text(await AskAsync(Claim("c")), "reason"));
        var next = await AskAsync(Claim("d", agent: 8));
        Assert.Equal("half of it", await LeftAsync(next));
    }

    [Fact]
    public async Task A_number_that_one_of_the_swarms_own_gets_is_given_up_with_its_work_saved()
    {
        _repository.Bead("t-1").Commit();
        JsonObject claim;
        await using (await StartAsync())
        {
            claim = await AskAsync(Claim("c", agent: 1));
            Work(claim, "half of it");
        }

        await using var run = await StartAsync(resume: true, agents: 1);
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        SwarmRepository.GitIn(_repository.Path, "show", "main:work/t-1");
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_and_changes_nothing()
    {
        _repository.Bead("t-1").Bead("t-2").Commit();
        await using var run = await StartAsync(agents: 1, stages: ["red-queen"]);
        var claim = await AskAsync(Claim("c"));

        Assert.Equal("refused", Text(await AskAsync(Claim("own", agent: 1)), "reason"));
        Assert.Equal("refused", Text(await AskAsync(Claim("two")), "reason"));
        Assert.Equal("nothing-ready", Text(await AskAsync(Claim("no", agent: 9, bead: "t-9")), "reason"));
        Assert.Equal("refused", Text(await AskAsync(Of(claim, ExternalVerb.Release, "c")), "reason"));
        await File.WriteAllTextAsync(Text(claim, "resultFile"), "{\"verdict\":\"fail\"}", Cancel);
        Assert.Equal("refused", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "p")), "reason"));
        await File.WriteAllTextAsync(Text(claim, "resultFile"), "no json", Cancel);
        Assert.Equal("refused", Text(await AskAsync(Of(claim, ExternalVerb.StagePass, "q")), "reason"));
        var stranger = Of(claim, ExternalVerb.Heartbeat, "h") with { Agent = new AgentNumber(8) };
        Assert.Equal("fenced", Text(await AskAsync(stranger), "reason"));

        Assert.Equal("heartbeat", Text(await AskAsync(Of(claim, ExternalVerb.Heartbeat, "i")), "type"));
        Assert.Equal("released", Text(await AskAsync(Of(claim, ExternalVerb.Release, "r")), "next"));
        Assert.Equal("t-2", Text(await AskAsync(Claim("d", bead: "t-2")), "bead"));
        run.Drain("enough");
        await SwarmRepository.EndAsync(run);
    }

    public void Dispose() => _repository.Dispose();

    Task<SwarmRun> StartAsync(
        bool resume = false, int agents = 0, TimeSpan? lease = null, IReadOnlyList<string>? stages = null) =>
        _repository.StartAsync(
            _repository.Config(agents, config => config with
            {
                Limits = config.Limits with { ExternalLease = lease ?? config.Limits.ExternalLease },
                Pools = stages is null
                    ? config.Pools
                    : [config.Pools[0] with { Stages = [.. stages.Select(name => new StageName(name))] }],
            }),
            setup => setup with { Resume = resume });

    /// <summary>Asks until it is answered, as the verbs do.</summary>
    async Task<JsonObject> AskAsync(ExternalCall call)
    {
        var client = new ControlClient(new SwarmPaths(_repository.Path).Socket);
        while (true)
        {
            var answer = await client.AskExternalAsync(call, Cancel);
            if (answer is not null && JsonNode.Parse(answer)!.AsObject() is var json
                && (call.Verb != ExternalVerb.Claim || call.Bead is not null
                    || Text(json, "reason") != "nothing-ready"))
            {
                return json;
            }
        }
    }

    /// <summary>An orchestrator answers until this is asked, and is killed as soon as the store has it done.</summary>
    async Task DieAsync<TDone>(Func<Task<ExternalCall>> ask) where TDone : JournalEvent
    {
        static int Running(IReadOnlyList<JournalEntry> journal) =>
            journal.Count(entry => entry.Event is JournalEvent.SwarmStatusChanged { Status: "running" });
        var before = Running(await _repository.JournalAsync());
        using var orchestrator = SwarmChild.Start(_repository, agents: 0);
        await _repository.RecordedAsync(journal => Running(journal) > before);
        var call = await ask();
        var done = (await _repository.JournalAsync()).Count(entry => entry.Event is TDone);

        var asking = AskAsync(call);
        await _repository.RecordedAsync(journal => journal.Count(entry => entry.Event is TDone) > done);
        await orchestrator.KillAsync();

        // Whether the answer was under way already is all the same: nobody has heard it.
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What the stage contract is to leave.</summary>
    static Task PromiseAsync(JsonObject claim) => File.WriteAllTextAsync(
        Path.Combine(Text(claim, "contextFolder"), "contract.md"), "what is promised", Cancel);

    static ExternalCall Claim(string id, int agent = 7, string? bead = null) =>
        new(ExternalVerb.Claim, new RequestId(id), new AgentNumber(agent))
        {
            Bead = bead is null ? null : BeadId.Parse(bead),
        };

    static ExternalCall Of(JsonObject claim, ExternalVerb verb, string id) =>
        new(verb, new RequestId(id), new AgentNumber((int)claim["agent"]!))
        {
            Bead = BeadId.Parse(Text(claim, "bead")),
            Token = new FencingToken((long)claim["token"]!),
        };

    static void Work(JsonObject claim, string text)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Text(claim, "workspace"), "work")).FullName;
        File.WriteAllText(Path.Combine(folder, Text(claim, "bead")), text + "\n");
    }

    /// <summary>What is in the workspace of a claim of the first bead.</summary>
    static async Task<string> LeftAsync(JsonObject claim) =>
        (await File.ReadAllTextAsync(Path.Combine(Text(claim, "workspace"), "work/t-1"), Cancel)).Trim();

    static string Text(JsonObject json, string name) => (string?)json[name] ?? "";
}
