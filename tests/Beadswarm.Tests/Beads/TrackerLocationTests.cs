using Beadswarm.Beads;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Beads;

/// <summary>Which file holds the backlog, and whose rules it follows.</summary>
public sealed class TrackerLocationTests : IDisposable
{
    const string Line = """{"id":"ts-1","title":"T","status":"open"}""";

    readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Nothing_but_lines_means_bd() =>
        Check("Bd because nothing in the folder says otherwise", ("issues.jsonl", Line));

    [Fact]
    public void Each_tracker_is_known_by_what_it_leaves()
    {
        Check("Br because br left .write.lock", ("issues.jsonl", Line), (".write.lock", ""));
        Check(
            "Br because config.yaml is br's (issue_prefix)", ("issues.jsonl", Line),
            ("config.yaml", "issue_prefix: ts\n"));
        Check("BdClassic because bd left .jsonl.lock", ("issues.jsonl", Line), (".jsonl.lock", ""));
        Check("BdClassic because bd 0.49.6 was used last", ("issues.jsonl", Line), (".local_version", "0.49.6\n"));
        Check("Bd because bd 1.0.5 was used last", ("issues.jsonl", Line), (".local_version", "1.0.5"));
        Check(
            "Bd because bd keeps the beads in Dolt here", ("issues.jsonl", Line),
            ("metadata.json", """{"backend":"dolt","database":"dolt"}"""));
        Check(
            "Bd because the lines have _type, which bd writes from 0.62 on",
            ("issues.jsonl", """{"_type":"issue","id":"ts-1","title":"T"}"""));
        Check(
            "Br because the lines have fields that only br writes (compaction_level 0, source_repo_path)",
            ("issues.jsonl", """{"id":"ts-1","title":"T","compaction_level":0}"""));
        Check("BdClassic because beads.jsonl is the name bd used up to 0.24", ("beads.jsonl", Line));
    }

    [Theory]
    [InlineData("1.0.5", "PriorityNewestFirst")]
    [InlineData("1.1.2", "PriorityNewestFirst")]
    [InlineData("1.2.1", "PriorityOldestFirst")]
    [InlineData("1.2.2", "PriorityNewestFirst")]
    [InlineData("1.3.0", "PriorityOldestFirst")]
    [InlineData("0.49.6", "RecentByPriority")]
    public void The_order_follows_the_version(string version, string order)
    {
        Write(("issues.jsonl", Line), (".local_version", version));

        Assert.Equal(order, TrackerLocation.Find(_root.Path).Order.ToString());
    }

    [Fact]
    public void The_recorded_folders_are_recognised()
    {
        foreach (var (program, expected) in new[]
        {
            ("bd-1.0.5", "Bd because bd 1.0.5 was used last"),
            ("bd-0.49.6", "BdClassic because bd 0.49.6 was used last"),
            ("br-0.2.15", "Br because br left .write.lock"), ("br-0.1.12", "Br because br left .br_history"),
        })
        {
            if (SharedData.Path($"trackers/{program}/beads_dir") is { } recorded)
            {
                var folder = Directory.CreateDirectory(_root[$"{program}/.beads"]).FullName;
                foreach (var entry in Directory.EnumerateFileSystemEntries(recorded))
                {
                    File.WriteAllText(
                        Path.Combine(folder, Path.GetFileName(entry)),
                        Directory.Exists(entry) ? "" : File.ReadAllText(entry));
                }

                Assert.Equal(expected, Told(TrackerLocation.Find(_root[program])));
            }
        }
    }

    [Fact]
    public void The_configuration_overrules_what_is_found()
    {
        Write(("issues.jsonl", Line), (".write.lock", ""));

        Assert.Equal(TrackerDialect.Bd, TrackerLocation.Find(_root.Path, TrackerDialect.Bd).Dialect);
    }

    [Fact]
    public void Custom_statuses_of_category_active_are_listed()
    {
        Write(("issues.jsonl", Line), ("config.yaml", "# x\nstatus.custom: \"triage:active,review:wip\"\n"));

        Assert.Equal("open triage", string.Join(' ', TrackerLocation.Find(_root.Path).ListedStatuses));
    }

    [Fact]
    public void A_redirect_is_followed_from_the_folder_that_holds_beads()
    {
        Directory.CreateDirectory(_root["main/.beads"]);
        File.WriteAllText(_root["main/.beads/issues.jsonl"], Line);
        Directory.CreateDirectory(_root["linked/.beads"]);
        File.WriteAllText(_root["linked/.beads/redirect"], "../main/.beads\n");

        Assert.Equal(_root["main/.beads/issues.jsonl"], TrackerLocation.Find(_root["linked"]).File);

        File.WriteAllText(_root["linked/.beads/redirect"], "../gone/.beads\n");
        Refused("cannot follow ", () => TrackerLocation.Find(_root["linked"]));
    }

    [Fact]
    public void Two_backlogs_no_backlog_and_no_folder_are_errors_with_a_remedy()
    {
        Refused("cannot find a backlog: there is no folder", () => TrackerLocation.Find(_root.Path));

        Directory.CreateDirectory(_root[".beads"]);
        Refused("run `bd init` or `br init`", () => TrackerLocation.Find(_root.Path));

        Write(("metadata.json", """{"dolt_mode":"embedded"}"""));
        Refused("run `bd export -o .beads/issues.jsonl`", () => TrackerLocation.Find(_root.Path));

        Write(("issues.jsonl", Line), ("beads.jsonl", Line));
        Refused("both are there; keep the one your tracker writes", () => TrackerLocation.Find(_root.Path));

        Write(("beads.jsonl", ""));
        Refused("both are there; beads.jsonl is empty: delete it", () => TrackerLocation.Find(_root.Path));
    }

    void Check(string expected, params (string Name, string Text)[] files)
    {
        Directory.Delete(_root.Path, recursive: true);
        Write(files);
        Assert.Equal(expected, Told(TrackerLocation.Find(_root.Path)));
    }

    void Write(params (string Name, string Text)[] files)
    {
        Directory.CreateDirectory(_root[".beads"]);
        foreach (var (name, text) in files)
        {
            File.WriteAllText(_root[$".beads/{name}"], text);
        }
    }

    static string Told(TrackerLocation location) => $"{location.Dialect} because {location.DialectReason}";

    static void Refused(string part, Func<TrackerLocation> find) =>
        Assert.Contains(part, Assert.Throws<TrackerException>(find).Message, StringComparison.Ordinal);
}
