using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using Beadswarm.Journal;

namespace Beadswarm.Tests.Journal;

/// <summary>docs/reference/journal.md is what the events say about themselves.</summary>
public sealed class JournalReferenceTests
{
    static readonly NullabilityInfoContext Nullability = new();

    [Fact]
    public void The_reference_lists_every_event_with_its_fields()
    {
        var path = Path.Combine(Root(), "docs", "reference", "journal.md");
        var actual = Reference();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!); // the path has a folder
            File.WriteAllText(path, actual);
            return;
        }

        Assert.True(File.Exists(path), $"No reference at {path}. Run with UPDATE_SNAPSHOTS=1 and review the new file.");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }

    [Fact]
    public void Every_event_has_a_name_of_its_own_and_is_read_back_as_it_was_written()
    {
        Assert.Equal(
            Examples().Select(entry => entry.GetType().Name).Order(),
            Named().Select(attribute => attribute.DerivedType.Name).Order());
        foreach (var entry in Examples())
        {
            var json = StoredEvent.Write(entry);
            Assert.StartsWith($"{{\"type\":\"{StoredEvent.TypeOf(entry)}\"", json, StringComparison.Ordinal);
            Assert.Equal(entry, StoredEvent.Read(json));
        }
    }

    [Fact]
    public void An_entry_of_an_unknown_kind_is_an_error_and_an_unknown_field_is_not()
    {
        Assert.Throws<JsonException>(() => StoredEvent.Read("""{"type":"bead.teleported"}"""));
        Assert.Equal(
            new JournalEvent.BeadReady(true), StoredEvent.Read("""{"type":"bead.ready","ready":true,"later":1}"""));
    }

    static string Reference()
    {
        var docs = XDocument.Load(Path.ChangeExtension(typeof(JournalEvent).Assembly.Location, ".xml"))
            .Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value, member => member); // the compiler names each
        var text = new StringBuilder("""
            # Journal events

            Generated from `src/Beadswarm.Engine/Journal/JournalEvent.cs` by a test; do not edit. Every entry has a
            `sequence` without gaps, the time, the swarm, and the bead and agent it concerns, if any. Names are never
            changed and fields never removed; a field marked `?` may be missing.

            | event | what happened | fields |
            |---|---|---|

            """);
        foreach (var attribute in Named())
        {
            var summary = docs[$"T:{attribute.DerivedType.FullName!.Replace('+', '.')}"].Element("summary")!;
            var words = summary.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            text.Append($"| `{attribute.TypeDiscriminator}` | {string.Join(' ', words)} | ");
            text.AppendLine($"{string.Join(", ", Fields(attribute.DerivedType))} |");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    static IEnumerable<string> Fields(Type type) => Parameters(type).Select(parameter =>
        $"`{JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!)}`{(MayBeMissing(parameter) ? "?" : "")}");

    static bool MayBeMissing(ParameterInfo parameter) =>
        Nullability.Create(parameter).WriteState == NullabilityState.Nullable;

    /// <summary>One of every case, with a value in every field.</summary>
    internal static IEnumerable<JournalEvent> Examples() =>
        from type in typeof(JournalEvent).GetNestedTypes()
        where type.IsSubclassOf(typeof(JournalEvent))
        let values = Parameters(type).Select(parameter => Value(parameter.ParameterType)).ToArray()
        select (JournalEvent)Activator.CreateInstance(type, values)!;

    static object Value(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) => "text ä",
        var t when t == typeof(int) => 3,
        var t when t == typeof(long) => 4L,
        var t when t == typeof(decimal) => 0.25m,
        var t when t == typeof(bool) => true,
        var t when t == typeof(DateTimeOffset) => new DateTimeOffset(2026, 3, 1, 20, 0, 0, TimeSpan.Zero),
        var t => throw new ArgumentException($"give {t.Name} an example"),
    };

    static ParameterInfo[] Parameters(Type type) =>
        type.GetConstructors().Single(constructor => constructor.IsPublic).GetParameters();

    static IEnumerable<JsonDerivedTypeAttribute> Named() =>
        typeof(JournalEvent).GetCustomAttributes<JsonDerivedTypeAttribute>();

    static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
