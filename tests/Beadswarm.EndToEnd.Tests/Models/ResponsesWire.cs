using System.Text.Json;

namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>The Responses API of OpenAI, as Codex speaks it.</summary>
sealed class ResponsesWire : ModelWire
{
    public override string Path => "/v1/responses";

    protected override IReadOnlyList<(string Tool, Func<string, object> Input)> Shells =>
    [
        ("exec_command", command => new { cmd = command }),
        ("shell_command", command => new { command }),
        ("shell", command => new { command = new[] { "bash", "-lc", command } }),
    ];

    public override IEnumerable<(string Role, string Text)> Texts(JsonElement body)
    {
        foreach (var item in body.GetProperty("input").EnumerateArray())
        {
            switch (TextOf(item, "type"))
            {
                case "message" or "":
                    foreach (var part in item.GetProperty("content").EnumerateArray())
                    {
                        yield return (TextOf(item, "role"), TextOf(part, "text"));
                    }

                    break;
                case "function_call":
                    yield return ("assistant", TextOf(item, "arguments"));
                    break;
                case "function_call_output":
                    yield return ("tool", TextOf(item, "output"));
                    break;
            }
        }
    }

    public override IEnumerable<(string Event, object Data)> Answer(ModelRequest request, ModelReply reply, int id)
    {
        var item = Item(request, reply, id);
        yield return Event("response.created", new { response = Response(request, reply, id, null) });
        yield return Event("response.output_item.added", new { output_index = 0, item });
        yield return Event("response.output_item.done", new { output_index = 0, item });
        yield return Event("response.completed", new { response = Response(request, reply, id, item) });
    }

    public override Refusal Refuse(ModelFault fault)
    {
        var (status, type, code, message) = fault switch
        {
            ModelFault.RateLimited => (429, "requests", "rate_limit_exceeded", "Rate limit reached."),
            ModelFault.Overloaded => (503, "server_error", "server_is_overloaded", "Overloaded"),
            ModelFault.Unauthorized => (401, "invalid_request_error", "invalid_api_key", "Incorrect API key."),
            ModelFault.TooLong =>
                (400, "invalid_request_error", "context_length_exceeded", "Your input exceeds the context window."),
            ModelFault.Invalid invalid => (400, "invalid_request_error", "invalid_request", invalid.Detail),
        };
        return new Refusal(status, new { error = new { message, type, code, param = (string?)null } });
    }

    object Item(ModelRequest request, ModelReply reply, int id)
    {
        if (reply is ModelReply.Run run)
        {
            var (tool, input) = Shell(request, run.Command);
            return new
            {
                id = $"fc_{id}",
                type = "function_call",
                status = "completed",
                call_id = $"call_{id}",
                name = tool,
                arguments = JsonSerializer.Serialize(input),
            };
        }

        var text = reply is ModelReply.Verdict verdict ? verdict.Json : ((ModelReply.Say)reply).Text;
        return new
        {
            id = $"msg_{id}",
            type = "message",
            role = "assistant",
            status = "completed",
            content = new[] { new { type = "output_text", text, annotations = Array.Empty<object>() } },
        };
    }

    static object Response(ModelRequest request, ModelReply reply, int id, object? item) => new
    {
        id = $"resp_{id}",
        @object = "response",
        created_at = 1_700_000_000,
        status = item is null ? "in_progress" : "completed",
        model = request.Model,
        output = item is null ? [] : new[] { item },
        usage = item is null ? null : new
        {
            input_tokens = reply.InputTokens,
            input_tokens_details = new { cached_tokens = 0 },
            output_tokens = reply.OutputTokens,
            output_tokens_details = new { reasoning_tokens = 0 },
            total_tokens = reply.InputTokens + reply.OutputTokens,
        },
    };

    static (string Event, object Data) Event(string type, object data)
    {
        var json = JsonSerializer.SerializeToNode(data)!.AsObject();
        json["type"] = type;
        return (type, json);
    }
}
