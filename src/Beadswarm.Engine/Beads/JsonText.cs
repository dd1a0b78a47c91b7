using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Beadswarm.Beads;

/// <summary>
/// Edits single fields of a JSON object in its text. What is not edited keeps every byte: key order, spacing, escapes,
/// number formats and fields nobody here knows.
/// </summary>
static class JsonText
{
    static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    readonly record struct Property(string Name, int KeyStart, int ValueStart, int ValueEnd);

    /// <summary>The text of the field's value, or null where the object has no such field or it is null.</summary>
    public static string? Value(ReadOnlyMemory<byte> json, string name) =>
        Find(Properties(json.Span), name) is { } field
        && Encoding.UTF8.GetString(json.Span[field.ValueStart..field.ValueEnd]) is var text and not "null"
            ? text
            : null;

    /// <summary>The names of the object's fields, in their order.</summary>
    public static IEnumerable<string> Names(ReadOnlyMemory<byte> json) =>
        Properties(json.Span).Select(property => property.Name);

    /// <summary>Gives the field a value (JSON text); a new field goes where <paramref name="order"/> puts it.</summary>
    public static ReadOnlyMemory<byte> Set(
        ReadOnlyMemory<byte> json, string name, string value, IReadOnlyList<string> order)
    {
        var properties = Properties(json.Span);
        return Find(properties, name) is { } field
            ? Splice(json, field.ValueStart, field.ValueEnd, value)
            : Insert(json, properties, name, value, order);
    }

    /// <summary>The text of a string field with its escapes resolved; null for any other value.</summary>
    public static string? Text(ReadOnlyMemory<byte> json, string name)
    {
        if (Value(json, name) is not ['"', ..] written)
        {
            return null;
        }

        using var document = JsonDocument.Parse(JsonRepair.WithoutHalfPairs(Encoding.UTF8.GetBytes(written)));
        return document.RootElement.GetString();
    }

