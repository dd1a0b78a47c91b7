using System.Buffers;
using System.Text.Json;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Reads what an agent printed as one JSON object a line. Memory is bounded whatever stands there: a line longer than
/// the limit, one that is no JSON object, and one that was cut are passed over, never an error.
/// </summary>
static class TranscriptReader
{
    /// <summary>
    /// Longer lines are passed over; what they hold are results of tools, not what an end is read from.
    /// </summary>
    public const int LineBytesMax = 16 * 1024 * 1024;

    const int BufferBytes = 64 * 1024;

    /// <summary>Calls <paramref name="see"/> for each object of a file; nothing when it cannot be read.</summary>
    public static void Read(string path, Action<JsonElement> see)
    {
        try
        {
            using var stream = UntrustedFile.OpenStream(path);
            Read(stream, see);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException
            or NotSupportedException)
        {
            // The program has made its own output unreadable: then nothing is known of it.
        }
    }

    public static void Read(Stream stream, Action<JsonElement> see)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var (length, tooLong) = (0, false);
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    tooLong |= length >= LineBytesMax;
                    buffer = tooLong ? buffer : Grown(buffer, length);
                    length = tooLong ? 0 : length;
                }

                var count = stream.Read(buffer, length, buffer.Length - length);
                if (count == 0)
                {
                    break;
                }

                length = See(buffer, length, length + count, ref tooLong, see);
            }

            if (!tooLong)
            {
                See(buffer.AsMemory(0, length), see);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sees every whole line of the buffer and moves what is left to its front.</summary>
    /// <param name="looked">Up to here there is no end of a line.</param>
    /// <returns>How much is left.</returns>
    static int See(byte[] buffer, int looked, int length, ref bool tooLong, Action<JsonElement> see)
    {
        var start = 0;
        for (int end; (end = buffer.AsSpan(looked, length - looked).IndexOf((byte)'\n')) >= 0; looked = start)
        {
            end += looked;
            if (!tooLong)
            {
                See(buffer.AsMemory(start, end - start), see);
            }

            tooLong = false;
            start = end + 1;
        }

        Buffer.BlockCopy(buffer, start, buffer, 0, length - start);
        return length - start;
    }

    /// <summary>Calls <paramref name="see"/> if the line is an object.</summary>
    public static void See(ReadOnlyMemory<byte> line, Action<JsonElement> see)
    {
        if (line.Span.Trim(" \t\r"u8) is not [(byte)'{', .., (byte)'}'])
        {
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            see(document.RootElement);
        }
        catch (JsonException)
        {
            // Something else was printed between the lines, or two writers met: data, not an error.
        }
    }

    static byte[] Grown(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        Buffer.BlockCopy(buffer, 0, larger, 0, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

/// <summary>Looks into JSON of which nothing is certain: what is missing or of another kind is null.</summary>
static class LenientJson
{
    public static JsonElement? Get(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static string? Text(this JsonElement element, string name) =>
        element.Get(name) is { } value ? TextOf(value) : null;

    /// <summary>The text that an element is; null when it is none.</summary>
    public static string? TextOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.String && TryText(element, out var text) ? text : null;

    public static bool Is(this JsonElement element, string name, string expected) =>
        element.Text(name) == expected;

    public static long Number(this JsonElement element, string name) => element.NumberOrNull(name) ?? 0;

    public static long? NumberOrNull(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number)
            ? number
            : null;

    /// <summary>An amount of money; null where none can be meant, so that sums stay within bounds.</summary>
    public static decimal? Money(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var number)
        && number is >= 0 and <= MoneyMax
            ? number
            : null;

    /// <summary>A number of tokens; 0 where none can be meant, so that sums stay within bounds.</summary>
    public static long Tokens(this JsonElement element, string name) =>
        element.NumberOrNull(name) is { } number and >= 0 and <= TokensMax ? number : 0;

    const decimal MoneyMax = 1_000_000;
    const long TokensMax = 1_000_000_000_000;

    public static bool IsTrue(this JsonElement element, string name) =>
        element.Get(name) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<JsonElement> Items(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    static bool TryText(JsonElement value, out string? text)
    {
        try
        {
            text = value.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            // Half of a character, as a program that cuts its output writes it.
            text = null;
            return false;
        }
    }
}
