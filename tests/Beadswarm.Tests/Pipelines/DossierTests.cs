using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Pipelines;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Pipelines;

public sealed class DossierTests
{
    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly Dossier Blocked = new()
    {
        Bead = new() { Id = BeadId.Parse("bd-7"), Title = "Make | it\nwork" },
        State = "blocked",
        Reason = "attempt 3 of 3 failed: gate test failed: exited with code 1",
        Attempt = 3,
        AttemptsAllowed = 3,
        InfrastructureFailures = 1,
        Runs =
        [
            new(new("implement"), 1, 4, StageStatus.Passed, "done", Noon, TimeSpan.FromSeconds(90.4)),
            new(
                new("qa-enforcer"), 1, 4, StageStatus.Failed, "gate | test", Noon.AddMinutes(2),
                TimeSpan.FromMilliseconds(1250)),
            new(new("implement"), 2, 5, StageStatus.Started, null, Noon.AddMinutes(3), null),
        ],
        LastFeedback = "Attempt 3 failed.\n```text\nFAIL\n```\n",
        LastOutput = "FAIL widget\n",
        LogPath = ".beadswarm/gates/test.log",
        Workspace = ".beadswarm/workspaces/4",
        Branch = "agent-4/bd-7",
        BaseCommit = "1a2b3c4",
        HeadCommit = "5d6e7f8",
        LookAt = ["beadswarm logs --bead bd-7"],
    };

    [Fact]
    public void Markdown_tells_the_whole_story() => Snapshot.Match(Blocked.ToMarkdown());

    [Fact]
    public void Json_tells_the_whole_story() => Snapshot.Match(Blocked.ToJson());

    [Fact]
    public void Bead_without_a_history_has_a_dossier_too()
    {
        var dossier = new Dossier
        {
            Bead = Blocked.Bead,
            State = "pending",
            Reason = "waits for an agent",
            Attempt = 1,
            AttemptsAllowed = 3,
        };

        Assert.Contains("beadswarm retry bd-7", dossier.ToMarkdown(), StringComparison.Ordinal);
        Assert.Equal("pending", JsonDocument.Parse(dossier.ToJson()).RootElement.GetProperty("state").GetString());
    }

    [Fact]
    public void Long_history_keeps_its_newest_part()
    {
        var runs = Enumerable.Range(1, 5000).Select(i => Blocked.Runs[0] with { Summary = $"run {i}." }).ToArray();
        var text = (Blocked with { Runs = runs }).ToMarkdown();

        Assert.Contains("run 5000.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("run 4900.", text, StringComparison.Ordinal);
    }
}
