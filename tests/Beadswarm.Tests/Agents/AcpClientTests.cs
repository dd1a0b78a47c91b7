using System.IO.Pipes;
using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Agents.Acp;

namespace Beadswarm.Tests.Agents;

/// <summary>Our client of the Agent Client Protocol, against an agent that follows a list of what it says.</summary>
public sealed class AcpClientTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_prompt_is_done_in_a_new_session_and_told_line_by_line()
    {
        var (good, told, heard) = await RunAsync(
            Result(1, "{\"protocolVersion\":1,\"agentInfo\":{\"name\":\"a\",\"version\":\"1\"}}"),
            Result(2, "{\"sessionId\":\"s-1\"}"), AfterCall(3),
            Update("{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":\"I wil\"}}"),
            Update("{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":\"l.\"}}"),
            Update("{\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"c\",\"title\":\"T\",\"kind\":\"edit\"}"),
            Result(3, "{\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":3,\"outputTokens\":2}}"));

        Assert.True(good);
        Assert.Equal(
            [
                "{\"acp\":\"session\",\"sessionId\":\"s-1\",\"agent\":\"a 1\"}",
                "{\"acp\":\"said\",\"text\":\"I will.\"}",
                "{\"acp\":\"update\",\"update\":{\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"c\",\"title\":\"T\","
                    + "\"kind\":\"edit\"}}",
                "{\"acp\":\"end\",\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":3,\"outputTokens\":2}}",
            ],
            told);
        Assert.Equal(["initialize", "session/new", "session/prompt"], heard.Select(Method));
        Assert.Contains("do it", heard[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("edit", "/w/a.txt", false, "once", "allowed")]
    [InlineData("edit", "/w/a.txt", true, "once", "allowed")]
    [InlineData("edit", "/etc/passwd", false, "no", "denied")]
    [InlineData("edit", "/w/../etc/passwd", false, "no", "denied")]
    [InlineData("edit", "/workspace", false, "no", "denied")]
    [InlineData("execute", null, false, "once", "allowed")]
    [InlineData("execute", null, true, "no", "denied")]
    [InlineData(null, null, true, "no", "denied")]
    [InlineData("read", null, true, "once", "allowed")]
    public async Task A_request_for_permission_is_answered_by_whether_it_stays_in_the_workspace(
        string? kind, string? path, bool edits, string option, string answer)
    {
        var place = path is null ? "" : $",\"locations\":[{{\"path\":\"{path}\"}}]";
        var of = kind is null ? "" : $",\"kind\":\"{kind}\"";
        var ask = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"session/request_permission\",\"params\":{\"options\":["
            + "{\"optionId\":\"always\",\"kind\":\"allow_always\"},{\"optionId\":\"once\",\"kind\":\"allow_once\"},"
            + $"{{\"optionId\":\"no\",\"kind\":\"reject_once\"}}],\"toolCall\":{{\"title\":\"T\"{of}{place}}}}}}}";

        var (_, told, heard) = await RunAsync(
            edits ? AgentPermission.Edits : AgentPermission.Full, null, Begun, Opened, ask,
            Result(3, "{\"stopReason\":\"end_turn\"}"));

        Assert.Contains($"{{\"acp\":\"permission\",\"title\":\"T\",\"answer\":\"{answer}\"}}", told);
        Assert.Contains(
            $"{{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{{\"outcome\":{{\"outcome\":\"selected\","
                + $"\"optionId\":\"{option}\"}}}}}}",
            heard);
    }

    [Fact]
    public async Task Files_are_served_within_the_workspace_alone_and_unknown_methods_are_refused()
    {
        string Ask(int id, string method, string path) =>
            $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":{{\"path\":\"{path}\","
            + "\"content\":\"x\"}}";

        var (_, _, heard) = await RunAsync(
            Begun, Opened, Ask(7, "fs/read_text_file", "/w/none"), Ask(8, "fs/read_text_file", "/etc/passwd"),
            Ask(9, "fs/write_text_file", "/etc/passwd"), Ask(10, "terminal/create", "/w/x"),
            Result(3, "{\"stopReason\":\"end_turn\"}"));

        Assert.Contains("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":\"\"}}", heard);
        Assert.All([8, 9, 10], id => Assert.Contains(
            heard, line => line.Contains($"\"id\":{id},\"error\":{{\"code\":-32601", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_conversation_is_gone_on_with_and_what_is_replayed_of_it_is_not_told_again()
    {
        var (good, told, heard) = await RunAsync(
            AgentPermission.Full, "s-9",
            Result(1, "{\"protocolVersion\":1,\"agentCapabilities\":{\"loadSession\":true}}"), AfterCall(2),
            Update("{\"sessionUpdate\":\"agent_message_chunk\",\"content\":{\"type\":\"text\",\"text\":\"old\\n\"}}"),
            Result(2, "{}"), Result(3, "{\"stopReason\":\"end_turn\"}"));

        Assert.True(good);
        Assert.Equal(["initialize", "session/load", "session/prompt"], heard.Select(Method));
        Assert.DoesNotContain(told, line => line.Contains("old", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_agent_that_would_confine_itself_is_told_not_to_where_it_may_do_everything()
    {
        var opened = Result(2, "{\"sessionId\":\"s\",\"modes\":{\"availableModes\":[{\"id\":\"agent-full-access\"}]}}");

        var (_, _, heard) = await RunAsync(Begun, opened, Result(3, "{}"), Result(4, "{\"stopReason\":\"end_turn\"}"));
        var (_, _, edits) = await RunAsync(
            AgentPermission.Edits, null, Begun, opened, Result(3, "{\"stopReason\":\"end_turn\"}"));

        Assert.Contains("session/set_mode", heard.Select(Method));
        Assert.DoesNotContain("session/set_mode", edits.Select(Method));
    }

    [Theory]
    [InlineData("-32000", "Authentication required", null)]
    [InlineData("-32603", "Internal error: 429", "rate_limit")]
    public async Task An_error_is_the_last_line(string code, string message, string? kind)
    {
        var data = kind is null ? "" : $",\"data\":{{\"errorKind\":\"{kind}\"}}";

        var (good, told, _) = await RunAsync(
            Begun, Opened,
            $"{{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{{\"code\":{code},\"message\":\"{message}\"{data}}}}}");

        Assert.False(good);
        using var last = JsonDocument.Parse(told[^1]);
        Assert.Equal(message, last.RootElement.Text("error"));
        Assert.Equal(long.Parse(code), last.RootElement.Number("code"));
        Assert.Equal(kind, last.RootElement.Text("kind"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON at all\n{\"id\":5}\n[1]\n{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":1}")]
    public async Task An_agent_that_ends_or_babbles_is_an_error_and_no_hang(string said)
    {
        var (good, told, _) = await RunAsync(said.Length == 0 ? [] : said.Split('\n'));

        Assert.False(good);
        Assert.Contains("ended without an answer", told[^1], StringComparison.Ordinal);
    }

    static string Begun => Result(1, "{\"protocolVersion\":1,\"agentCapabilities\":{}}");

    static string Opened => Result(2, "{\"sessionId\":\"s\"}");

    static string Result(int id, string result) => $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}";

    /// <summary>The agent waits until it was called so often.</summary>
    static string AfterCall(int id) => $"#{id}";

    static string Update(string update) =>
        $"{{\"jsonrpc\":\"2.0\",\"method\":\"session/update\",\"params\":{{\"update\":{update}}}}}";

    static string Method(string line)
    {
        using var message = JsonDocument.Parse(line);
        return message.RootElement.Text("method") ?? "";
    }

    static Task<(bool Good, IReadOnlyList<string> Told, IReadOnlyList<string> Heard)> RunAsync(
        params string[] says) => RunAsync(AgentPermission.Full, null, says);

    /// <summary>An agent that answers a call when it was heard, and says everything else in between.</summary>
    static async Task<(bool Good, IReadOnlyList<string> Told, IReadOnlyList<string> Heard)> RunAsync(
        AgentPermission permission, string? session, params string[] says)
    {
        await using var toAgent = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var agentIn = new AnonymousPipeClientStream(PipeDirection.In, toAgent.ClientSafePipeHandle);
        await using var toClient = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var clientIn = new AnonymousPipeClientStream(PipeDirection.In, toClient.ClientSafePipeHandle);
        var heard = new List<string>();
        var agent = Task.Run(
            async () =>
            {
                using var reader = new StreamReader(agentIn);
                await using var writer = new StreamWriter(toClient) { AutoFlush = true };
                foreach (var line in says)
                {
                    while (Awaited(line) is { } id && !heard.Exists(one => IsCall(one, id)))
                    {
                        if (await reader.ReadLineAsync(Cancel) is not { } call)
                        {
                            return;
                        }

                        heard.Add(call);
                    }

                    if (!line.StartsWith('#'))
                    {
                        await writer.WriteLineAsync(line);
                    }
                }

                writer.Close();
                while (await reader.ReadLineAsync(Cancel) is { } rest)
                {
                    heard.Add(rest);
                }
            },
            Cancel);
        var told = new List<string>();
        var task = new AcpTask(
            "/w", "do it", session, null, new AcpPolicy(permission, "/w", Path.GetFullPath))
        {
            Unbound = permission == AgentPermission.Full,
        };

        var good = await new AcpClient(task, told.Add).RunAsync(clientIn, toAgent, TimeProvider.System, Cancel)
            .WaitAsync(Patience, Cancel);
        await toAgent.DisposeAsync();
        await agent.WaitAsync(Patience, Cancel);
        return (good, told, heard);
    }

    /// <summary>The call that must have been heard before this is said.</summary>
    static long? Awaited(string line)
    {
        if (line.StartsWith('#'))
        {
            return long.Parse(line[1..]);
        }

        if (!line.StartsWith("{\"jsonrpc\"", StringComparison.Ordinal))
        {
            return null;
        }

        using var message = JsonDocument.Parse(line);
        return message.RootElement.Text("method") is null ? message.RootElement.NumberOrNull("id") : null;
    }

    static bool IsCall(string heard, long id)
    {
        using var call = JsonDocument.Parse(heard);
        return call.RootElement.Text("method") is not null && call.RootElement.NumberOrNull("id") == id;
    }
}
