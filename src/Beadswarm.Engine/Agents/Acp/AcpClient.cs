using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Beadswarm.Agents.Acp;

/// <summary>What one prompt is to be done with.</summary>
/// <param name="Workspace">Canonical.</param>
/// <param name="Session">A conversation to go on with; null: a new one.</param>
/// <param name="Model">As the agent names it; null: its own.</param>
sealed record AcpTask(string Workspace, string Prompt, string? Session, string? Model, AcpPolicy Policy)
{
    /// <summary>Nothing holds the agent back but what is around it.</summary>
    public bool Unbound { get; init; }
}

/// <summary>
/// Does one prompt with an agent of the Agent Client Protocol and writes a transcript, one JSON object a line. It is
/// the agent in the eyes of the engine: its output goes to files, so an orchestrator that dies does not matter to it.
/// </summary>
/// <param name="transcript">Takes one line; is called by one thread at a time.</param>
sealed class AcpClient(AcpTask task, Action<string> transcript) : IJsonRpcPeer
{
    /// <summary>Most agents answer within seconds; a busy machine takes longer.</summary>
    public static readonly TimeSpan BeginTime = TimeSpan.FromMinutes(3);

    /// <summary>Agents whose own sandbox keeps them from committing, by the mode that leaves it to us.</summary>
    const string UnboundMode = "agent-full-access";

    const int TextLengthMax = 8 * 1024;

    static readonly string[] Chunks = ["agent_message_chunk", "agent_thought_chunk"];

    readonly Lock _lock = new();
    readonly StringBuilder _text = new();
    string _speaking = Chunks[0];
    bool _ended;
    bool _replaying;

    /// <summary>Does it. What goes wrong is the last line of the transcript.</summary>
    /// <returns>Whether the agent came to its own end.</returns>
    public async Task<bool> RunAsync(
        Stream fromAgent, Stream toAgent, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        // It is read to its very end, also when nobody cares any more: an agent that cannot write does not end.
        var channel = new JsonRpcChannel(fromAgent, toAgent, this);
        _ = channel.ReadAsync(CancellationToken.None);
        string? session = null;
        try
        {
            using (var patience = new CancellationTokenSource(BeginTime, timeProvider))
            using (var begin = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken))
            {
                session = await BeginAsync(channel, begin.Token);
            }

            var prompt = new JsonObject
            {
                ["sessionId"] = session,
                ["prompt"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = task.Prompt }),
            };
            var answer = await channel.CallAsync("session/prompt", prompt, cancellationToken);
            var end = new JsonObject { ["acp"] = "end", ["stopReason"] = answer.Text("stopReason") };
            if (answer.Get("usage") is { } usage)
            {
                end["usage"] = JsonNode.Parse(usage.GetRawText());
            }

