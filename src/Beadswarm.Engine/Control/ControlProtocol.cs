using System.Buffers;
using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Journal;

namespace Beadswarm.Control;

/// <summary>
/// The conversation on the control socket: the client writes one line, a JSON object with <c>op</c>; the server answers
/// with one line, <c>{"ok":…}</c> or <c>{"error":{"kind":…,"message":…}}</c>, or for <c>follow</c> with many; then it
/// closes.
/// </summary>
static class ControlProtocol
{
    /// <summary>Longest request line. Requests hold a verb, a bead and a reason.</summary>
    public const int RequestBytesMax = 16 * 1024;

    /// <summary>Longest answer line that a client accepts.</summary>
    public const int ResponseBytesMax = 256 * 1024 * 1024;

    /// <summary>Connections served at once; further ones are told that the swarm is busy.</summary>
    public const int ConnectionsMax = 64;

    /// <summary>Most journal entries or stage executions in one answer.</summary>
    public const int RowsMax = 100_000;

    /// <summary>Characters of a foreign reason that an error repeats.</summary>
    public const int ReasonMax = 1000;

    /// <summary>
    /// Refusals under way at once. A client beyond that is cut off without a word: words would cost a connection too.
    /// </summary>
    public const int RefusalsMax = 64;

    /// <summary>How long a client may take to send its request, and to take one line of the answer.</summary>
    public static readonly TimeSpan LineTimeout = TimeSpan.FromSeconds(10);

    /// <summary>What stands before the result in an answer.</summary>
    public static ReadOnlySpan<byte> OkPrefix => "{\"ok\":"u8;

