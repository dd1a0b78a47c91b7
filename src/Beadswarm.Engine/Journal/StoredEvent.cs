using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Beadswarm.Journal;

/// <summary>How what happened is stored: one JSON object, camelCase, <c>type</c> first.</summary>
static class StoredEvent
{
    static readonly Dictionary<Type, string> Names = typeof(JournalEvent)
        .GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(attribute => attribute.DerivedType, attribute => (string)attribute.TypeDiscriminator!);

    public static string Write(JournalEvent entry) =>
        JsonSerializer.Serialize(entry, StoredEventContext.Default.JournalEvent);

    /// <exception cref="JsonException">
    /// The entry is of a kind this program does not know, or is not an entry.
    /// </exception>
    public static JournalEvent Read(string json) =>
        JsonSerializer.Deserialize(json, StoredEventContext.Default.JournalEvent)
        ?? throw new JsonException("a journal entry cannot be null");

    /// <summary>The stored, public name of a kind of entry.</summary>
    public static string TypeOf(JournalEvent entry) => Names[entry.GetType()];
}

/// <summary>Serializers made at compile time: starting the program costs no reflection over the events.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalEvent))]
sealed partial class StoredEventContext : JsonSerializerContext;
