using System.Text;
using Beadswarm.Agents;
using Beadswarm.Agents.Acp;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

/// <summary>What an agent has used is read while it works, from what it prints.</summary>
public sealed class UsageWatchTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Log => _folder["stdout.log"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    [InlineData("acp")]
    [InlineData("gemini")]
    [InlineData("opencode")]
    public void Read_in_pieces_it_comes_to_what_is_read_at_the_end(string kind)
    {
        var random = new Random(7);
        foreach (var name in Transcripts.Names(kind))
        {
            File.WriteAllText(Log, "");
            var watch = UsageWatch.Of(Log, kind, null);
            var bytes = Encoding.UTF8.GetBytes(string.Join('\n', Transcripts.Lines(kind, name)) + "\n");
            UsageReport? last = null;
            for (var at = 0; at < bytes.Length;)
            {
                var count = Math.Min(random.Next(1, 3_000), bytes.Length - at);
                using (var log = new FileStream(Log, FileMode.Append))
                {
                    log.Write(bytes, at, count);
                }

                at += count;
                last = watch.Look() ?? last;
            }

            Assert.Null(watch.Look());
            Assert.Equal((name, Whole(kind)), (name, last));
        }
    }

    [Fact]
    public void What_is_used_is_seen_before_the_agent_has_ended()
    {
        var watch = UsageWatch.Of(Log, ClaudeCodeRunner.KindName, null);
        Assert.Null(watch.Look());

        Append("{\"type\":\"assistant\",\"message\":{\"id\":\"m1\",\"model\":\"m\",");
        Append("\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n");
        Append("{\"type\":\"assistant\",\"message\":{\"id\":\"m2\",\"model\":\"m\",\"usage\":{\"input_tok");
        Assert.Equal(11, watch.Look()?.Tokens.All);

        Append("ens\":5,\"output_tokens\":2}}}\nplain text\n");
        Assert.Equal(18, watch.Look()?.Tokens.All);
        Assert.Null(watch.Look());
    }

    [Fact]
    public void OpenCode_tells_what_each_step_has_cost_when_it_is_made()
    {
        var watch = UsageWatch.Of(Log, OpencodeRunner.KindName, null);
        const string Step =
            """
            {"type":"step_finish","sessionID":"s","part":{"reason":"tool-calls","cost":0.25,
            "tokens":{"input":1000,"output":20,"reasoning":0,"cache":{"read":5,"write":0}}}}
            """;

        Append(Step.ReplaceLineEndings("") + "\n");
        Assert.Equal(0.25m, watch.Look()?.CostUsd);

        Append(Step.ReplaceLineEndings("") + "\n");
        Assert.Equal(0.5m, watch.Look()?.CostUsd);
    }

    [Fact]
    public void A_program_that_is_not_understood_and_a_log_that_is_gone_tell_nothing()
    {
        File.WriteAllText(Log, "{}\n");

        Assert.Null(UsageWatch.Of(Log, "command", null).Look());
        Assert.Null(UsageWatch.Of(_folder["none.log"], "codex", null).Look());
    }

    void Append(string text) => File.AppendAllText(Log, text);

    UsageReport Whole(string kind)
    {
        IUsageTranscript transcript = kind switch
        {
            "codex" => new CodexTranscript(null),
            "acp" => new AcpTranscript(),
            "gemini" => new GeminiTranscript(),
            "opencode" => new OpencodeTranscript(),
            _ => new ClaudeCodeTranscript(null),
        };
        TranscriptReader.Read(Log, transcript.See);
        return transcript.Usage;
    }
}
