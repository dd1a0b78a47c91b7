using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Beadswarm.Beads;

namespace Beadswarm.Journal;

/// <summary>How what happened is stored: one JSON object, camelCase, <c>type</c> first.</summary>
static class StoredEvent
{
    static readonly Dictionary<Type, string> Names = typeof(JournalEvent)
        .GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(attribute => attribute.DerivedType, attribute => (string)attribute.TypeDiscriminator!);

    /// <summary>
    /// For reading: a field that may not be missing is an error where it is, so that none is null by surprise.
    /// </summary>
    static readonly JsonTypeInfo<JournalEvent> Strict =
        (JsonTypeInfo<JournalEvent>)new JsonSerializerOptions(StoredEventContext.Default.Options)
        {
            RespectNullableAnnotations = true,
            TypeInfoResolver = StoredEventContext.Default.WithAddedModifier(Require),
        }.GetTypeInfo(typeof(JournalEvent));

    static void Require(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            property.IsRequired = property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false };
        }
    }

    public static string Write(JournalEvent entry) =>
        JsonSerializer.Serialize(entry, StoredEventContext.Default.JournalEvent);

    /// <exception cref="JsonException">
    /// The entry is of a kind this program does not know, or is not an entry.
    /// </exception>
    public static JournalEvent Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Strict)
                ?? throw new JsonException("a journal entry cannot be null");
        }
        catch (JsonException broken)
        {
            throw new JsonException(Excerpt.Of(broken), broken);
        }
        catch (NotSupportedException nameless)
        {
            throw new JsonException("the entry does not begin with its type", nameless);
        }
    }

    /// <summary>The stored, public name of a kind of entry.</summary>
    public static string TypeOf(JournalEvent entry) => NameOf(entry.GetType());

    public static string NameOf(Type kind) => Names[kind];
}

/// <summary>Serializers made at compile time: starting the program costs no reflection over the events.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalEvent))]
sealed partial class StoredEventContext : JsonSerializerContext;
