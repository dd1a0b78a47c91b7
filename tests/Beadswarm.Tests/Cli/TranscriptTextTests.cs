using Beadswarm.Cli.Rendering;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>What people see of recordings of real agents.</summary>
public sealed class TranscriptTextTests
{
    [Fact]
    public void Recordings_of_claude_code_are_told_in_words() => Snapshot.Match(Recordings("claude-code"));

    [Fact]
    public void Recordings_of_codex_are_told_in_words() => Snapshot.Match(Recordings("codex"));

    [Fact]
    public void Recordings_of_gemini_are_told_in_words() => Snapshot.Match(Recordings("gemini"));

    [Fact]
    public void Recordings_of_opencode_are_told_in_words() => Snapshot.Match(Recordings("opencode"));

    [Fact]
    public void Pieces_of_what_a_model_says_are_told_as_lines() => Check(
        "command",
        """
        {"type":"init","session_id":"s","model":"m"}
        {"type":"message","role":"assistant","content":"I loo","delta":true}
        {"type":"message","role":"assistant","content":"k.\nThen ","delta":true}
        {"type":"message","role":"assistant","content":"I write","delta":true}
        """,
        "-- session s, model m\nI look.\nThen I write");

    [Fact]
    public void Every_kind_of_entry_of_our_acp_client_is_told_in_words() => Snapshot.Match(Recordings("acp"));

    [Fact]
    public void A_program_that_is_run_as_a_command_is_recognised_by_its_first_line()
    {
        Check(
            "command", """{"type":"thread.started","thread_id":"t"}""" + "\n" + """{"type":"error","message":"m"}""",
            "-- session t\n-- error: m");
        Check(null, """{"type":"error","message":"m"}""", """{"type":"error","message":"m"}""");
        Check("command", "building\n{broken\n{\"a\": 1}", "building\n{broken\n{\"a\": 1}");
    }

    [Fact]
    public void Long_answers_are_cut_and_what_was_cut_is_counted()
    {
        Check("codex", Command("seq 12", "1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\\n11\\n12\\n", 0), """
            $ seq 12
              | 1
              | 2
              | 3
              | 4
              | 5
              | 6
              | 7
              | 8
              | … 4 lines more
            """);
        Check("codex", Command("false", "", 1), "$ false\n  ! exit code 1");
    }

    [Fact]
    public void What_an_agent_says_moves_no_cursor_and_hides_no_secret_behind_a_control()
    {
        Check(
            "codex",
            """{"type":"item.completed","item":{"type":"agent_message","text":"\u001b[2J\u001b]0;t\u0007red\u0000"""
                + """ sk-not\u001b[0marealkeyabcdefgh"}}""",
            "red\ufffd [redacted]");
        Check(
            null, "\u001b[31mghp_abcdefghijkl\u001b[0mmnopqrstuvwx\u001b[0m my hunter2hunter2",
            "[redacted] my [redacted]");
    }

    [Fact]
    public void Raw_lines_are_shown_as_they_are_but_for_secrets() => Check(
        "codex", """{"type":"error","message":"hunter2hunter2"}""", """{"type":"error","message":"[redacted]"}""",
        raw: true);

    static string Recordings(string kind) => string.Join(
        "\n",
        Directory.EnumerateFiles(Path.Combine(Folder(), kind), "*.jsonl").Order(StringComparer.Ordinal)
            .Select(file => $"==> {Path.GetFileNameWithoutExtension(file)}\n"
                + Show(kind, File.ReadAllText(file), raw: false)));

    static string Command(string command, string output, int code) =>
        "{\"type\":\"item.completed\",\"item\":{\"id\":\"1\",\"type\":\"command_execution\","
        + $"\"command\":\"{command}\",\"aggregated_output\":\"{output}\",\"exit_code\":{code}}}}}";

    static string Folder([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "Agents", "Transcripts"); // a test file is in a folder

    static void Check(string? kind, string log, string expected, bool raw = false) =>
        Assert.Equal(expected.ReplaceLineEndings("\n"), Show(kind, log, raw));

    static string Show(string? kind, string log, bool raw)
    {
        var text = new TranscriptText(kind, raw, ["hunter2hunter2"]);
        return string.Join('\n', log.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').SelectMany(text.Read)
            .ToArray().Concat(text.Rest()));
    }
}
