using Beadswarm.Beads;
using Beadswarm.Diagnosis;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Diagnosis;

public sealed class TrackerExaminationTests
{
    const string Good = """{"id":"a-1","title":"One","status":"open","updated_at":"2026-01-01T00:00:00Z"}""";

    [Fact]
    public async Task Every_broken_line_is_found_and_nothing_is_changed()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, "issues.jsonl", $"{Good}\nnot json\n<<<<<<< ours\n{Good.Replace("a-1", "a-2")}\n");
        var before = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);

        var facts = await LookAsync(folder);

        Assert.Equal([2, 3], facts.Broken.Select(place => place.Line ?? 0));
        Assert.Equal(before, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Both_names_of_the_backlog_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "issues.jsonl", Good + "\n");
        Write(folder, "beads.jsonl", Good.Replace("a-1", "a-2") + "\n");

        var facts = await LookAsync(folder);

        Assert.Equal([1, 1], facts.Files.Select(file => file.Beads!.Count)); // both can be read
    }

    [Fact]
    public async Task A_repository_without_a_tracker_is_told_what_to_do()
    {
        using var folder = new TemporaryFolder();

        Assert.Contains("bd init", Assert.Single((await LookAsync(folder)).Broken).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beads_that_the_swarm_will_go_on_with_are_not_nobodys()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "issues.jsonl", Good.Replace("open", "in_progress") + "\n");

        Assert.Single((await LookAsync(folder)).Troubles);
        Assert.Empty((await LookAsync(folder, BeadId.Parse("a-1"))).Troubles);
    }

    static Task<TrackerFacts> LookAsync(TemporaryFolder folder, params BeadId[] held) => TrackerExamination.LookAsync(
        folder.Path, null, "beadswarm", held.ToHashSet(), TestContext.Current.CancellationToken);

    static string Write(TemporaryFolder folder, string name, string text)
    {
        Directory.CreateDirectory(folder[".beads"]);
        var path = folder[Path.Combine(".beads", name)];
        File.WriteAllText(path, text);
        return path;
    }
}
