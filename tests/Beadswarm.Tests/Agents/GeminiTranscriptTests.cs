using System.Globalization;
using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

public sealed class GeminiTranscriptTests
{
    static readonly GeminiRunner Runner = new();

    [Theory]
    [InlineData("edit_commit", "0", "Finished")]
    [InlineData("429_then_ok", "0", "Finished")]
    [InlineData("auto", "0", "Finished")]
    [InlineData("default_mode_denied", "0", "Finished")]
    [InlineData("max_tokens", "0", "Finished")]
    [InlineData("text", "0", "Finished")]
    [InlineData("429_quota_day", "173", "rate limited until ?")]
    [InlineData("401", "145", "unauthorized: [API Error: {\"error\":{\"code\":401,\"message\":\"invalid x-api-key\"")]
    [InlineData("404", "1", "unauthorized: [API Error: model: no-such-model]")]
    [InlineData("nokey", "41", "unauthorized: When using Gemini API, you must specify the GEMINI_API_KEY")]
    [InlineData("abort_mid", "1", "overloaded: [API Error: terminated]")]
    [InlineData("400_ctx", "144", "context exhausted: [API Error: {\"error\":{\"code\":400,\"message\":\"The input")]
    [InlineData("maxturns", "0", "max turns: Loop detected, stopping execution")]
    [InlineData("400", "144", "failed 144: [API Error: {\"error\":{\"code\":400,\"message\":\"bad request\"")]
    [InlineData("badflag", "1", "failed to start: Unknown argument: nope")]
    [InlineData("untrusted", "55", "failed to start: Gemini CLI is not running in a trusted directory.")]
    [InlineData("resume_missing", "42", "conversation lost")]
    [InlineData("sigint_tool", "0", "crashed 2")]
    [InlineData("sigterm_tool", "0", "crashed 2")]
    [InlineData("sigterm_model", "0", "crashed 2")]
    [InlineData("503", "-9", "crashed 9")]
    [InlineData("sigkill_tool", "-9", "crashed 9")]
    public void Each_way_to_end_is_told_from_the_others(string name, string exit, string expected) =>
        Assert.StartsWith(
            expected, Transcripts.Say(Transcripts.Read(Runner, name, exit).End), StringComparison.Ordinal);

    [Fact]
    public void What_was_done_where_the_policy_was_not_understood_is_not_judged() => Assert.Equal(
        "failed to start: it did not understand what the swarm has it refuse: Policy file error in gemini-policy.toml",
        Transcripts.Say(Transcripts.Read(
            Runner, "edit_commit", "0", said: "[ADMIN] Policy file error in gemini-policy.toml:\n  Invalid regex\n")
            .End));

    // What its source says beside what could be recorded.
    [Theory]
    [InlineData("FatalTurnLimitedError", "Reached max session turns for this session.", 53, "max turns: Reached max")]
    [InlineData("unknown", "Operation cancelled.", 130, "crashed 2")]
    [InlineData("unknown", "[API Error: API key not valid. Please pass a valid API key.]", 144, "unauthorized:")]
    [InlineData("unknown", "[API Error: something]", 173, "rate limited until ?")]
    [InlineData("unknown", "[API Error: something]", 147, "unauthorized:")]
    [InlineData("unknown", "[API Error: something]", 247, "overloaded:")]
    [InlineData("unknown", "[API Error: something]", 1, "failed 1: [API Error: something]")]
    [InlineData(
        "unknown", "You have exhausted your capacity on this model. Your quota will reset after 3h22m10s.", 173,
        "rate limited until 2026-11-20 18:22:10Z")]
    [InlineData("unknown", "Quota exceeded. Please retry in 41.5s.", 173, "rate limited until 2026-11-20 15:00:41Z")]
    public void Errors_are_told_by_their_words_or_else_by_the_exit_code(
        string type, string message, int code, string expected) =>
        Assert.StartsWith(
            expected,
            Transcripts.Say(Conclude(
                code,
                """{"type":"init","session_id":"s","model":"m"}""",
                $$$"""{"type":"result","status":"error","error":{"type":"{{{type}}}","message":"{{{message}}}"}}""")
                .End),
            StringComparison.Ordinal);

    [Fact]
    public void An_answer_that_was_cut_is_not_a_good_end() => Assert.Equal(
        "max turns: Model response was truncated because it exceeded the token limit.",
        Transcripts.Say(Conclude(
            0,
            """{"type":"init","session_id":"s","model":"m"}""",
            """{"type":"error","severity":"error","message":"Model response was truncated because it exceeded """
                + """the token limit."}""",
            """{"type":"result","status":"error","stats":{}}""").End));

    [Fact]
    public void Usage_of_every_recorded_run_is_read() => Snapshot.Match(string.Concat(
        from name in Transcripts.Names(Runner.Kind)
        let usage = Transcripts.Read(Runner, name, "0").Usage
        select string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-20} calls {usage.Calls} in {usage.Tokens.Input} out {usage.Tokens.Output} ")
            + $"{usage.Model} {usage.Conversation?.Id}\n"));

    [Fact]
    public void Input_does_not_count_again_what_came_from_the_cache_and_output_counts_what_was_thought() =>
        Assert.Equal(
            new TokenCount(100, 25, 900, 0),
            Conclude(
                0,
                """{"type":"result","status":"success","stats":{"total_tokens":1025,"input_tokens":1000,"""
                    + """ "output_tokens":5,"cached":900}}""").Usage.Tokens);

    [Fact]
    public void Last_words_are_what_it_said_after_its_last_tool() => Assert.Equal(
        "Done.", Transcripts.Read(Runner, "edit_commit", "0").LastWords);

    [Fact]
    public void Verdict_is_the_one_of_the_result_file() => Assert.Equal(
        "finished, fail",
        Transcripts.Say(Transcripts.Read(
            Runner, "text", "0", result: new AgentResult.Said(new AgentVerdict(false, "no", []))).End));

    [Theory]
    [InlineData("# Work\nDo it.", "# Work\nDo it.")]
    [InlineData("/help me", "\n/help me")]
    [InlineData("see @src and a@b.c", "(In this text, \\@ stands for an at sign.)\n\nsee \\@src and a\\@b.c")]
    [InlineData("/@x", "(In this text, \\@ stands for an at sign.)\n\n/\\@x")]
    [InlineData("an @ alone, \\@ escaped", "an @ alone, \\@ escaped")]
    public void Text_of_a_prompt_is_never_a_command_or_a_file(string prompt, string expected) =>
        Assert.Equal(expected, GeminiRunner.Literal(prompt));

    static AgentReading Conclude(int code, params string[] lines) => Transcripts.Of(Runner, code, lines);
}
