using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Git;

/// <summary>Answers of git that were cut off, belong to another version, or hold names that mean to confuse.</summary>
public sealed class GitOutputFuzzTests
{
    const string A = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const string B = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    static readonly string[] Tokens =
        ["\0", $"{A}", " ", "\t", ":", "100644 ", "000000 ", "160000 ", "? ", "u UU N... ", "1 .M N... ",
        "# branch.oid ", "\n"];

    [Fact]
    public Task Any_status_is_read_whole_or_refused() => Check(
        StatusEntry.Read, (entries, fields) =>
        {
            var told = fields.Where(field => field[0] is not ('#' or '!')).ToArray();
            Assert.Equal(told.Length, entries.Count);
            Assert.All(told.Zip(entries), pair => Assert.EndsWith(" " + pair.Second.Path, pair.First));
        },
        $"# branch.oid {A}\0# branch.head main\0"
            + $"1 .M N... 100644 100644 100644 {A} {B} a file\0"
            + $"u UU N... 100644 100644 100644 100644 {A} {B} {A} both sides\0? new\0! ignored\0",
        $"1 A. N... 000000 100644 100644 {new string('0', 40)} {A} new\nline\0");

    [Fact]
    public Task Any_diff_is_read_whole_or_refused() => Check(
        FileChange.Read, (changes, fields) => Assert.Equal(
            fields,
            changes.Zip(fields.Chunk(2)).SelectMany(pair => (string[])
            [
                $":{pair.First.OldMode} {pair.First.NewMode} {pair.First.OldId} {pair.First.NewId} "
                    + pair.Second[0].Split(' ')[^1],
                pair.First.Path,
            ])),
        $":100644 100644 {A} {B} M\0src/a.c\0:000000 100644 {new string('0', 40)} {B} A\0b c\0",
        $":100644 000000 {A} {new string('0', 40)} D\0:100644\0");

    [Fact]
    public Task Any_answer_of_merge_tree_is_read_whole_or_refused() => Check(
        MergeTreeAnswer.Read, (answer, fields) =>
        {
            Assert.Equal(fields is [var first, ..] && TreeId.TryParse(first, out _), answer is not null);
            if (answer is not null)
            {
                var end = 1 + answer.Stages.Count;
                Assert.All(answer.Stages, stage => Assert.InRange(stage.Stage, 1, 3));
                // Notes are for people: what cannot be read of them is left out.
                Assert.InRange(end + answer.Notes.Sum(note => 3 + note.Paths.Count), 1, fields.Length);
                Assert.True(end == fields.Length || fields[end].Length == 0);
            }
        },
        $"{A}\0", $"{A}\0100644 {B} 1\ta.c\0100644 {A} 2\ta.c\0100644 {B} 3\ta.c\0\0"
            + "1\0a.c\0Auto-merging\0Auto-merging a.c\n\0"
            + "2\0a.c\0b.c\0CONFLICT (contents)\0CONFLICT (content): Merge conflict in a.c\n\0");

    [Fact]
    public Task Any_list_of_work_trees_is_read() => Check(
        WorkTreeEntry.Read, (entries, fields) => Assert.Equal(
            fields.Count(field => field.Split(' ')[0] == "worktree"), entries.Count), refusable: false,
        $"worktree /a b\0HEAD {A}\0branch refs/heads/main\0\0worktree /c\0HEAD {B}\0detached\0prunable gone\0\0");

    [Fact]
    public Task Any_listing_of_a_tree_is_read_whole_or_refused() => Check(
        fields => fields.Select(TreeEntry.Read).ToArray(),
        (entries, fields) => Assert.Equal(fields, entries.Select(entry => entry.Line().TrimEnd('\0'))),
        $"100644 blob {A}\ta.c\0040000 tree {B}\tsrc\tx\0160000 commit {B}\tsub\n\0");

    [Fact]
    public Task Any_list_of_refs_is_read_whole_or_refused() => Check(
        fields => string.Join('\0', fields).Split('\n',
        StringSplitOptions.RemoveEmptyEntries).Select(GitRef.Read).ToArray(),
        (refs, _) => Assert.All(refs, one => Assert.True(one.Name.Length > 0 && CommitId.TryParse(one.Id, out var _))),
        $"{A} refs/heads/main\n{B} refs/heads/agent-1/bd-1\n");

