using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// What external agents are answered, as JSON. The fields are public: none is ever renamed or removed.
/// </summary>
static class ExternalAnswers
{
    static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The name of a verb on the command line.</summary>
    public static string NameOf(ExternalVerb verb) => verb switch
    {
        ExternalVerb.Claim => "claim",
        ExternalVerb.Heartbeat => "heartbeat",
        ExternalVerb.StageStart => "stage start",
        ExternalVerb.StagePass => "stage pass",
        ExternalVerb.StageFail => "stage fail",
        ExternalVerb.Release => "release",
    };

    public static string Refusal(ExternalVerb verb, ExternalRefusal kind, string message) => Object(json =>
    {
        json.WriteString("type", "error");
        json.WriteString("verb", NameOf(verb));
        json.WriteString("reason", JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString()));
        json.WriteString("message", message);
    });

    /// <summary>A stage is the agent's to work: everything that it is told, and where.</summary>
    public static string Handed(
        ExternalVerb verb, ClaimKey key, (StageName Stage, int Attempt, int Allowed) at, StageStart start,
        TimeSpan lease) => Object(json =>
    {
        var files = new AgentFiles(start.SessionFolder);
        Begin(json, verb, key);
        json.WriteString("stage", at.Stage.Value);
        json.WriteNumber("attempt", at.Attempt);
        json.WriteNumber("attemptsAllowed", at.Allowed);
        json.WriteNumber("leaseMs", (long)lease.TotalMilliseconds);
        json.WriteString("workspace", start.Workspace);
        json.WriteString("branch", start.Branch);
        json.WriteString("base", start.BaseCommit);
        json.WriteString("promptFile", files.Prompt);
        json.WriteString("beadFile", files.Bead);
        json.WriteString("contextFolder", files.Context);
        json.WriteString("resultFile", files.Result);
    });

    /// <summary>How a stage ended, and what comes next.</summary>
    public static string Ended(
        ExternalVerb verb, ClaimKey key, (StageName Stage, int Attempt) at, EndedStage ended) => Object(json =>
    {
        Begin(json, verb, key);
        json.WriteString("stage", at.Stage.Value);
        json.WriteNumber("attempt", at.Attempt);
        json.WriteString("status", StoredNames.Of(ended.Finish.Status));
        json.WriteBoolean("passed", ended.Finish.Status == StageStatus.Passed);
        json.WriteString("summary", ended.Finish.Summary);
        json.WriteString("head", ended.Finish.HeadCommit);
        Next(json, ended.Transition);
        json.WriteString("feedback", ended.Finish.Feedback);
    });

    public static string Released(ClaimKey key, BeadTransition.Free to) => Object(json =>
    {
        Begin(json, ExternalVerb.Release, key);
        Next(json, to);
    });

    public static string Renewed(ClaimKey key, TimeSpan lease) => Object(json =>
    {
        Begin(json, ExternalVerb.Heartbeat, key);
        json.WriteNumber("leaseMs", (long)lease.TotalMilliseconds);
    });

    static void Begin(Utf8JsonWriter json, ExternalVerb verb, ClaimKey key)
    {
        json.WriteString("type", NameOf(verb));
        json.WriteNumber("agent", key.Agent.Value);
        json.WriteString("bead", key.Bead.Value);
        json.WriteNumber("token", key.Token.Value);
    }

    static void Next(Utf8JsonWriter json, BeadTransition transition)
    {
        var (next, stage, attempt) = transition switch
        {
            BeadTransition.Keep keep => ("stage", keep.Stage.Value, (int?)keep.Attempt),
            BeadTransition.Free free => ("released", free.Stage.Value, free.Attempt),
            BeadTransition.Land => ("landing", (string?)null, null),
            BeadTransition.Block => ("blocked", null, null),
        };
        json.WriteString("next", next);
        json.WriteString("nextStage", stage);
        if (attempt is { } number)
        {
            json.WriteNumber("nextAttempt", number);
        }
    }

    static string Object(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
