using System.Globalization;
using System.Text;
using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

public sealed class ClaudeCodeTranscriptTests
{
    static readonly ClaudeCodeRunner Runner = new("/bin/beadswarm", privileged: false);

    [Theory]
    [InlineData("text_only", "0", "Finished")]
    [InlineData("edit_commit", "0", "Finished")]
    [InlineData("parallel_tools", "0", "Finished")]
    [InlineData("bash_background", "0", "Finished")]
    [InlineData("subagent", "0", "Finished")]
    [InlineData("unknown_tool", "0", "Finished")]
    [InlineData("perm_denied_default", "0", "Finished")]
    [InlineData("refusal", "0", "Finished")]
    [InlineData("max_turns", "1", "max turns: Reached maximum number of turns (2)")]
    [InlineData("budget", "1", "budget exceeded: Reached maximum budget ($1)")]
    [InlineData("rate_limit_then_ok", "0", "Finished")]
    [InlineData("rate_limit_exhausted", "1", "rate limited until ?")]
    [InlineData("apikey_429_retry_after_long", "1", "rate limited until ?")]
    [InlineData("oauth_usage_limit", "1", "rate limited until 2026-11-20 16:38:33Z")]
    [InlineData("oauth_weekly_limit", "1", "rate limited until 2026-11-20 16:38:33Z")]
    [InlineData("oauth_warning", "0", "Finished")]
    [InlineData("overloaded_fallback", "0", "Finished")]
    [InlineData("autocompact_disabled", "1", "context exhausted: Prompt is too long")]
    [InlineData("ptl_midway_reactive_compact", "0", "Finished")]
    [InlineData("autocompact", "0", "Finished")]
    [InlineData("compact_fails", "0", "Finished")]
    [InlineData("json_schema_never", "0", "Finished")]
    [InlineData("resume_missing", "1", "conversation lost")]
    [InlineData("session_dup_id", "1",
        "failed to start: Error: Session ID 6b245d5e-b422-4992-959b-78b223c65767 is already in use.")]
    [InlineData("bad_flag", "1", "failed to start: error: unknown option '--no-such-flag'")]
    [InlineData("sigint_in_tool", "0", "crashed 2")]
    [InlineData("sigint_in_model", "0", "crashed 2")]
    [InlineData("sigterm_in_tool", "143", "crashed 15")]
    [InlineData("sighup_in_tool", "129", "crashed 1")]
    [InlineData("sigkill_in_tool", "-9", "crashed 9")]
    [InlineData("sigkill_then_resume", "0", "Finished")]
    [InlineData("text_only", "-9", "crashed 9")]
    [InlineData("text_only", "3", "failed 3: ")]
    public void Each_way_to_end_is_told_from_the_others(string name, string exit, string expected) =>
        Assert.Equal(expected, Transcripts.Say(Transcripts.Read(Runner, name, exit).End));

    [Theory]
    [InlineData("overloaded_exhausted", "overloaded: ")]
    [InlineData("server_500_exhausted", "overloaded: ")]
    [InlineData("conn_refused", "overloaded: ")]
    [InlineData("auth_401_retries1", "unauthorized: ")]
    [InlineData("permission_403", "unauthorized: ")]
    [InlineData("billing_400", "unauthorized: Credit balance is too low")]
    [InlineData("model_404", "unauthorized: ")]
    [InlineData("no_key", "unauthorized: Not logged in")]
    [InlineData("oauth_token_expired", "unauthorized: ")]
    [InlineData("prompt_too_long", "context exhausted: Prompt is too long")]
    [InlineData("max_tokens", "max turns: ")]
    [InlineData("json_schema_always_bad", "finished, but its verdict did not take the form asked for: ")]
    public void Failures_of_the_provider_are_told_with_its_words(string name, string expected) =>
        Assert.StartsWith(expected, Transcripts.Say(Transcripts.Read(Runner, name, "1").End), StringComparison.Ordinal);

    [Theory]
    [InlineData("edit_commit", "failed to start: it used the tool Write without asking the swarm's hook")]
    [InlineData("text_only", "finished")]
    [InlineData("overloaded_exhausted", "overloaded: ")]
    public void What_was_done_without_asking_the_hook_is_not_judged(string name, string expected) =>
        Assert.StartsWith(
            expected, Transcripts.Say(Transcripts.Read(Runner, name, "0", hooked: true).End),
            StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData(0, null)]
    [InlineData(2, null)]
    [InlineData(127, "Bash")]
    [InlineData(null, "Bash")]
    public void Hook_that_gave_no_answer_has_not_been_asked(int? code, string? unasked)
    {
        var transcript = new ClaudeCodeTranscript(null);
        string[] lines =
        [
            """{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Bash"}]}}""",
            $$"""{"type":"system","subtype":"hook_response","hook_event":"PreToolUse","exit_code":{{code?.ToString(
                CultureInfo.InvariantCulture) ?? "null"}}}""",
            """{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]}}""",
        ];
        foreach (var line in lines)
        {
            using var json = JsonDocument.Parse(line);
            transcript.See(json.RootElement);
        }

        Assert.Equal(unasked, transcript.Unasked);
    }

