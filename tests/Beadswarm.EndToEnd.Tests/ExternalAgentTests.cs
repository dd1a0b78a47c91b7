using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>
/// Twelve agents that no swarm has started work one backlog by the verbs alone: some stages fail, one agent is killed
/// in the middle of its work, one goes on with a claim that it gave back, one asks for everything twice.
/// </summary>
public sealed class ExternalAgentTests
{
    const int Agents = 12;
    const int Beads = 12;
    const int Dies = 3, Stale = 5, Twice = 7;

    static readonly int[] Special = [Dies, Stale, Twice];

    const string More =
        """
        pipeline:
          stages:
            - { name: implement, progressRequired: true }
            - { name: qa-enforcer, verdictRequired: true }
        """;

    [Fact]
    public async Task Twelve_agents_that_no_swarm_has_started_land_every_bead_once()
    {
        using var repository = Repository();
        await WorkAsync(repository);
    }

    [Fact]
    public async Task Twelve_agents_that_no_swarm_has_started_land_every_bead_once_on_postgresql()
    {
        await using var server = await PostgresServer.StartAsync(durable: false);
        await server.ExecuteAsync("postgres", "CREATE DATABASE swarm");
        using var repository = Repository();
        repository.Environment["BEADSWARM_STORE"] = server.Url("swarm");

        await WorkAsync(repository);
    }

    static async Task WorkAsync(GitRepository repository)
    {
        var notes = Directory.CreateDirectory(Path.Combine(repository.Root, "notes")).FullName;
        var before = Baseline.Take(repository);
        await using var run = RunningSwarm.Start(repository, "--agents", "0");
        await run.WaitForAsync("swarm.status");
        var agents = new List<Process>();
        try
        {
            // Those that are there for something special get a bead before the others can take them all.
            foreach (var number in Special)
            {
                agents.Add(Start(repository, number, notes));
                await run.WaitForAsync(
                    entry => Is(entry, "bead.claimed") && entry.GetProperty("agent").GetInt32() == number);
            }

            agents.AddRange(Enumerable.Range(1, Agents).Except(Special)
                .Select(number => Start(repository, number, notes)));
            var output = await run.EndAsync();
            Assert.True(output.ExitCode == 0, $"{output}");
            var summary = Summary.Of(output);
            Assert.Equal((Beads, 0, 0), (summary.Landed, summary.Blocked, summary.Pending));
            foreach (var agent in agents)
            {
                await agent.WaitForExitAsync(Machine.Cancel);
            }
        }
        finally
        {
            foreach (var agent in agents)
            {
                if (!agent.HasExited)
                {
                    agent.Kill(entireProcessTree: true);
                }

                agent.Dispose();
            }
        }

        CheckNotes(notes, [.. run.Lines.Select(line => JsonDocument.Parse(line).RootElement)]);
        for (var bead = 1; bead <= Beads; bead++)
        {
            Assert.StartsWith(
                "status: done", repository.Git("show", $"main:src/a-{bead}.txt"), StringComparison.Ordinal);
        }

        await repository.MustAsync(0, "audit");
        await OutsideAudit.PassAsync(repository, before);
    }

    static void CheckNotes(string notes, IReadOnlyList<JsonElement> journal)
    {
        string Read(int agent, string what) =>
            File.ReadAllText(Path.Combine(notes, string.Create(CultureInfo.InvariantCulture, $"{agent}.{what}")));

        // Whoever goes on without a claim is refused each time, and told by a code of its own.
        var late = Read(Stale, "stale").TrimEnd('\n').Split('\n');
        Assert.Equal(5, late.Length);
        Assert.All(
            late, line => Assert.Matches(@"^(heartbeat|stage (start|pass|fail)|release) 18 \{.*""fenced""", line));
        Assert.DoesNotContain("differs", Read(Twice, "twice"), StringComparison.Ordinal);
        Assert.Contains("stage same", Read(Twice, "twice"), StringComparison.Ordinal);

        // The bead of the dead one goes on from what it had left.
        var dead = Read(Dies, "died").Trim();
        var expired = Assert.Single(
            journal, entry => Is(entry, "lease.expired") && entry.GetProperty("agent").GetInt32() == Dies);
        Assert.Equal(dead, expired.GetProperty("bead").GetString());
        Assert.Matches("^[0-9a-f]{40,}$", expired.GetProperty("headCommit").GetString());
        Assert.Equal(Beads, journal.Count(entry => Is(entry, "bead.landed")));
        Assert.DoesNotContain(journal, entry => Is(entry, "process.started"));
    }

    static bool Is(JsonElement entry, string type) => entry.GetProperty("type").GetString() == type;

    static Process Start(GitRepository repository, int number, string notes)
    {
        var mode = number switch
        {
            Dies => "dies",
            Stale => "stale",
            Twice => "twice",
            _ => "plain",
        };
        var start = new ProcessStartInfo(
            "/bin/sh",
            [
                Path.Combine(AppContext.BaseDirectory, "agent.sh"), Machine.Beadswarm, repository.Path,
                number.ToString(CultureInfo.InvariantCulture), mode, notes,
            ]);
        start.Environment.Clear();
        foreach (var (name, value) in repository.Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    static GitRepository Repository()
    {
        var repository = Scenario.Repository(
            [.. Enumerable.Range(1, Beads).Select(n => new BeadLine($"a-{n}", n % 3, n > 9 ? [$"a-{n - 9}"] : []))],
            more: More);

        // The dead one is waited for; one that is slower than this on a busy machine only starts again.
        repository.Environment["BEADSWARM_LIMITS_EXTERNAL_LEASE"] = "10s";
        repository.Environment["BEADSWARM_LIMITS_INFRASTRUCTURE_RETRIES_MAX"] = "50";
        return repository;
    }
}
