using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>The audit of a target finds what is wrong with one that was broken on purpose.</summary>
public sealed class TargetAuditTests : IDisposable
{
    static readonly BeadLine[] Backlog = [new("a-1"), new("a-2", 2, "a-1"), new("a-3")];

    readonly GitRepository _repository = Scenario.Repository(Backlog);
    readonly Dictionary<string, string> _landed = [];
    readonly string _base;

    public TargetAuditTests() => _base = _repository.Git("rev-parse", "HEAD");

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task A_sound_target_has_no_findings()
    {
        Land("a-1");
        Land("a-2");
        Sync();

        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task A_bead_that_landed_twice_is_found()
    {
        Land("a-1");
        Land("a-1", text: "status: done\nagain\n");

        Assert.Contains(await FindAsync(), finding => finding.Contains("a-1 landed 2 times"));
    }

    [Fact]
    public async Task A_red_commit_is_found_also_when_the_next_one_is_green_again()
    {
        Land("a-1", text: "status: broken\n");
        Land("a-3", also: "src/a-1.txt");

        var findings = await FindAsync();

        Assert.Single(findings, finding => finding.Contains("is red at"));
    }

    [Fact]
    public async Task Content_that_is_gone_is_found()
    {
        Land("a-1");
        Sync("src/a-1.txt");

        var findings = await FindAsync();

        Assert.Contains(findings, finding => finding.Contains("src/a-1.txt does not contain"));
        Assert.Contains(findings, finding => finding.Contains("names no bead and is not the tracker's"));
    }

    [Fact]
    public async Task A_bead_that_is_recorded_and_not_there_is_found()
    {
        Land("a-1");
        _landed["a-3"] = _landed["a-1"];

        Assert.Contains(await FindAsync(), finding => finding.Contains("does not carry its trailer"));
    }

    [Fact]
    public async Task A_bead_that_is_there_and_not_recorded_is_found()
    {
        Land("a-1");
        _landed.Clear();

        Assert.Contains(await FindAsync(), finding => finding.Contains("not recorded as landed"));
    }

    [Fact]
    public async Task A_bead_before_the_one_that_blocks_it_is_found()
    {
        _repository.Write("order.txt", "");
        Land("a-2", also: "order.txt");
        Land("a-1");

        Assert.Equal(["target: a-2 landed before a-1, which blocks it"], await FindAsync());
    }

    [Fact]
    public async Task An_agent_s_edit_of_the_tracker_is_found()
    {
        _repository.Write(".beads/notes.txt", "mine\n");
        Land("a-1", also: ".beads/notes.txt");

        Assert.Contains(await FindAsync(), finding => finding.Contains("changes .beads/notes.txt"));
    }

    [Fact]
    public async Task A_landing_without_content_is_found()
    {
        Land("a-1", text: null);

        Assert.Contains(await FindAsync(), finding => finding.Contains("changes nothing"));
    }

    [Fact]
    public async Task A_rewritten_target_is_found()
    {
        _repository.Git("checkout", "-q", "--orphan", "other");
        _repository.Commit("elsewhere");
        _repository.Git("branch", "-f", "main", "HEAD");

        Assert.Contains(await FindAsync(), finding => finding.Contains("has lost the commit"));
    }

    /// <param name="also">A path that is committed with it; when it is work, it is finished.</param>
    void Land(string bead, string? text = "status: done\n", string? also = null)
    {
        if (text is not null)
        {
            _repository.Write($"src/{bead}.txt", text);
        }

        if (also?.StartsWith("src/", StringComparison.Ordinal) == true)
        {
            _repository.Write(also, "status: done\n");
        }

        _repository.Commit($"{bead}: Do {bead}\n\nBead: {bead}\nAttempt: 1");
        _landed[bead] = _repository.Git("rev-parse", "HEAD");
    }

    /// <param name="gone">A file that disappears with it.</param>
    void Sync(string? gone = null)
    {
        if (gone is not null)
        {
            File.Delete(_repository[gone]);
        }

        File.AppendAllText(_repository[GitRepository.TrackerFile], "\n");
        _repository.Commit("beads: sync");
    }

    Task<IReadOnlyList<string>> FindAsync()
    {
        var terms = new AuditTerms();
        var expected = new TargetExpectation(
            _repository.Path, "main", _base, [.. terms.Gates.Values], terms.ContentOf);
        var backlog = string.Concat(Backlog.Select(bead => bead.ToJson() + "\n"));
        return new TargetAudit(_repository, expected).CheckAsync(
            _landed, TrackerLines.Parse(System.Text.Encoding.UTF8.GetBytes(backlog)));
    }
}
