using System.Globalization;
using System.Text;
using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

public sealed class CodexTranscriptTests
{
    static readonly CodexRunner Runner = new("/bin/beadswarm");

    [Theory]
    [InlineData("edit_commit", "0", "Finished")]
    [InlineData("429_then_ok", "0", "Finished")]
    [InlineData("abort_mid", "0", "Finished")]
    [InlineData("compact", "0", "Finished")]
    [InlineData("resume2", "0", "Finished")]
    [InlineData("429_exhausted", "1", "rate limited until ?")]
    [InlineData("usage_limit", "1", "rate limited until 2026-11-20 16:49:00Z")]
    [InlineData("401", "1", "unauthorized: unexpected status 401 Unauthorized: invalid x-api-key")]
    [InlineData("no_key", "1", "unauthorized: Missing environment variable: `NOT_SET_KEY`.")]
    [InlineData("quota_failed_event", "1", "unauthorized: Quota exceeded. Check your plan and billing details.")]
    [InlineData("500_exhausted", "1", "overloaded: We’re currently experiencing high demand")]
    [InlineData("503_overloaded_exhausted", "1", "overloaded: Selected model is at capacity.")]
    [InlineData("hang_idle", "1", "overloaded: stream disconnected before completion")]
    [InlineData("context_400", "1", "context exhausted: Codex ran out of room in the model's context window.")]
    [InlineData("incomplete", "1", "max turns: Incomplete response returned, reason: max_output_tokens")]
    [InlineData("400", "1", "failed 1: {\"error\":{\"message\":\"bad request\"")]
    [InlineData("404_model", "1", "failed 1: model: no-such-model")]
    [InlineData("badcfg", "1", "failed to start: Error loading config.toml:")]
    [InlineData("badflag", "2", "failed to start: error: unexpected argument '--nope' found")]
    [InlineData("nogit", "1", "failed to start: Not inside a trusted directory")]
    [InlineData("mcp_broken_required", "1", "failed to start: 2026-11-20T15:52:56.617835Z ERROR codex_core::session")]
    [InlineData("resume_missing", "1", "conversation lost")]
    [InlineData("sigint_tool", "1", "crashed 2")]
    [InlineData("sigkill_tool", "-9", "crashed 9")]
    [InlineData("sigterm_tool", "-15", "crashed 15")]
    public void Each_way_to_end_is_told_from_the_others(string name, string exit, string expected) =>
        Assert.StartsWith(
            expected, Transcripts.Say(Transcripts.Read(Runner, name, exit).End), StringComparison.Ordinal);

    /// <summary>Of two deeds.</summary>
    [Theory]
    [InlineData(1, "failed to start: it ran a command or changed a file without asking the swarm's hook")]
    [InlineData(2, "finished")]
    public void What_was_done_without_asking_the_hook_is_not_judged(int asked, string expected) => Assert.StartsWith(
        expected, Transcripts.Say(Transcripts.Read(Runner, "edit_commit", "0", hooked: true, asked: asked).End),
        StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Usage_of_every_recorded_run_is_read() => Snapshot.Match(string.Concat(
        from name in Transcripts.Names(Runner.Kind)
        let usage = Transcripts.Read(Runner, name, "0").Usage
        select string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-26} calls {usage.Calls} in {usage.Tokens.Input} out {usage.Tokens.Output} ")
            + $"{usage.Conversation?.Id}\n"));

    [Fact]
    public void Tokens_of_a_conversation_that_goes_on_are_counted_once()
    {
        var first = Transcripts.Read(Runner, "resume1", "0").Usage;
        var second = Transcripts.Read(Runner, "resume2", "0", first.Conversation).Usage;

        Assert.Equal(new TokenCount(1000, 20, 0, 0), second.Tokens);
        Assert.Equal(new TokenCount(2000, 40, 0, 0), second.Conversation?.Tokens);
        Assert.Equal(first.Conversation?.Id, second.Conversation?.Id);
    }

    [Fact]
    public void Input_does_not_count_again_what_came_from_the_cache()
    {
        var transcript = new CodexTranscript(null);
        TranscriptReader.Read(
            new MemoryStream("{\"usage\":{\"input_tokens\":1000,\"cached_input_tokens\":900,\"output_tokens\":5},"u8
                .ToArray().Concat("\"type\":\"turn.completed\"}"u8.ToArray()).ToArray()),
            transcript.See);

        Assert.Equal(new TokenCount(100, 5, 900, 0), transcript.Conclude(Report()).Usage.Tokens);
    }

    [Fact]
    public void Last_message_that_is_a_verdict_is_one()
    {
        var transcript = new CodexTranscript(null);
        TranscriptReader.Read(
            new MemoryStream(Encoding.UTF8.GetBytes(
                """
                {"type":"item.completed","item":{"type":"agent_message","text":"I look at it."}}
                {"type":"item.completed","item":{"type":"agent_message","text":"{\"verdict\":\"pass\"}"}}
                {"type":"turn.completed"}
                """)),
            transcript.See);

        Assert.Equal("finished, pass", Transcripts.Say(transcript.Conclude(Report()).End));
    }

    [Theory]
    [InlineData("try again at 4:49 PM.", "2026-11-20 16:49:00Z")]
    [InlineData("try again at 2:49 PM.", "2026-11-21 14:49:00Z")]
    [InlineData("try again at Nov 24th, 2026 9:05 AM.", "2026-11-24 09:05:00Z")]
    [InlineData("Please try again in 1.5s.", "2026-11-20 15:00:01Z")]
    [InlineData("Please try again in 20 seconds.", "2026-11-20 15:00:20Z")]
    [InlineData("try again at 99:99 PM.", "")]
    [InlineData("try again later.", "")]
    public void Time_of_a_reset_is_found_in_words(string sentence, string expected) => Assert.Equal(
        expected, ResetTime.Find(sentence, Transcripts.Now, TimeZoneInfo.Utc)?.ToString("u") ?? "");

    static AgentReport Report() => new(
        new ChildExit.Exited(0), "", new AgentResult.Missing(), new AgentFiles("none"), Transcripts.Now,
        TimeZoneInfo.Utc, null);
}
