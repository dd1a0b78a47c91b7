using System.Text.Json;
using System.Text.Json.Serialization;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Control;

/// <summary>
/// How the domain's types look on the control socket: ids are plain strings and numbers, states are objects that name
/// their case. Both ends are the same program, so this shape may change with it; what scripts read is written
/// elsewhere.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters =
    [
        typeof(BeadIdJson), typeof(AgentNumberJson), typeof(FencingTokenJson), typeof(StageNameJson),
        typeof(StageRunIdJson), typeof(LandingIdJson), typeof(SwarmEpochJson),
    ])]
[JsonSerializable(typeof(SwarmRecord))]
[JsonSerializable(typeof(StatusSnapshot))]
[JsonSerializable(typeof(BeadWork))]
[JsonSerializable(typeof(IReadOnlyList<BeadWork>))]
[JsonSerializable(typeof(IReadOnlyList<StageRun>))]
[JsonSerializable(typeof(IReadOnlyList<CostGroup>))]
[JsonSerializable(typeof(IReadOnlyList<LandingEntry>))]
[JsonSerializable(typeof(LandingQueue))]
[JsonSerializable(typeof(LandingWish))]
[JsonSerializable(typeof(TargetHealth))]
[JsonSerializable(typeof(LineReport))]
[JsonSerializable(typeof(IReadOnlyList<GateSummary>))]
[JsonSerializable(typeof(IReadOnlyList<StoredArtifact>))]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(JournalEvent))]
[JsonSerializable(typeof(IReadOnlyList<JournalEntry>))]
[JsonSerializable(typeof(CommandReply))]
[JsonSerializable(typeof(BeadState.Left), TypeInfoPropertyName = "BeadStateLeft")]
[JsonSerializable(typeof(LandingState.Left), TypeInfoPropertyName = "LandingStateLeft")]
[JsonSerializable(typeof(LineState.Queued), TypeInfoPropertyName = "LineStateQueued")]
sealed partial class SwarmJson : JsonSerializerContext;

/// <summary>A bead id as a string.</summary>
sealed class BeadIdJson : JsonConverter<BeadId>
{
    public override BeadId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        BeadId.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, BeadId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}

/// <summary>A stage as its name.</summary>
sealed class StageNameJson : JsonConverter<StageName>
{
    public override StageName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, StageName value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}

/// <summary>An agent as its number.</summary>
sealed class AgentNumberJson : JsonConverter<AgentNumber>
{
    public override AgentNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt32());

    public override void Write(Utf8JsonWriter writer, AgentNumber value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}

/// <summary>A fencing token as a number.</summary>
sealed class FencingTokenJson : JsonConverter<FencingToken>
{
    public override FencingToken Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, FencingToken value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}

/// <summary>A stage run as its number.</summary>
sealed class StageRunIdJson : JsonConverter<StageRunId>
{
    public override StageRunId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, StageRunId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}

/// <summary>A landing as its number.</summary>
sealed class LandingIdJson : JsonConverter<LandingId>
{
    public override LandingId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, LandingId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}

/// <summary>An epoch as a number.</summary>
sealed class SwarmEpochJson : JsonConverter<SwarmEpoch>
{
    public override SwarmEpoch Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, SwarmEpoch value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}