    /// <summary>Takes the field away, with one of its commas; where it is doubled, all of it.</summary>
    public static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> json, string name)
    {
        var properties = Properties(json.Span);
        var lastKept = properties.FindLastIndex(property => property.Name != name);
        var left = new ArrayBufferWriter<byte>(json.Length);
        var from = 0;
        for (var i = 0; i < lastKept; i++)
        {
            if (properties[i].Name == name)
            {
                left.Write(json.Span[from..properties[i].KeyStart]);
                from = properties[i + 1].KeyStart;
            }
        }

        if (lastKept + 1 < properties.Count)
        {
            left.Write(json.Span[from..(lastKept < 0 ? properties[0].KeyStart : properties[lastKept].ValueEnd)]);
            from = properties[^1].ValueEnd;
        }

        if (from == 0)
        {
            return json;
        }

        left.Write(json.Span[from..]);
        return left.WrittenMemory;
    }

    /// <summary>Adds to the end of a text field, whose present text keeps its bytes.</summary>
    public static ReadOnlyMemory<byte> Append(
        ReadOnlyMemory<byte> json, string name, string text, TextStyle style, IReadOnlyList<string> order)
    {
        if (Value(json, name) is not ['"', ..] || Find(Properties(json.Span), name) is not { } field)
        {
            return Set(json, name, Quote(text, style), order);
        }

        var quoted = Quote(text, style);
        return Splice(json, field.ValueEnd - 1, field.ValueEnd, quoted[1..]);
    }

    /// <summary>The text as a JSON string, escaped as the line's own writer does it.</summary>
    public static string Quote(string text, TextStyle style)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append(@"\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' => Escape(quoted, c),
                '<' or '>' or '&' or '\u2028' or '\u2029' when style.Html => Escape(quoted, c),
                > '~' when style.AsciiOnly => Escape(quoted, c),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    static StringBuilder Escape(StringBuilder quoted, char c) =>
        quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));

    static Property? Find(List<Property> properties, string name)
    {
        // Of doubled fields every reader here takes the last.
        var index = properties.FindLastIndex(property => property.Name == name);
        return index < 0 ? null : properties[index];
    }

    static ReadOnlyMemory<byte> Insert(
        ReadOnlyMemory<byte> json, List<Property> properties, string name, string value, IReadOnlyList<string> order)
    {
        var rank = Rank(order, name);
        var (colon, comma) = Separators(json.Span, properties);
        // After the last known key that belongs before it; an unknown key keeps its place behind that one.
        var next = properties.FindIndex(property => Rank(order, property.Name) > rank);
        var end = next < 0 ? properties.Count : next;
        var previous = properties[..end].FindLastIndex(property => Rank(order, property.Name) >= 0);
        if (previous < 0 && next >= 0)
        {
            var at = properties[next].KeyStart;
            return Splice(json, at, at, $"\"{name}\"{colon}{value}{comma}");
        }

        var after = properties[previous < 0 ? end - 1 : previous].ValueEnd;
        return Splice(json, after, after, $"{comma}\"{name}\"{colon}{value}");
    }

    static int Rank(IReadOnlyList<string> order, string name)
    {
        for (var i = 0; i < order.Count; i++)
        {
            if (order[i] == name)
            {
                return i;
            }
        }

        return -1;
    }

    // Some files are written by dumpers that put a space after ':' and ','.
    static (string Colon, string Comma) Separators(ReadOnlySpan<byte> json, List<Property> properties)
    {
        var first = properties[0];
        var spacedColon = json[first.ValueStart - 1] == (byte)' ';
        var spacedComma = properties.Count > 1 && json[properties[1].KeyStart - 1] == (byte)' ';
        return (spacedColon ? ": " : ":", spacedComma ? ", " : ",");
    }

    static ReadOnlyMemory<byte> Splice(ReadOnlyMemory<byte> json, int from, int to, string replacement) =>
        (byte[])[.. json.Span[..from], .. Encoding.UTF8.GetBytes(replacement), .. json.Span[to..]];

    static List<Property> Properties(ReadOnlySpan<byte> json)
    {
        var properties = new List<Property>();
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (name, keyStart) = (NameOf(ref reader), (int)reader.TokenStartIndex);
            reader.Read();
            var valueStart = (int)reader.TokenStartIndex;
            reader.Skip();
            properties.Add(new Property(name, keyStart, valueStart, (int)reader.BytesConsumed));
        }

        return properties;
    }

    static string NameOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // A name with half a surrogate pair is none that is edited here.
            return "";
        }
    }
}

/// <summary>How the writer of a line escapes text.</summary>
/// <param name="Html">Go's way: <c>&lt; &gt; &amp;</c> as escapes.</param>
/// <param name="AsciiOnly">Python's way: everything beyond ASCII as escapes.</param>
readonly record struct TextStyle(bool Html, bool AsciiOnly)
{
    /// <summary>The style of a line; where it does not tell, that of the dialect.</summary>
    public static TextStyle Of(ReadOnlySpan<byte> json, TrackerDialect dialect)
    {
        var raw = json.IndexOfAny("<>&"u8) >= 0;
        var escaped = json.IndexOf("\\u003"u8) >= 0 || json.IndexOf("\\u0026"u8) >= 0;
        var ascii = json.IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0 && EscapesBeyondAscii(json);
        return new TextStyle(!raw && (escaped || (dialect != TrackerDialect.Br && !ascii)), ascii);
    }

    static bool EscapesBeyondAscii(ReadOnlySpan<byte> json)
    {
        for (var at = json.IndexOf("\\u"u8); at >= 0;)
        {
            var digits = json[(at + 2)..];
            var beyond = digits.Length >= 4
                && int.TryParse(digits[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
                && unit is > 0x7E and not (0x2028 or 0x2029);
            if (beyond)
            {
                return true;
            }

            var next = digits.IndexOf("\\u"u8);
            at = next < 0 ? -1 : at + 2 + next;
        }

        return false;
    }
}
