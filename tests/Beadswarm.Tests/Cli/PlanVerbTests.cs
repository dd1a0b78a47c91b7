using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Planning;
using Beadswarm.Tests.Planning;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary><c>plan</c> in a real repository, with a planner that is a script.</summary>
public sealed class PlanVerbTests : IAsyncLifetime
{
    readonly CliBench _bench = new(repository: false);

    public async ValueTask InitializeAsync()
    {
        _bench.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        _bench.Environment["HOME"] = _bench.Path;
        Write("repo/code.txt", "code\n");
        Write("repo/.beads/issues.jsonl", Bead("ts-1", "The whole") + Bead("ts-2", "Beside"));
        Write("good.json", ProposalReaderTests.Good);
        await Shell.MustAsync(_bench["repo"], "git", "init", "-q", "-b", "trunk");
        await Shell.MustAsync(_bench["repo"], "git", "add", "-A");
        await Shell.MustAsync(
            _bench["repo"], "git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "one");
        Write(
            "repo/.beadswarm/swarm.yaml",
            $"runners: {{ mine: {{ kind: command, command: [/bin/sh, \"{_bench["planner.sh"]}\"] }} }}\n");
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_bead_becomes_beads_that_nobody_works_on_before_a_person_has_accepted_them()
    {
        Planner("cp ../../../../../good.json $BEADSWARM_CONTEXT/proposal.json; cat code.txt; rm code.txt");

        var planned = await Run("plan", "ts-1");
        var dry = await Run("run", "--dry-run", "--format", "json");
        var again = await Run("plan", "ts-1", "--format", "json");
        var accepted = await Run("plan", "accept", "ts-1");
        var ready = await Run("run", "--dry-run", "--format", "json");
        var twice = await Run("plan", "accept", "ts-1");

        Assert.Contains("Two parts.", planned, StringComparison.Ordinal);
        Assert.Matches("ts-1.2 +task +2 +- +ts-1.1 +Show amounts", planned);
        Assert.Contains(
            "2 beads are proposed; nobody works on them before 'beadswarm plan accept ts-1'", planned,
            StringComparison.Ordinal);
        Assert.Equal(1, Calls());
        Assert.Equal(["ts-1", "ts-2"], Ready(dry).Order(StringComparer.Ordinal));
        Assert.Contains("\"state\":\"proposed\"", again, StringComparison.Ordinal);
        Assert.Contains("2 beads of ts-1 are accepted and open", accepted, StringComparison.Ordinal);
        Assert.Equal(["ts-1.1", "ts-2"], Ready(ready).Order(StringComparer.Ordinal));
        Assert.EndsWith("exit 0\n", twice, StringComparison.Ordinal);
        Assert.True(File.Exists(_bench["repo/code.txt"]));
    }

    [Fact]
    public async Task What_was_wrong_with_the_first_proposal_is_told_to_the_planner_once()
    {
        Planner(
            """
            if [ $BEADSWARM_ATTEMPT = 1 ]; then
              sed s/feature/epic/ ../../../../../good.json > $BEADSWARM_CONTEXT/proposal.json
            else cp ../../../../../good.json $BEADSWARM_CONTEXT/proposal.json; cat > ../../../../../told; fi
            """);

        var output = await Run("plan", "ts-1");

        Assert.EndsWith("exit 0\n", output, StringComparison.Ordinal);
        Assert.Equal(2, Calls());
        Assert.Contains("- beads[0].type: 'epic' is not one of", Read("told"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 3", "the planner ended with code 3", 20)]
    [InlineData("true", "there is no $BEADSWARM_CONTEXT/proposal.json", 20)]
    [InlineData(
        "echo '{\"verdict\":\"fail\",\"summary\":\"it is done\"}' > $BEADSWARM_RESULT",
        "the planner says: it is done", 20)]
    public async Task What_is_no_proposal_changes_nothing(string planner, string expected, int exitCode)
    {
        Planner(planner);
        var before = Read("repo/.beads/issues.jsonl");

        var output = await Run("plan", "ts-1");

        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.EndsWith($"exit {exitCode}\n", output, StringComparison.Ordinal);
        Assert.Equal(before, Read("repo/.beads/issues.jsonl"));
    }

    [Fact]
    public async Task A_proposal_is_asked_for_once_whatever_comes_between()
    {
        Planner("cp ../../../../../good.json $BEADSWARM_CONTEXT/proposal.json");

        var kept = await Run("plan", "ts-1", "--dry-run");
        var before = Read("repo/.beads/issues.jsonl");
        var written = await Run("plan", "ts-1");
        var rejected = await Run("plan", "reject", "ts-1", "--only", "ts-1.2");
        await Run("plan", "reject", "ts-1");
        await Run("plan", "ts-1");

        Assert.Contains("2 beads would be proposed", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("ts-1.1", before, StringComparison.Ordinal);
        Assert.Contains("2 beads are proposed", written, StringComparison.Ordinal);
        Assert.Contains("1 beads of ts-1 are rejected and closed", rejected, StringComparison.Ordinal);
        Assert.Equal(2, Calls());
        Assert.Contains("\"ts-1.3\"", Read("repo/.beads/issues.jsonl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_planner_used_counts_once_and_to_the_budget_of_the_day()
    {
        Limit("budgetUsdPerDay: 1");
        Planner($"cp ../../../../../good.json $BEADSWARM_CONTEXT/proposal.json\n{Spends(1)}");

        await Run("plan", "ts-1");
        var refused = await Run("plan", "ts-2");
        var costs = await Run("costs");
        var journal = await Run("history", "--bead", "ts-1");

        Assert.Contains("cannot plan ts-2: more was used than may be: limits.budgetUsdPerDay is 1", refused);
        Assert.EndsWith("exit 22\n", refused, StringComparison.Ordinal);
        Assert.Equal(1, Calls());
        Assert.Matches(@"planner +1 +\d+ +[\d.k]+ +10 +0 +0 +\$1.00\n", costs);
        Assert.Contains("ts-1 has cost $1.00", journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_planner_that_uses_more_than_it_may_is_ended_and_what_it_used_counts()
    {
        Limit("budgetUsd: 0.5");
        Planner($"{Spends(1)}\nexec tail -f /dev/null");

        var ended = await Run("plan", "ts-1");
        var costs = await Run("costs", "--by", "bead");

        Assert.Contains("limits.budgetUsd is 0.50 USD: 1 used", ended, StringComparison.Ordinal);
        Assert.EndsWith("exit 22\n", ended, StringComparison.Ordinal);
        Assert.Matches(@"ts-1 +1 .*\$1.00\n", costs);
    }

    [Fact]
    public async Task Two_do_not_plan_a_bead_at_once()
    {
        Planner("true");
        using var other = PlanPlace.Of(_bench["repo/.beadswarm"], BeadId.Parse("ts-1")).TryHold();

        var output = await Run("plan", "ts-1");

        Assert.Contains("another 'beadswarm plan' plans this bead already", output, StringComparison.Ordinal);
        Assert.EndsWith("exit 5\n", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench["calls"]));
    }

    /// <summary>The planner is one of a kind that says what it costs.</summary>
    void Limit(string limits) => Write(
        "repo/.beadswarm/swarm.yaml",
        $"""
        runners: {"{"} mine: {"{"} kind: claude-code, command: [/bin/sh, "{_bench["planner.sh"]}"] {"}"} {"}"}
        limits: {"{"} {limits} {"}"}

        """);

    /// <summary>Prints what Claude Code prints when it has used so much.</summary>
    static string Spends(int usd) =>
        """
        printf '%s' '{"type":"result","subtype":"success","is_error":false,"session_id":"s","result":"ok",'
        printf '%s' '"model_usage_since_last_result":{"claude-sonnet-4-5":{"inputTokens":1000,"outputTokens":10,'

        """ + $"echo '\"costUSD\":{usd}{"}}}"}'";

    [Theory]
    [InlineData("ts-9", "there is no bead 'ts-9' in the tracker", 13)]
    [InlineData("accept ts-1 --only ts-2", "'ts-2' is no proposal of ts-1", 13)]
    [InlineData("ts-1 --runner nobody", "runner 'nobody' cannot be used", 7)]
    public async Task What_cannot_be_planned_is_refused_with_the_reason(string words, string expected, int exitCode)
    {
        var output = await Run(["plan", .. words.Split(' ')]);

        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.EndsWith($"exit {exitCode}\n", output, StringComparison.Ordinal);
    }

    /// <summary>It counts how often it was asked, beside the repository.</summary>
    void Planner(string script) => Write("planner.sh", $"echo asked >> ../../../../../calls\n{script}\n");

    int Calls() => File.ReadAllLines(_bench["calls"]).Length;

    static string[] Ready(string output)
    {
        using var plan = JsonDocument.Parse(output.Split('\n')[1]);
        return [.. plan.RootElement.GetProperty("beads").EnumerateArray().Select(id => id.GetString() ?? "")];
    }

    static string Bead(string id, string title) =>
        $"{{\"id\":\"{id}\",\"title\":\"{title}\",\"status\":\"open\",\"priority\":2,\"issue_type\":\"task\","
        + "\"created_at\":\"2026-01-01T00:00:00Z\",\"updated_at\":\"2026-01-01T00:00:00Z\"}\n";

    Task<string> Run(params string[] args) => _bench.RunAsync(["-C", "repo", .. args]);

    string Read(string relative) => File.ReadAllText(_bench[relative]);

    void Write(string relative, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_bench[relative])!); // a file is in a folder
        File.WriteAllText(_bench[relative], content);
    }
}
