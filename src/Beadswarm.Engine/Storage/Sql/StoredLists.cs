using System.Text.Json;
using System.Text.Json.Serialization;

namespace Beadswarm.Storage.Sql;

/// <summary>Lists as JSON: how a statement takes a set of values as one parameter, and how paths are kept.</summary>
static class StoredLists
{
    public static string Write(IEnumerable<string> values) =>
        JsonSerializer.Serialize([.. values], StoredListsContext.Default.StringArray);

    public static string Write(IEnumerable<int> values) =>
        JsonSerializer.Serialize([.. values], StoredListsContext.Default.Int32Array);
}

/// <summary>Serializers made at compile time.</summary>
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(int[]))]
sealed partial class StoredListsContext : JsonSerializerContext;
