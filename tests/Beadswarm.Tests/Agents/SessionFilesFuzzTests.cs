using System.Text;
using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

/// <summary>The files of a session: an agent writes its result as it likes, and can reach the others too.</summary>
public sealed class SessionFilesFuzzTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Any_bytes_are_a_verdict_that_reads_back_or_a_problem_with_words() =>
        new Fuzz<AgentResult>(
            [
                .. FuzzInputs.Of(
                    """{"verdict":"pass","summary":"done","findings":[]}""",
                    """
                    {"verdict": "fail", "summary": "two things", "findings": [
                      {"severity": "critical", "title": "Sum", "detail": "42 ≠ 41", "file": "src/a.c", "line": 7},
                      "a plain one", {"message": "m", "line": "12"}, {"title": 5}, null, ["x"]
                    ]}
                    """,
                    "\ufeff{\"verdict\":\" PASS \",/* c */\"summary\":\"\\ud83d\\ude00\",}\n",
                    """{"findings":[{"title":"t"}]}""", "pass", ""),
                .. FuzzInputs.Recorded("agents/claude", "auth_*.jsonl", 1),
            ],
            "\"verdict\":\"pass\"", "\"verdict\":\"fail\"", "\"findings\":[", "\"line\":1", "{\"title\":\"t\"},",
            "\"summary\":", "//")
        {
            Read = input => AgentResultFile.Parse(input.Bytes),
            Refused = result => result is AgentResult.Broken broken ? broken.Problem : null,
            Holds = (_, result) =>
            {
                if (result is AgentResult.Said said)
                {
                    Assert.InRange(said.Verdict.Findings.Count, 0, 100);
                    var written = JsonSerializer.Serialize(new
                    {
                        verdict = said.Verdict.Passed ? "pass" : "fail",
                        summary = said.Verdict.Summary,
                        findings = said.Verdict.Findings.Select(finding => new
                        {
                            severity = finding.Severity,
                            title = finding.Title,
                            detail = finding.Detail,
                            file = finding.File,
                            line = finding.Line?.ToString(),
                        }),
                    });
                    var again = Assert.IsType<AgentResult.Said>(AgentResultFile.Parse(Encoding.UTF8.GetBytes(written)));
                    Assert.Equal(JsonSerializer.Serialize(said.Verdict), JsonSerializer.Serialize(again.Verdict));
                    Assert.Equal(said.Verdict.Summary, again.Verdict.Summary);
                    Assert.Equal(said.Verdict.Findings, again.Verdict.Findings);
                }
            },
            Count = 5000,
        }.RunAsync();

    [Fact]
    public Task Any_bytes_are_a_whole_record_of_a_session_or_none() =>
        new Fuzz<SessionRecord?>(
            FuzzInputs.Of(
                JsonSerializer.Serialize(new SessionRecord(
                    "/s/1", "/w/1", "command", DateTimeOffset.UnixEpoch,
                    new AgentLimits(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(10),
                    1024))),
                "{}", "null", """{"Folder":null,"Workspace":"w","RunnerKind":"command","Limits":null}"""),
            "\"Limits\":null", "\"Folder\":", "null", "\"00:00:00\"", "\"-01:00:00\"", "\"10675199.02:48:05.4775807\"")
        {
            Read = input => SessionRecord.Parse(input.Bytes),
            Refused = record => record is null ? "no record" : null,
            Holds = (_, record) =>
            {
                if (record is not null)
                {
                    Assert.All([record.Folder, record.Workspace, record.RunnerKind], text => Assert.NotEmpty(text));
                    Assert.All(
                        [record.Limits.StageTimeout, record.Limits.IdleTimeout],
                        time => Assert.True(time > TimeSpan.Zero));
                    Assert.True(record.Limits is { Grace: var grace, LogBytesMax: > 0 } && grace >= TimeSpan.Zero);
                    // As the supervision of an adopted agent does with them.
                    Assert.NotNull(StallRules.Judge(
                        new Activity(TimeSpan.Zero, -1, null), TimeSpan.MaxValue, record.Limits));
                    Assert.Equal(record, SessionRecord.Parse(JsonSerializer.SerializeToUtf8Bytes(record)));
                }
            },
            Count = 3000,
        }.RunAsync();

    [Fact]
    public Task Any_bytes_are_an_exit_code_or_unknown() =>
        new Fuzz<ChildExit>(FuzzInputs.Of("0\n", "1\n", "137\n", "143", "255\n", "", "-1\n", "256\n"), "0", "9", "13")
        {
            Read = input =>
            {
                File.WriteAllBytes(_folder["exit"], input.Bytes);
                return ExitRecord.Read(_folder["exit"]);
            },
            Refused = exit => exit is ChildExit.Unknown ? "unknown" : null,
            Holds = (_, exit) =>
            {
                Assert.InRange(exit is ChildExit.Exited exited ? exited.Code : 0, 0, 255);
                Assert.InRange(exit is ChildExit.Killed killed ? killed.Signal : 1, 1, 64);
            },
            Count = 1000,
        }.RunAsync();

    [Theory]
    [InlineData("{\"verdict\":\"pass\",\"summary\":\"half \\ud83d\"}", "half \ufffd")]
    [InlineData("{\"verdict\":\"pass\",\"\\ud83d\":1,\"summary\":\"x\"}", "x")]
    public void Half_a_character_does_not_spoil_a_verdict(string json, string summary) =>
        Assert.Equal(
            summary,
            Assert.IsType<AgentResult.Said>(AgentResultFile.Parse(Encoding.UTF8.GetBytes(json))).Verdict.Summary);

    [Fact]
    public void A_summary_that_was_cut_in_the_middle_of_a_character_is_read()
    {
        byte[] json = [.. "{\"verdict\":\"fail\",\"summary\":\"42 "u8, 0xE2, 0x89, .. "\"}"u8];

        Assert.Equal("42 \ufffd", Assert.IsType<AgentResult.Said>(AgentResultFile.Parse(json)).Verdict.Summary);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Folder":"f","Workspace":"w","RunnerKind":"command","StartedAt":"2026-01-31T12:00:00Z"}""")]
    public void A_record_of_a_session_that_lacks_a_part_is_none(string json) =>
        Assert.Null(SessionRecord.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_number_that_no_shell_writes_is_no_exit_code() =>
        Assert.IsType<ChildExit.Unknown>(ExitRecord.Parse("256\n"u8));
}