    [Fact]
    public void Usage_of_every_recorded_run_is_read()
    {
        var lines = new StringBuilder();
        foreach (var name in Transcripts.Names(Runner.Kind))
        {
            var usage = Transcripts.Read(Runner, name, "0").Usage;
            var tokens = usage.Tokens;
            lines.Append(CultureInfo.InvariantCulture,
                $"{name,-30} {usage.Model ?? "-",-18} calls {usage.Calls} in {tokens.Input} out {tokens.Output} ")
                .Append(CultureInfo.InvariantCulture, $"context {usage.ContextMax} of {usage.ContextWindow} ")
                .Append(CultureInfo.InvariantCulture, $"usd {usage.CostUsd:0.######} {usage.Conversation?.Id}\n");
        }

        Snapshot.Match(lines.ToString());
    }

    [Fact]
    public void Cost_of_a_conversation_that_goes_on_is_counted_once()
    {
        var first = Transcripts.Read(Runner, "session_first", "0").Usage;
        var second = Transcripts.Read(Runner, "session_resume", "0", first.Conversation).Usage;

        Assert.Equal((0.0044m, 0.0044m), (first.CostUsd, second.CostUsd));
        Assert.Equal((1000, 1000), (first.Tokens.Input, second.Tokens.Input));
        Assert.Equal(0.0088m, second.Conversation?.CostUsd);
        Assert.Equal(first.Conversation?.Id, second.Conversation?.Id);
    }

    [Fact]
    public void Cost_is_a_difference_also_where_the_program_tells_only_the_total_of_the_conversation()
    {
        var usage = Usage(
            new Conversation("c", default, 0.50m),
            """{"session_id":"c","total_cost_usd":0.75,"is_error":false,"type":"result","subtype":"success"}""");

        Assert.Equal(0.25m, usage.CostUsd);
    }

    [Fact]
    public void Calls_after_the_last_result_are_counted_when_it_was_killed() => Assert.Equal(
        new TokenCount(1000, 1, 0, 0), Transcripts.Read(Runner, "sigkill_in_tool", "-9").Usage.Tokens);

    [Fact]
    public void Verdict_is_taken_from_the_structured_output_and_kept_as_a_file_would_be()
    {
        var verdict = """{"verdict":"fail","summary":"no test","findings":[{"severity":"major","title":"t"}]}""";
        var reading = Conclude(
            null, new AgentResult.Missing(),
            $$"""{"structured_output":{{verdict}},"is_error":false,"type":"result","subtype":"success"}""");

        Assert.Equal("finished, fail", Transcripts.Say(reading.End));
        Assert.Equal(verdict, reading.Verdict);
    }

    [Fact]
    public void Verdict_of_the_result_file_counts_where_there_is_no_structured_output() => Assert.Equal(
        "finished, pass",
        Transcripts.Say(Transcripts.Read(
            Runner, "json_schema_never", "0", null, new AgentResult.Said(new(true, null, []))).End));

    [Fact]
    public void Lines_that_were_cut_or_are_of_another_kind_never_fail()
    {
        var random = new Random(1);
        foreach (var name in Transcripts.Names(Runner.Kind))
        {
            var bytes = Encoding.UTF8.GetBytes(string.Join('\n', Transcripts.Lines(Runner.Kind, name)));
            for (var i = 0; i < 20 && bytes.Length > 0; i++)
            {
                var broken = bytes[..random.Next(bytes.Length)];
                for (var j = 0; j < broken.Length / 100; j++)
                {
                    broken[random.Next(broken.Length)] = (byte)random.Next(256);
                }

                var transcript = new ClaudeCodeTranscript(null);
                TranscriptReader.Read(new MemoryStream(broken), transcript.See);
                Assert.NotNull(transcript.Conclude(Report(new AgentResult.Missing())).End);
            }
        }
    }

    static UsageReport Usage(Conversation? continued, params string[] lines) =>
        Conclude(continued, new AgentResult.Missing(), lines).Usage;

    static AgentReading Conclude(Conversation? continued, AgentResult result, params string[] lines)
    {
        var transcript = new ClaudeCodeTranscript(continued);
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse(line);
            transcript.See(document.RootElement);
        }

        return transcript.Conclude(Report(result));
    }

    static AgentReport Report(AgentResult result) => new(
        new ChildExit.Exited(0), "", result, new AgentFiles("none"), Transcripts.Now, TimeZoneInfo.Utc, null);
}
