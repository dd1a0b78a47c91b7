using System.Security.Cryptography;
using System.Text;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>A file that a stage left as a test of what is not there yet, and its content then.</summary>
sealed record FirstTest(string Path, string Sha256);

/// <summary>What is said of tests that were written before what they test.</summary>
static class FirstTestRules
{
    const string CommitWord = "commit ";

    /// <summary>What is wrong with the tests where a gate has to fail by them; null: it fails.</summary>
    public static StageEnd? Unproven(string gate, GatesOutcome outcome) => outcome switch
    {
        GatesOutcome.Passed => new StageEnd.NotRed(gate),
        GatesOutcome.Failed { Result.ExitCode: not null } => null,
        GatesOutcome.Failed failed =>
            new StageEnd.GateFailed(gate, $"{failed.Result.Reason}; it has to fail by itself"),
        GatesOutcome.NoVerdict without =>
            new StageEnd.Unavailable($"gate {gate} gave no verdict: {without.Result.Reason}"),
    };

    /// <summary>The list of tests as a document, for people and later stages.</summary>
    public static string Write(string commit, IEnumerable<FirstTest> tests) =>
        $"{CommitWord}{commit}\n" + string.Concat(tests.Select(test => $"{test.Sha256} {test.Path}\n"));

    /// <summary>The list read back; no tests where it is no such list.</summary>
    public static (string Commit, IReadOnlyList<FirstTest> Tests) Read(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines is [var first, .. var tests] && first.StartsWith(CommitWord, StringComparison.Ordinal)
            ? (first[CommitWord.Length..],
                [
                    .. tests.Select(line => line.Split(' ', 2)).Where(parts => parts.Length == 2)
                        .Select(parts => new FirstTest(parts[1], parts[0])),
                ])
            : ("", []);
    }

    /// <summary>What a review is told of the tests.</summary>
    /// <param name="now">The content of each file now; null: it is not there.</param>
    public static (StageEnd? Gone, string Document) Compare(
        string commit, IReadOnlyList<FirstTest> tests, Func<string, string?> now)
    {
        var gone = tests.Where(test => now(test.Path) is null).Select(test => test.Path).ToArray();
        var changed = tests.Where(test => now(test.Path) is { } content && content != test.Sha256)
            .Select(test => test.Path).ToArray();
        return (
            gone.Length == 0 ? null : new StageEnd.TestsGone(string.Join(", ", gone)),
            changed.Length == 0
                ? $"All {tests.Count} files of tests that were written before the change are as they were written, in "
                    + $"commit {commit}.\n"
                : "These files of tests were written before the change and are different now. See by "
                    + $"`git diff {commit} HEAD -- PATH` whether what they demand was weakened:\n\n"
                    + string.Concat(changed.Select(path => $"- {path}\n")));
    }
}

/// <summary>
/// Remembers the tests that a stage writes before there is what they test, and holds later stages to them: they must
/// not be removed, and where they were changed, reviews are told.
/// </summary>
sealed class FirstTests(SwarmParts parts)
{
    public const string ListName = "tests.txt";
    public const string ComparisonName = "tests-compared.md";

    /// <summary>Files of one bead that are kept in mind.</summary>
    const int TestsMax = 1000;

    /// <param name="commits">Where the bead's branch began, and where it is.</param>
    /// <param name="progress">Whether the stage has changed anything.</param>
    public async Task<(StageEnd? Gone, IReadOnlyList<NewArtifact> Documents)> CheckAsync(
        Claim claim, StageSpec stage, (string Base, string Head) commits, bool progress, CancellationToken work)
    {
        if (stage.RedGates.Count > 0)
        {
            return (null, progress ? await ListAsync(commits, work) : []);
        }

        if (!stage.ProgressRequired || parts.Config.Pipeline.Stages.All(other => other.RedGates.Count == 0))
        {
            return (null, []);
        }

        var artifacts = await parts.Store.ReadArtifactsAsync(claim.Bead, work);
        if (artifacts.Where(artifact => artifact.Name == ListName).MaxBy(artifact => artifact.Id) is not { } list
            || FirstTestRules.Read(Encoding.UTF8.GetString(list.Content.Span)) is not { Tests.Count: > 0 } first)
        {
            return (null, []);
        }

        var now = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var test in first.Tests)
        {
            now[test.Path] = await HashAsync(commits.Head, test.Path, work);
        }

        var (gone, document) = FirstTestRules.Compare(first.Commit, first.Tests, now.GetValueOrDefault);
        return (gone, [Document(ComparisonName, document)]);
    }

    /// <summary>Whatever the bead's branch has changed up to here is tests.</summary>
    async Task<IReadOnlyList<NewArtifact>> ListAsync((string Base, string Head) commits, CancellationToken work)
    {
        var head = commits.Head;
        var tests = new List<FirstTest>();
        var changes = await parts.LandsOn.ChangesAsync(CommitId.Parse(commits.Base), CommitId.Parse(head), work);
        foreach (var change in changes.Where(change => !change.Deleted).Take(TestsMax))
        {
            if (await HashAsync(head, change.Path, work) is { } content)
            {
                tests.Add(new FirstTest(change.Path, content));
            }
        }

        return tests.Count == 0 ? [] : [Document(ListName, FirstTestRules.Write(head, tests))];
    }

    async Task<string?> HashAsync(string commit, string path, CancellationToken work) =>
        await parts.LandsOn.ContentAsync(CommitId.Parse(commit), path, work) is { } content
            ? Convert.ToHexStringLower(SHA256.HashData(content.Span))
            : null;

    static NewArtifact Document(string name, string text) =>
        new(ArtifactKind.OfFile(name), name, Encoding.UTF8.GetBytes(text));
}
