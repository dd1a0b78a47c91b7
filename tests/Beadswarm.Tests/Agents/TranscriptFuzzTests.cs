using Beadswarm.Agents;
using Beadswarm.Agents.Acp;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents;

/// <summary>What agent CLIs print, broken: whatever stands there, the stage has an end and a person a log.</summary>
public sealed class TranscriptFuzzTests : IDisposable
{
    static readonly string[] Tokens =
    [
        "\"type\":\"result\"", "\"is_error\":true", "\"usage\":",
        "\"total_cost_usd\":79228162514264337593543950335",
        "\"costUSD\":79228162514264337593543950335", "\"input_tokens\":9223372036854775807",
        "\"resetsAt\":253402300799",
        "\"errors\":[\"\\ud800\"]", "\"structured_output\":{}", "\"message\":{\"id\":\"\\udc00\"}",
        "\"type\":\"turn.completed\"", "\"type\":\"turn.failed\"", "try again at Feb 30th, 2026 12:61 PM",
        "try again in 999999999 seconds", "reset after 999h9999m999999s", "\"status\":\"success\"",
        "\"type\":\"step_finish\"", "\"reason\":\"stop\"", "\"type\":\"message\",\"role\":\"assistant\"",
        "\"cost\":79228162514264337593543950335", "\"total_tokens\":9223372036854775807", "\n",
    ];

    /// <summary>A line of one character is an entry; objects of JSON take several times their text.</summary>
    const int AllocatedPerByteMax = 256;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("claude-code", 0)]
    [InlineData("claude-code", 1)]
    [InlineData("codex", 0)]
    [InlineData("codex", 1)]
    [InlineData("gemini", 0)]
    [InlineData("gemini", 173)]
    [InlineData("opencode", 0)]
    [InlineData("opencode", 1)]
    [InlineData("acp", 0)]
    [InlineData("acp", 1)]
    public Task Whatever_an_agent_prints_its_stage_has_an_end(string kind, int exit)
    {
        IAgentRunner runner = kind switch
        {
            "codex" => new CodexRunner("/bin/beadswarm"),
            "gemini" => new GeminiRunner(),
            "opencode" => new OpencodeRunner("/bin/beadswarm"),
            "acp" => new AcpRunner("beadswarm"),
            _ => new ClaudeCodeRunner("/bin/beadswarm", privileged: false),
        };
        var files = new AgentFiles(_folder.Path);
        return new Fuzz<AgentReading>(Corpus(kind), Tokens)
        {
            Read = input =>
            {
                File.WriteAllBytes(files.Stdout, input.Bytes);
                return runner.Interpret(new AgentReport(
                    new ChildExit.Exited(exit), input.Text[..Math.Min(input.Text.Length, 200)],
                    new AgentResult.Missing(), files, Transcripts.Now, TimeZoneInfo.Utc, null));
            },
            Holds = (_, reading) =>
            {
                Assert.True(reading.Usage.Calls >= 0);
                Assert.True(reading.End is not AgentEnd.Finished || exit == 0 || reading.Verdict is null);
            },
            Count = 200,
            AllocatedPerByteMax = AllocatedPerByteMax,
        }.RunAsync();
    }

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    [InlineData("gemini")]
    [InlineData("opencode")]
    [InlineData("acp")]
    public Task Whatever_an_agent_prints_its_log_can_be_shown(string kind) =>
        new Fuzz<int>(Corpus(kind), Tokens)
        {
            Read = input =>
            {
                var view = new TranscriptView(kind);
                return input.Text.Split('\n').Sum(line => view.Read(line).Count);
            },
            Count = 200,
            AllocatedPerByteMax = AllocatedPerByteMax,
        }.RunAsync();

    static byte[][] Corpus(string kind) => FuzzInputs.Of(
        [.. Transcripts.Names(kind).Select(name => string.Join('\n', Transcripts.Lines(kind, name)))]);
}