    [Fact]
    public Task Any_answer_about_objects_is_an_object_or_none() => Check(
        fields => string.Join('\0', fields).Split('\n').Select(GitObject.Read).ToArray(),
        (objects, _) => Assert.All(
            objects.OfType<GitObject>(), one => Assert.True(CommitId.TryParse(one.Id, out var _))),
        refusable: false, $"{A} commit\n{B} tree\nmain:x missing\n");

    [Fact]
    public Task Any_history_of_the_other_side_is_read_whole_or_refused() => Check(
        OtherSide.Read, (commits, fields) => Assert.Equal(
            fields.Length, commits.Sum(commit => 5 + commit.Files.Count)),
        $"\0{A}\0subject \u0001 of any kind\0bd-1\0\0\na.c\0\nb\0{B}\0\0{B}\0\0\0bd-2,bd-3\0", $"\0{A}\0s\0\0\0");

    [Theory]
    [InlineData("1 .M N... 100644")]
    [InlineData("?")]
    [InlineData("")]
    [InlineData("2 R. N... 100644 100644 100644 a b R100 new")]
    public void A_status_that_is_cut_off_is_refused_with_what_was_found(string field) =>
        Assert.Contains(
            $"'{field}' is no answer of git status",
            Assert.Throws<FormatException>(() => StatusEntry.Read([field])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_diff_without_the_last_path_is_refused() =>
        Assert.Throws<FormatException>(() => FileChange.Read([$":100644 100644 {A} {B} M", "a.c",
        $":100644 000000 {A} {B} D"]));

    [Theory]
    [InlineData("-3")]
    [InlineData("2147483647")]
    public void A_note_of_merge_tree_with_an_impossible_count_ends_the_notes(string count) =>
        Assert.Empty(MergeTreeAnswer.Read([A, "", count, "a.c", "Auto-merging", "text", "more"])!.Notes); // a tree

    [Fact]
    public Task Any_answer_of_push_is_one_of_four() =>
        new Fuzz<PushAnswer>(
            FuzzInputs.Of(
                $"To x\n*\t{A}:refs/heads/main\t[new branch]\nDone\n",
                $"To x\n \t{A}:refs/heads/main\taaa..bbb\nDone\n",
                $"To x\n!\t{A}:refs/heads/main\t[rejected] (stale info)\nDone\n",
                $"!\t{A}:refs/heads/main\t[remote rejected] (pre-receive hook declined)\nremote: no\nremote: never\n",
                "fatal: Authentication failed\n"),
            "!\t", "\t", "\n", "remote: ", "stale info", "read-only")
        {
            Read = input =>
            {
                var cut = input.Choices().Next(input.Text.Length + 1);
                return PushAnswer.Read(input.Text[..cut], input.Text[cut..]);
            },
            Refused = answer => answer is PushAnswer.Refused { Reason.Length: > 0 } ? "refused" : null,
            Holds = (_, answer) =>
            {
                if (answer is PushAnswer.Refused refused)
                {
                    Assert.InRange(refused.Reason.Length, 1, 2000);
                }
            },
            Count = 3000,
            AllocatedPerByteMax = 256,
        }.RunAsync();

    static Task Check<T>(Func<IReadOnlyList<string>, T> read, Action<T, string[]> holds, params string[] corpus) =>
        Check(read, holds, refusable: true, corpus);

    static Task Check<T>(
        Func<IReadOnlyList<string>, T> read, Action<T, string[]> holds, bool refusable, params string[] corpus) =>
        new Fuzz<T>(FuzzInputs.Of(corpus), Tokens)
        {
            Read = input => read(Fields(input)),
            Thrown = !refusable ? null : error => error is FormatException ? error.Message : null,
            Holds = (input, answer) => holds(answer, Fields(input)),
            Count = 3000,
        }.RunAsync();

    // Names come as bytes or as text, as the caller asks for them.
    static string[] Fields(FuzzInput input) =>
        input.Seed % 2 == 0
            ? new GitOutput(0, input.Bytes, "").Fields
            : new GitOutput(0, input.Bytes, "").RawFields;
}
