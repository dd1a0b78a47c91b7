using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Beadswarm.Agents.Acp;

/// <summary>Answers what the other side asks; one call at a time, in the order in which it asked.</summary>
interface IJsonRpcPeer
{
    /// <summary>The result of a request; null: there is no such method here.</summary>
    JsonNode? Answer(string method, JsonElement parameters);

    /// <summary>Something it says and wants no answer to.</summary>
    void Hear(string method, JsonElement parameters);
}

/// <summary>
/// JSON-RPC 2.0 with one object a line. Ids of the two sides have nothing to do with each other. Nothing the other side
/// sends takes more memory than a line may have; what is no message is passed over.
/// </summary>
sealed class JsonRpcChannel(Stream input, Stream output, IJsonRpcPeer peer)
{
    const int LineBytesMax = 32 * 1024 * 1024;
    const int BufferBytes = 64 * 1024;
    const int MethodNotFound = -32601;

    readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _calls = [];
    readonly Lock _writing = new();
    AcpException? _over;
    long _lastId;

    /// <summary>Calls a method and waits for its result.</summary>
    /// <exception cref="AcpException">It answered with an error, or will not answer any more.</exception>
    public async Task<JsonElement> CallAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        if (_over is { } over)
        {
            throw over;
        }

        Send(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters });
        return await answer.Task.WaitAsync(cancellationToken);
    }

    public void Notify(string method, JsonObject parameters) =>
        Send(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method, ["params"] = parameters });

    /// <summary>Reads until the other side ends; then every open call fails.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var end = new AcpException("the agent ended without an answer");
        try
        {
            await ReadLinesAsync(cancellationToken);
        }
        catch (AcpException broken)
        {
            end = broken;
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // It died in the middle of a line, or was let go of.
        }

        _over = end;
        foreach (var call in _calls.Values)
        {
            call.TrySetException(end);
        }
    }

    async Task ReadLinesAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        using var line = new MemoryStream();
        while (await input.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            for (var (start, left) = (0, count); left > 0;)
            {
                var end = buffer.AsSpan(start, left).IndexOf((byte)'\n');
                var length = end < 0 ? left : end;
                await line.WriteAsync(buffer.AsMemory(start, length), cancellationToken);
                if (line.Length > LineBytesMax)
                {
                    throw new AcpException($"the agent sent a line of more than {LineBytesMax} bytes");
                }

                if (end < 0)
                {
                    break;
                }

                See(line.GetBuffer().AsMemory(0, (int)line.Length));
                line.SetLength(0);
                (start, left) = (start + length + 1, left - length - 1);
            }
        }
    }

    void See(ReadOnlyMemory<byte> line)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            // Some programs print a greeting first.
            return;
        }

        using (document)
        {
            var message = document.RootElement;
            var parameters = message.Get("params") ?? default;
            var id = message.Get("id");
            if (message.Text("method") is not { } method)
            {
                Complete(message);
            }
            else if (id is null)
            {
                peer.Hear(method, parameters);
            }
            else
            {
                Reply(id.Value, peer.Answer(method, parameters), method);
            }
        }
    }

    void Complete(JsonElement message)
    {
        if (message.NumberOrNull("id") is not { } id || !_calls.TryRemove(id, out var call))
        {
            return;
        }

        if (message.Get("error") is { } error)
        {
            var data = error.Get("data");
            call.TrySetException(new AcpException(
                error.Text("message") ?? "an error without a message", error.Number("code"),
                data?.Text("errorKind") ?? data?.Text("errorName")));
        }
        else
        {
            call.TrySetResult(message.Get("result")?.Clone() ?? default);
        }
    }

    void Reply(JsonElement id, JsonNode? result, string method)
    {
        var reply = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = JsonNode.Parse(id.GetRawText()) };
        if (result is null)
        {
            reply["error"] = new JsonObject
            {
                ["code"] = MethodNotFound,
                ["message"] = $"there is no method '{method}' here",
            };
        }
        else
        {
            reply["result"] = result;
        }

        Send(reply);
    }

    void Send(JsonObject message)
    {
        var bytes = Encoding.UTF8.GetBytes(message.ToJsonString() + "\n");
        lock (_writing)
        {
            try
            {
                output.Write(bytes);
                output.Flush();
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                // It does not read any more; that it ended is seen by the reader.
            }
        }
    }
}