    public static byte[] Format(ControlRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("op", request.Operation);
            json.WriteString("bead", request.Bead?.Value);
            if (request.Agent is { } agent)
            {
                json.WriteNumber("agent", agent.Value);
            }

            json.WriteNumber("after", request.After);
            json.WriteNumber("limit", request.Limit);
            json.WriteString("reason", request.Reason);
            if (request.Costs is { } costs)
            {
                json.WriteString("costs", costs.By?.ToString());
                json.WriteBoolean("thisSwarm", costs.ThisSwarm);
                json.WriteBoolean("today", costs.Today);
            }

            if (request.External is { } external)
            {
                Write(json, external);
            }

            if (request.Plan is { } plan)
            {
                json.WriteString("ask", plan.Ask.ToString());
                json.WritePropertyName("plan");
                JsonSerializer.Serialize(json, plan.Plan, SwarmJson.Default.JournalEvent);
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    public static ControlRequest Of(QueueRequest request) => request switch
    {
        QueueRequest.Pause pause => new(ControlOperations.PauseQueue) { Reason = pause.Reason ?? "" },
        QueueRequest.Resume => new(ControlOperations.ResumeQueue),
        QueueRequest.First first => new(ControlOperations.LandFirst) { Bead = first.Bead },
        QueueRequest.Eject eject => new(ControlOperations.Eject) { Bead = eject.Bead, Reason = eject.Reason },
    };

    /// <summary>What is asked of the queue; null: it is another operation.</summary>
    public static QueueRequest? ReadQueue(ControlRequest request) => (request.Operation, request.Bead) switch
    {
        (ControlOperations.PauseQueue, _) =>
            new QueueRequest.Pause(request.Reason.Length > 0 ? request.Reason : null),
        (ControlOperations.ResumeQueue, _) => new QueueRequest.Resume(),
        (ControlOperations.LandFirst, { } bead) => new QueueRequest.First(bead),
        (ControlOperations.Eject, { } bead) => new QueueRequest.Eject(bead, request.Reason),
        _ => null,
    };

    /// <summary>Reads a request line.</summary>
    /// <exception cref="ControlException">It is no request: the message says why.</exception>
    public static ControlRequest ParseRequest(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (!line[(int)reader.BytesConsumed..].Trim(" \t\r\n"u8).IsEmpty
                || root.ValueKind != JsonValueKind.Object || Text(root, "op") is not { Length: > 0 } operation)
            {
                throw new ControlException(ControlErrorKind.BadRequest, "a request is one JSON object with 'op'");
            }

            return new ControlRequest(operation)
            {
                Bead = Text(root, "bead") is { } bead ? BeadId.Parse(bead) : null,
                Agent = Number(root, "agent") is { } agent ? new AgentNumber(checked((int)agent)) : null,
                After = Number(root, "after") ?? 0,
                Limit = (int)Math.Clamp(Number(root, "limit") ?? RowsMax, 0, RowsMax),
                Reason = Text(root, "reason") ?? "",
                External = operation == ControlOperations.External ? ReadExternal(root) : null,
                Costs = operation == ControlOperations.Costs ? ReadCosts(root) : null,
                Plan = operation == ControlOperations.Plan ? ReadPlan(root) : null,
            };
        }
        catch (Exception error) when (error is JsonException or FormatException or OverflowException
            or InvalidOperationException)
        {
            var reason = error is JsonException broken ? Excerpt.Of(broken) : Excerpt.Of(error.Message, ReasonMax);
            throw new ControlException(ControlErrorKind.BadRequest, $"the request cannot be read: {reason}");
        }
    }

    static void Write(Utf8JsonWriter json, ExternalCall call)
    {
        json.WriteString("verb", call.Verb.ToString());
        json.WriteString("id", call.Id.Value);
        json.WriteNumber("by", call.Agent.Value);
        json.WriteString("of", call.Bead?.Value);
        if (call.Token is { } token)
        {
            json.WriteNumber("token", token.Value);
        }

        json.WriteString("summary", call.Summary);
    }

    static ExternalCall ReadExternal(JsonElement root)
    {
        if (!Enum.TryParse<ExternalVerb>(Text(root, "verb"), out var verb) || !Enum.IsDefined(verb)
            || !RequestId.TryParse(Text(root, "id"), out var id) || Number(root, "by") is not { } agent || agent < 1)
        {
            throw new ControlException(
                ControlErrorKind.BadRequest, "an external agent asks with 'verb', 'id' and its number in 'by'");
        }

        return new ExternalCall(verb, id, new AgentNumber(checked((int)agent)))
        {
            Bead = Text(root, "of") is { } bead ? BeadId.Parse(bead) : null,
            Token = Number(root, "token") is { } token ? new FencingToken(token) : null,
            Summary = Text(root, "summary") ?? "",
        };
    }

    static PlanCall ReadPlan(JsonElement root) =>
        Enum.TryParse<PlanAsk>(Text(root, "ask"), out var ask) && Enum.IsDefined(ask)
            && root.TryGetProperty("plan", out var plan)
            && plan.Deserialize(SwarmJson.Default.JournalEvent) is JournalEvent.PlanUsed { Session.Length: > 0 } used
            ? new PlanCall(ask, used)
            : throw new ControlException(
                ControlErrorKind.BadRequest, "a planner is asked about with 'bead', 'ask' and 'plan'");

    static CostQuery ReadCosts(JsonElement root)
    {
        CostBy? by = Text(root, "costs") is not { } word ? null
            : Enum.TryParse<CostBy>(word, out var known) && Enum.IsDefined(known) ? known
            : throw new ControlException(
                ControlErrorKind.BadRequest, $"costs are not told apart by '{Excerpt.Of(word, ReasonMax)}'");
        return new CostQuery
        {
            By = by,
            Bead = Text(root, "bead") is { } bead ? BeadId.Parse(bead) : null,
            ThisSwarm = Flag(root, "thisSwarm"),
            Today = Flag(root, "today"),
        };
    }

    public static byte[] FormatError(ControlErrorKind kind, string message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("kind", kind.ToString());
            json.WriteString("message", message);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The result inside an answer line.</summary>
    /// <exception cref="ControlException">The answer is an error.</exception>
    public static ReadOnlyMemory<byte> ParseResponse(ReadOnlyMemory<byte> line)
    {
        if (line.Span.StartsWith(OkPrefix) && line.Span.EndsWith("}"u8))
        {
            return line[OkPrefix.Length..^1];
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var error = document.RootElement.GetProperty("error");
            var kind = Enum.TryParse<ControlErrorKind>(Text(error, "kind"), out var known)
                ? known
                : ControlErrorKind.Failed;
            throw new ControlException(
                kind, Text(error, "message") is { Length: > 0 } message
                    ? Excerpt.Of(message, ReasonMax)
                    : "the swarm gave no reason");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Unreadable(error);
        }
    }

    public static ControlException Unreadable(Exception? error) =>
        new(ControlErrorKind.Failed, "its answer cannot be read; is the swarm of another version?", error);

    static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    static bool Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.GetBoolean();

    static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetInt64() : null;
}

/// <summary>One request: an operation, and whichever of the operands it takes.</summary>
sealed record ControlRequest(string Operation)
{
    public BeadId? Bead { get; init; }
    public AgentNumber? Agent { get; init; }
    public long After { get; init; }
    public int Limit { get; init; } = ControlProtocol.RowsMax;
    public string Reason { get; init; } = "";
    public ExternalCall? External { get; init; }
    public PlanCall? Plan { get; init; }

    /// <summary>Its bead is the request's.</summary>
    public CostQuery? Costs { get; init; }
}

/// <summary>The operations by their names on the wire.</summary>
static class ControlOperations
{
    /// <summary>What the <c>status</c> verb prints, byte for byte.</summary>
    public const string Status = "status";

    /// <summary>
    /// The same for people, as base64 of UTF-8; <c>limit</c> is the width. Written by the swarm, which has all of the
    /// program loaded already, so that a shell's prompt need not load it.
    /// </summary>
    public const string StatusText = "status-text";
    public const string Snapshot = "snapshot";
    public const string Swarm = "swarm";
    public const string Beads = "beads";
    public const string Bead = "bead";
    public const string History = "history";
    public const string Costs = "costs";
    public const string Queue = "queue";
    public const string Line = "line";
    public const string Health = "target-health";
    public const string Gates = "gates";
    public const string Landings = "landings";
    public const string Artifacts = "artifacts";
    public const string Journal = "journal";
    public const string Follow = "follow";
    public const string Drain = "drain";
    public const string Terminate = "terminate";
    public const string Retry = "retry";
    public const string Release = "release";
    public const string PauseQueue = "queue-pause";
    public const string ResumeQueue = "queue-resume";
    public const string LandFirst = "queue-first";
    public const string Eject = "queue-eject";

    /// <summary>A planner at work beside the swarm: whether it may, and what it used.</summary>
    public const string Plan = "plan";

    /// <summary>
    /// A verb of an agent that the swarm has not started. Answered with <c>null</c> while it is not done: the same is
    /// asked again then.
    /// </summary>
    public const string External = "external";
}

/// <summary>Why a request was not answered.</summary>
enum ControlErrorKind
{
    /// <summary>It is not a request of this protocol.</summary>
    BadRequest,

    /// <summary>It is longer than <see cref="ControlProtocol.RequestBytesMax"/>.</summary>
    TooLarge,

    /// <summary>As many connections as allowed are open.</summary>
    Busy,

    /// <summary>The swarm failed to answer; its message says why.</summary>
    Failed,

    /// <summary>Somebody listens and does not answer: the process is stopped, or the machine is far too busy.</summary>
    Silent,

    /// <summary>Nobody listens, or the connection ended before the answer: the swarm is gone.</summary>
    Gone,
}

/// <summary>A request over the control socket got no result.</summary>
sealed class ControlException(ControlErrorKind kind, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public ControlErrorKind Kind { get; } = kind;
}