            End(end);
            return answer.Is("stopReason", "end_turn");
        }
        catch (AcpException error)
        {
            End(new JsonObject
            {
                ["acp"] = "end",
                ["error"] = error.Message,
                ["code"] = error.Code,
                ["kind"] = error.Kind,
            });
            return false;
        }
        catch (OperationCanceledException)
        {
            if (session is not null)
            {
                channel.Notify("session/cancel", new JsonObject { ["sessionId"] = session });
            }

            var asked = cancellationToken.IsCancellationRequested;
            End(new JsonObject
            {
                ["acp"] = "end",
                ["error"] = asked ? "it was asked to end" : "the agent did not begin in time",
                ["kind"] = asked ? "cancelled" : "timeout",
            });
            return false;
        }
    }

    public JsonNode? Answer(string method, JsonElement parameters)
    {
        try
        {
            return method switch
            {
                "session/request_permission" => Permit(parameters),
                "fs/read_text_file" => ReadFile(parameters),
                "fs/write_text_file" => WriteFile(parameters),
                _ => null,
            };
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The path is none, or what is there is not a file of ours: the agent is told that this cannot be done.
            return null;
        }
    }

    public void Hear(string method, JsonElement parameters)
    {
        if (method != "session/update" || _replaying || parameters.Get("update") is not { } update)
        {
            return;
        }

        if (update.Text("sessionUpdate") is { } kind && Chunks.Contains(kind))
        {
            Speak(kind, update.Get("content")?.Text("text") ?? "");
        }
        else
        {
            Tell(new JsonObject { ["acp"] = "update", ["update"] = JsonNode.Parse(update.GetRawText()) });
        }
    }

    async Task<string> BeginAsync(JsonRpcChannel channel, CancellationToken cancellationToken)
    {
        // Files are not offered: an agent that is offered them fails to make new ones, and needs no help in its folder.
        var hello = await channel.CallAsync(
            "initialize",
            new JsonObject
            {
                ["protocolVersion"] = 1,
                ["clientCapabilities"] = new JsonObject
                {
                    ["fs"] = new JsonObject { ["readTextFile"] = false, ["writeTextFile"] = false },
                    ["terminal"] = false,
                },
                ["clientInfo"] = new JsonObject { ["name"] = "beadswarm", ["version"] = "1" },
            },
            cancellationToken);
        var place = new JsonObject { ["cwd"] = task.Workspace, ["mcpServers"] = new JsonArray() };
        var continues = task.Session is not null
            && hello.Get("agentCapabilities") is { } can && can.IsTrue("loadSession");
        if (continues)
        {
            place["sessionId"] = task.Session;
        }

        _replaying = continues;
        var opened = await OpenAsync(channel, continues, place, cancellationToken);
        _replaying = false;
        var session = (continues ? task.Session : opened.Text("sessionId"))
            ?? throw new AcpException("the agent opened a session without an id");
        var info = hello.Get("agentInfo");
        Tell(new JsonObject
        {
            ["acp"] = "session",
            ["sessionId"] = session,
            ["agent"] = $"{info?.Text("name") ?? "an agent"} {info?.Text("version")}".TrimEnd(),
        });
        await SetUpAsync(channel, session, opened, cancellationToken);
        return session;
    }

    static async Task<JsonElement> OpenAsync(
        JsonRpcChannel channel, bool continues, JsonObject place, CancellationToken cancellationToken)
    {
        try
        {
            return await channel.CallAsync(continues ? "session/load" : "session/new", place, cancellationToken);
        }
        catch (AcpException lost) when (continues)
        {
            throw new AcpException(lost.Message, lost.Code, "session_lost");
        }
    }

    async Task SetUpAsync(
        JsonRpcChannel channel, string session, JsonElement opened, CancellationToken cancellationToken)
    {
        var modes = (opened.Get("modes")?.Get("availableModes")).Items();
        if (task.Unbound && modes.Any(mode => mode.Is("id", UnboundMode)))
        {
            await channel.CallAsync(
                "session/set_mode", new JsonObject { ["sessionId"] = session, ["modeId"] = UnboundMode },
                cancellationToken);
        }

        if (task.Model is { } model)
        {
            await channel.CallAsync(
                "session/set_config_option",
                new JsonObject { ["sessionId"] = session, ["configId"] = "model", ["value"] = model },
                cancellationToken);
        }
    }

    JsonObject Permit(JsonElement parameters)
    {
        var call = parameters.Get("toolCall") ?? default;
        var allowed = task.Policy.Allows(call);
        Tell(new JsonObject
        {
            ["acp"] = "permission",
            ["title"] = call.Text("title"),
            ["answer"] = allowed ? "allowed" : "denied",
        });
        return AcpPolicy.Answer(parameters.Get("options") ?? default, allowed);
    }

    JsonObject? ReadFile(JsonElement parameters)
    {
        if (parameters.Text("path") is not { } path || !task.Policy.IsInside(path))
        {
            return null;
        }

        // One that is not there yet is empty: an agent takes an error for a reason not to make it.
        return new JsonObject { ["content"] = File.Exists(path) ? File.ReadAllText(path) : "" };
    }

    JsonObject? WriteFile(JsonElement parameters)
    {
        if (parameters.Text("path") is not { } path || parameters.Text("content") is not { } content
            || !task.Policy.IsInside(path))
        {
            return null;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path, task.Workspace)) ?? task.Workspace);
        File.WriteAllText(path, content);
        return new JsonObject();
    }

    // Text comes in pieces of a word; it is told in whole lines, so that the log grows while the agent speaks.
    void Speak(string kind, string text)
    {
        lock (_lock)
        {
            if (kind != _speaking)
            {
                Flush_NeedsLock();
            }

            _speaking = kind;
            _text.Append(text);
            if (text.Contains('\n', StringComparison.Ordinal) || _text.Length > TextLengthMax)
            {
                Flush_NeedsLock();
            }
        }
    }

    void Tell(JsonObject line)
    {
        lock (_lock)
        {
            Flush_NeedsLock();
            Write_NeedsLock(line);
        }
    }

    /// <summary>Nothing comes after this line.</summary>
    void End(JsonObject line)
    {
        lock (_lock)
        {
            Flush_NeedsLock();
            Write_NeedsLock(line);
            _ended = true;
        }
    }

    void Write_NeedsLock(JsonObject line)
    {
        if (!_ended)
        {
            transcript(line.ToJsonString());
        }
    }

    void Flush_NeedsLock()
    {
        if (_text.Length > 0)
        {
            Write_NeedsLock(new JsonObject
            {
                ["acp"] = _speaking == Chunks[0] ? "said" : "thought",
                ["text"] = _text.ToString().TrimEnd('\n'),
            });
            _text.Clear();
        }
    }
}
