using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Beadswarm.Landing.Forges;

/// <summary>What <c>gh api --include</c> printed of an answer: status, headers, body.</summary>
/// <param name="Status">0: there was no answer.</param>
/// <param name="Headers">Names in lower case.</param>
/// <param name="Body">Null when it is not JSON: a proxy's page, or nothing.</param>
/// <param name="Error">What gh said on its standard error.</param>
sealed record GhAnswer(
    int Status, IReadOnlyDictionary<string, string> Headers, JsonElement? Body, string Error)
{
    const int ErrorsShownMax = 5;

    /// <summary>The body where it is not JSON; empty where it is.</summary>
    public string Plain { get; init; } = "";

    static readonly JsonDocumentOptions Bounded = new() { MaxDepth = 64 };

    /// <summary>The forge's own words for what is wrong; empty when it gave none.</summary>
    public string Message
    {
        get
        {
            if (Body is not { ValueKind: JsonValueKind.Object } body)
            {
                return "";
            }

            var details = body.List("errors").Take(ErrorsShownMax)
                .Select(error => error.ValueKind == JsonValueKind.String ? error.Plain() : error.Text("message"))
                .OfType<string>();
            return string.Join(": ", details.Prepend(body.Text("message") ?? "").Where(text => text.Length > 0));
        }
    }

    public static GhAnswer Read(ReadOnlySpan<byte> stdout, string stderr)
    {
        var headers = new Dictionary<string, string>();
        var rest = stdout;
        var (status, first) = (0, true);
        while (rest.Length > 0)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]).TrimEnd('\r');
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (first)
            {
                (first, status) = (false, StatusOf(line));
                if (status == 0)
                {
                    return new GhAnswer(0, headers, null, stderr.Trim());
                }
            }
            else if (line.Length == 0)
            {
                break;
            }
            else if (line.IndexOf(':') is > 0 and var colon)
            {
                headers[line[..colon].ToLowerInvariant()] = line[(colon + 1)..].Trim();
            }
        }

        var body = Parse(rest);
        return new GhAnswer(status, headers, body, stderr.Trim())
        {
            Plain = body is null ? Encoding.UTF8.GetString(rest) : "",
        };
    }

    static int StatusOf(string line) =>
        line.StartsWith("HTTP/", StringComparison.Ordinal) && line.Split(' ') is [_, { Length: 3 } code, ..]
            && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status >= 100
            ? status
            : 0;

    static JsonElement? Parse(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body.ToArray(), Bounded);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Reads members of JSON that may be of any shape.</summary>
static class GhJson
{
    public static JsonElement? Member(this JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } whole && whole.TryGetProperty(name, out var member)
        && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    public static JsonElement? Member(this JsonElement element, string name) => ((JsonElement?)element).Member(name);

    public static string? Text(this JsonElement? element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } text ? text.Plain() : null;

    public static string? Text(this JsonElement element, string name) => ((JsonElement?)element).Text(name);

    public static int? Number(this JsonElement? element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value)
            ? value
            : null;

    public static bool Is(this JsonElement? element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<JsonElement> List(this JsonElement? element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static IEnumerable<JsonElement> List(this JsonElement element, string name) =>
        ((JsonElement?)element).List(name);

    /// <summary>A text, with what is no Unicode in it replaced.</summary>
    public static string? Plain(this JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // half of a surrogate pair, which JSON can say and no text can hold
        }
    }
}
