using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Beadswarm.Configuration;

/// <summary>
/// Reads one YAML document into nodes that know their place. Only plain data is accepted: no anchors, aliases, tags or
/// second documents, so a small file cannot grow when it is read.
/// </summary>
static class YamlText
{
    public const int CharactersMax = 1024 * 1024;
    public const int DepthMax = 16;
    public const int NodesMax = 50_000;

    /// <summary>The document's root, or null for an empty one; errors are added to <paramref name="errors"/>.</summary>
    public static ConfigNode? Read(string file, string text, List<ConfigError> errors)
    {
        if (text.Length > CharactersMax)
        {
            errors.Add(new(file, "", $"the file has {text.Length} characters, the limit is {CharactersMax}"));
            return null;
        }

        try
        {
            return new Reader(file, new Parser(new StringReader(text.TrimStart('\ufeff'))), errors).Document();
        }
        catch (RefusedException refused)
        {
            errors.Add(refused.Error);
        }
        catch (YamlException broken)
        {
            var where = new TextPosition((int)broken.Start.Line, (int)broken.Start.Column);
            errors.Add(new($"{file}:{where}", "", $"not valid YAML: {Lowercase(broken.Message)}"));
        }

        return null;
    }

    static string Lowercase(string message) =>
        message.Length == 0 ? "broken" : char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');

    /// <summary>Ends the reading of a file that is refused as a whole; never leaves this type.</summary>
    sealed class RefusedException(ConfigError error) : Exception(error.Message)
    {
        public ConfigError Error { get; } = error;
    }

    /// <summary>Turns the parser's events into nodes, by hand so that every limit is checked while reading.</summary>
    sealed class Reader(string file, Parser parser, List<ConfigError> errors)
    {
        int _nodes;
        string _place = $"{file}:{new TextPosition(1, 1)}";

        public ConfigNode? Document()
        {
            Next<StreamStart>();
            if (Peek() is StreamEnd)
            {
                return null;
            }

            Next<DocumentStart>();
            var root = Node(1);
            Next<DocumentEnd>();
            return Peek() is StreamEnd
                ? root is ConfigNode.Scalar { IsNull: true } ? null : root
                : throw Refuse(Peek(), "a second document is not allowed; remove everything from '---' on");
        }

        ConfigNode Node(int depth)
        {
            var current = Peek();
            if (depth > DepthMax)
            {
                throw Refuse(current, $"nested deeper than {DepthMax} levels");
            }

            if (++_nodes > NodesMax)
            {
                throw Refuse(current, $"more than {NodesMax} values");
            }

            if (current is AnchorAlias alias)
            {
                throw Refuse(current, $"alias '*{alias.Value}' is not allowed; write the value out");
            }

            if (current is NodeEvent { Anchor.IsEmpty: false } anchored)
            {
                throw Refuse(current, $"anchor '&{anchored.Anchor}' is not allowed; write the value out");
            }

            if (current is NodeEvent { Tag.IsEmpty: false } tagged)
            {
                throw Refuse(current, $"tag '{tagged.Tag}' is not allowed; write the plain value");
            }

            return current switch
            {
                Scalar => ReadScalar(),
                SequenceStart => ReadSequence(depth),
                MappingStart => ReadMapping(depth),
                _ => throw Refuse(current, "a value is missing here"),
            };
        }

        ConfigNode.Scalar ReadScalar()
        {
            var scalar = Next<Scalar>();
            return new(scalar.Value, scalar.Style is not ScalarStyle.Plain) { Origin = Origin(scalar) };
        }

        ConfigNode.Sequence ReadSequence(int depth)
        {
            var start = Next<SequenceStart>();
            var items = new List<ConfigNode>();
            while (Peek() is not SequenceEnd)
            {
                items.Add(Node(depth + 1));
            }

            Next<SequenceEnd>();
            return new(items) { Origin = Origin(start) };
        }

        ConfigNode.Mapping ReadMapping(int depth)
        {
            var start = Next<MappingStart>();
            var entries = new List<ConfigEntry>();
            var seen = new Dictionary<string, string>(StringComparer.Ordinal);
            while (Peek() is not MappingEnd)
            {
                if (Peek() is not (Scalar or AnchorAlias))
                {
                    throw Refuse(Peek(), "a key must be a plain word");
                }

                var key = (ConfigNode.Scalar)Node(depth + 1);
                var value = Node(depth + 1);
                if (seen.TryAdd(key.Text, key.Origin))
                {
                    entries.Add(new(key.Text, key.Origin, value));
                }
                else
                {
                    errors.Add(new(key.Origin, "", $"key '{key.Text}' is given twice, first at {seen[key.Text]}"));
                }
            }

            Next<MappingEnd>();
            return new(entries) { Origin = Origin(start) };
        }

        T Next<T>()
            where T : ParsingEvent
        {
            var current = Peek();
            if (current is not T expected)
            {
                throw Refuse(current, "a value is missing here");
            }

            _place = Origin(current);
            Advance();
            return expected;
        }

        ParsingEvent Peek()
        {
            // Comments are not asked for, so every event is part of the data.
            if (parser.Current is null && !Advance())
            {
                throw new RefusedException(new(file, "", "the file ends in the middle of a value"));
            }

            return parser.Current!; // MoveNext said that there is one.
        }

        // Some broken texts make the parser fail where it should complain: found by mutating a good file. They are
        // errors of the file like any other, and only the parser is guarded here.
        bool Advance()
        {
            try
            {
                return parser.MoveNext();
            }
            catch (Exception confused) when (confused is InvalidOperationException or ArgumentException
                or IndexOutOfRangeException or FormatException or OverflowException or NullReferenceException)
            {
                throw new RefusedException(new(_place, "", "not valid YAML after this place"));
            }
        }

        RefusedException Refuse(ParsingEvent at, string message) => new(new(Origin(at), "", message));

        string Origin(ParsingEvent at) => $"{file}:{new TextPosition((int)at.Start.Line, (int)at.Start.Column)}";
    }
}
