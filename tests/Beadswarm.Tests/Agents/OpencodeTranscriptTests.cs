using System.Globalization;
using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

public sealed class OpencodeTranscriptTests
{
    static readonly OpencodeRunner Runner = new("/bin/beadswarm");

    [Theory]
    [InlineData("edit_commit", "0", "Finished")]
    [InlineData("429_then_ok", "0", "Finished")]
    [InlineData("abort_mid", "0", "Finished")]
    [InlineData("ask_auto", "0", "Finished")]
    [InlineData("cmd_fail", "0", "Finished")]
    [InlineData("deny", "0", "Finished")]
    [InlineData("text", "0", "Finished")]
    [InlineData("400_ctx", "1", "Finished")]
    [InlineData("ask", "0", "waiting for permission: bash: touch x")]
    [InlineData("401", "1", "unauthorized: invalid x-api-key")]
    [InlineData("max_tokens", "0", "max turns: its answer was cut")]
    [InlineData("badmodel", "1", "failed 1: Unexpected server error. Check server logs for details.")]
    [InlineData("badflag", "1", "failed to start: opencode run [message..]")]
    [InlineData("resume_missing", "1", "conversation lost")]
    [InlineData("sigint_tool", "-2", "crashed 2")]
    [InlineData("sigterm_tool", "-15", "crashed 15")]
    [InlineData("sigterm_model", "-15", "crashed 15")]
    [InlineData("503", "-9", "crashed 9")]
    [InlineData("sigkill_tool", "-9", "crashed 9")]
    public void Each_way_to_end_is_told_from_the_others(string name, string exit, string expected) =>
        Assert.StartsWith(
            expected, Transcripts.Say(Transcripts.Read(Runner, name, exit).End), StringComparison.Ordinal);

    [Theory]
    [InlineData("ContextOverflowError", "too long", 400, "context exhausted: too long")]
    [InlineData("APIError", "slow down", 429, "rate limited until ?")]
    [InlineData("APIError", "Rate limit reached, try again in 20s.", 400, "rate limited until 2026-11-20 15:00:20Z")]
    [InlineData("APIError", "Your credit balance is too low", 400, "unauthorized: Your credit balance is too low")]
    [InlineData("APIError", "no", 403, "unauthorized: no")]
    [InlineData("ProviderAuthError", "no key", 0, "unauthorized: no key")]
    [InlineData("APIError", "busy", 503, "overloaded: busy")]
    [InlineData("MessageAbortedError", "", 0, "crashed 2")]
    [InlineData("APIError", "bad request", 400, "failed 1: bad request")]
    public void Errors_are_told_by_their_status_or_else_by_their_words(
        string name, string message, int status, string expected) =>
        Assert.StartsWith(
            expected,
            Transcripts.Say(Conclude(
                1,
                $$"""{"type":"error","sessionID":"s","error":{"name":"{{name}}","data":"""
                    + $$""" {"message":"{{message}}","statusCode":{{status}} } } }""").End),
            StringComparison.Ordinal);

    [Fact]
    public void A_good_step_after_an_error_does_not_hide_an_exit_code() => Assert.Equal(
        "failed 1: it stopped for the reason 'stop'",
        Transcripts.Say(Conclude(
            1, """{"type":"step_finish","sessionID":"s","part":{"reason":"stop"}}""").End));

    /// <summary>Of two deeds.</summary>
    [Theory]
    [InlineData(1, "failed to start: it used a tool without asking the swarm's hook")]
    [InlineData(2, "finished")]
    public void What_was_done_without_asking_the_plugin_is_not_judged(int asked, string expected) => Assert.StartsWith(
        expected, Transcripts.Say(Transcripts.Read(Runner, "edit_commit", "0", hooked: true, asked: asked).End),
        StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Usage_of_every_recorded_run_is_read() => Snapshot.Match(string.Concat(
        from name in Transcripts.Names(Runner.Kind)
        let usage = Transcripts.Read(Runner, name, "0").Usage
        select string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-16} calls {usage.Calls} in {usage.Tokens.Input} out {usage.Tokens.Output} ")
            + string.Create(CultureInfo.InvariantCulture, $"most {usage.ContextMax} {usage.Conversation?.Id}\n")));

    [Fact]
    public void Tokens_and_money_are_summed_over_the_steps_and_the_largest_context_is_kept()
    {
        var usage = Conclude(
            0,
            """{"type":"step_finish","sessionID":"s","part":{"reason":"tool-calls","cost":0.25,"tokens":{"input":10,"""
                + """ "output":1,"reasoning":2,"cache":{"read":700,"write":5}}}}""",
            """{"type":"step_finish","sessionID":"s","part":{"reason":"stop","cost":0.5,"tokens":{"input":20,"""
                + """ "output":4,"reasoning":0,"cache":{"read":0,"write":0}}}}""").Usage;

        Assert.Equal(
            (2, new TokenCount(30, 7, 700, 5), 715L, 0.75m),
            (usage.Calls, usage.Tokens, usage.ContextMax, usage.CostUsd));
    }

    [Fact]
    public void Verdict_is_the_one_of_the_result_file() => Assert.Equal(
        "finished, pass",
        Transcripts.Say(Transcripts.Read(
            Runner, "text", "0", result: new AgentResult.Said(new AgentVerdict(true, "yes", []))).End));

    static AgentReading Conclude(int code, params string[] lines) => Transcripts.Of(Runner, code, lines);
}
