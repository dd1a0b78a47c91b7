using System.Globalization;
using System.Text.Json;

namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>The Messages API of Anthropic, as Claude Code speaks it.</summary>
sealed class AnthropicWire : ModelWire
{
    const string VerdictTool = "StructuredOutput";

    public override string Path => "/v1/messages";

    protected override IReadOnlyList<(string Tool, Func<string, object> Input)> Shells =>
        [("Bash", command => new { command, description = "scripted step" })];

    public override IEnumerable<(string Role, string Text)> Texts(JsonElement body) =>
        from message in body.GetProperty("messages").EnumerateArray()
        let content = message.GetProperty("content")
        from text in content.ValueKind == JsonValueKind.String
            ? [content.GetString()!]
            : Joined(TextOf(message, "role"), content)
        select (TextOf(message, "role"), text);

    // An answer counts once, however many blocks it has; of what the user says each block stands for itself.
    static IEnumerable<string> Joined(string role, JsonElement content)
    {
        var texts = content.EnumerateArray().Select(block => TextOf(block, "text") + TextOf(block, "content"));
        return role == "assistant" ? [string.Join('\n', texts)] : texts;
    }

    public override IEnumerable<(string Event, object Data)> Answer(ModelRequest request, ModelReply reply, int id)
    {
        yield return ("message_start", new
        {
            type = "message_start",
            message = new
            {
                id = $"msg_{id}",
                type = "message",
                role = "assistant",
                model = request.Model,
                content = Array.Empty<object>(),
                stop_reason = (string?)null,
                stop_sequence = (string?)null,
                usage = Usage(reply, 1),
            },
        });

        var call = reply switch
        {
            ModelReply.Run run => Shell(request, run.Command),
            ModelReply.Use use => (use.Tool, use.Input),
            ModelReply.Verdict verdict when request.Tools.Contains(VerdictTool) =>
                (VerdictTool, JsonSerializer.Deserialize<JsonElement>(verdict.Json)),
            _ => ((string Tool, object Input)?)null,
        };
        var (start, delta) = call is { } tool
            ? (new { type = "tool_use", id = $"call_{id}", name = tool.Tool, input = new { } },
                new { type = "input_json_delta", partial_json = JsonSerializer.Serialize(tool.Input) })
            : ((object)new { type = "text", text = "" }, (object)new { type = "text_delta", text = Words(reply) });
        yield return ("content_block_start", new { type = "content_block_start", index = 0, content_block = start });
        yield return ("content_block_delta", new { type = "content_block_delta", index = 0, delta });
        yield return ("content_block_stop", new { type = "content_block_stop", index = 0 });
        yield return ("message_delta", new
        {
            type = "message_delta",
            delta = new { stop_reason = call is null ? "end_turn" : "tool_use", stop_sequence = (string?)null },
            usage = new { output_tokens = reply.OutputTokens },
        });
        yield return ("message_stop", new { type = "message_stop" });
    }

    public override Refusal Refuse(ModelFault fault)
    {
        var (status, type, message) = fault switch
        {
            ModelFault.RateLimited => (429, "rate_limit_error", "This request would exceed your rate limit."),
            ModelFault.Overloaded => (529, "overloaded_error", "Overloaded"),
            ModelFault.Unauthorized => (401, "authentication_error", "invalid x-api-key"),
            ModelFault.TooLong =>
                (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            ModelFault.Invalid invalid => (400, "invalid_request_error", invalid.Detail),
        };
        return new Refusal(status, new { type = "error", error = new { type, message }, request_id = "req_1" })
        {
            Headers = fault is ModelFault.RateLimited limited ? Limits(limited) : new Dictionary<string, string>(),
        };
    }

    // Longer than Claude Code waits by itself; the rest is how a subscription's limit is told.
    static Dictionary<string, string> Limits(ModelFault.RateLimited limited)
    {
        var headers = new Dictionary<string, string> { ["retry-after"] = "3600" };
        if (limited.Until is { } until)
        {
            var reset = until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            headers["anthropic-ratelimit-unified-status"] = "rejected";
            headers["anthropic-ratelimit-unified-reset"] = reset;
            headers["anthropic-ratelimit-unified-representative-claim"] = "five_hour";
            headers["anthropic-ratelimit-unified-5h-status"] = "rejected";
            headers["anthropic-ratelimit-unified-5h-reset"] = reset;
            headers["anthropic-ratelimit-unified-5h-utilization"] = "1.0";
        }

        return headers;
    }

    static string Words(ModelReply reply) => reply switch
    {
        ModelReply.Say say => say.Text,
        ModelReply.Verdict verdict => verdict.Json,
        _ => "",
    };

    static object Usage(ModelReply reply, int output) => new
    {
        input_tokens = reply.InputTokens,
        cache_creation_input_tokens = 0,
        cache_read_input_tokens = 0,
        output_tokens = output,
        service_tier = "standard",
    };
}
