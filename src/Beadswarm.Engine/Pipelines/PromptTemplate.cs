using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Pipelines;

/// <summary>Whether a text is a template.</summary>
abstract record PromptParse
{
    PromptParse() { }

    public sealed record Parsed(PromptTemplate Template) : PromptParse;

    /// <summary>Every mistake found, each as <c>file:line: message</c>.</summary>
    public sealed record Invalid(IReadOnlyList<string> Errors) : PromptParse;
}

/// <summary>
/// A Markdown text with places for values: <c>{{name}}</c>, <c>{N}</c> for the agent's number, sections
/// <c>{{#name}}…{{/name}}</c> that appear only with a value, <c>{{^name}}…{{/name}}</c> only without, and parts
/// <c>{{&gt; rules}}</c>. <c>\{{</c> is a literal. Values are inserted as they are and never expanded again.
/// </summary>
sealed class PromptTemplate
{
    public const int DepthMax = 8;
    public const int ErrorsMax = 20;

    /// <summary>
    /// Places for values, those of parts included. Each is filled with up to
    /// <see cref="PromptValues.ValueCharactersMax"/>, so this is what bounds a prompt.
    /// </summary>
    public const int PlacesMax = 500;

    static readonly ConcurrentDictionary<string, (IReadOnlyList<Piece> Pieces, int Places)> Parts = new();

    readonly IReadOnlyList<Piece> _pieces;

    PromptTemplate(IReadOnlyList<Piece> pieces) => _pieces = pieces;

    public static PromptParse Parse(string file, string text)
    {
        var parser = new Parser(file, text.ReplaceLineEndings("\n"), isPart: false);
        var pieces = parser.Template();
        return parser.Errors.Count == 0
            ? new PromptParse.Parsed(new(pieces))
            : new PromptParse.Invalid(parser.Errors);
    }

    public string Render(PromptValues values)
    {
        var output = new StringBuilder();
        Render(_pieces, values, output);
        return output.ToString();
    }

    static void Render(IReadOnlyList<Piece> pieces, PromptValues values, StringBuilder output)
    {
        foreach (var piece in pieces)
        {
            switch (piece)
            {
                case Piece.Text text:
                    output.Append(text.Content);
                    break;
                case Piece.Value value:
                    output.Append(values[value.Name]);
                    break;
                case Piece.Section section when values[section.Name].Length > 0 == section.Present:
                    Render(section.Pieces, values, output);
                    break;
            }
        }
    }

    /// <summary>What a template is made of.</summary>
    abstract record Piece
    {
        Piece() { }

        public sealed record Text(string Content) : Piece;

        public sealed record Value(string Name) : Piece;

        public sealed record Section(string Name, bool Present, IReadOnlyList<Piece> Pieces) : Piece;
    }

    /// <summary>Reads a template in one pass; goes on after a mistake so that all are reported.</summary>
    sealed class Parser(string file, string text, bool isPart)
    {
        int _at;

        public List<string> Errors { get; } = [];

        public int Places { get; private set; }

        public List<Piece> Template() => Pieces(open: null, depth: 0);

        List<Piece> Pieces(string? open, int depth)
        {
            var pieces = new List<Piece>();
            while (_at < text.Length && Errors.Count < ErrorsMax && Places <= PlacesMax)
            {
                var start = text.IndexOf('{', _at);
                if (start < 0)
                {
                    break;
                }

                Literal(pieces, start);
                if (text.AsSpan(_at).StartsWith("{N}"))
                {
                    Place(pieces, "agent");
                    _at += 3;
                }
                else if (!text.AsSpan(_at).StartsWith("{{"))
                {
                    Literal(pieces, _at + 1);
                }
                else if (_at > 0 && text[_at - 1] == '\\')
                {
                    Escaped(pieces);
                }
                else if (Tag(pieces, open, depth))
                {
                    return pieces;
                }
            }

            Literal(pieces, text.Length);
            if (open is not null)
            {
                Error($"section '{Excerpt.Of(open)}' is not closed; add {{{{/{Excerpt.Of(open)}}}}}");
            }

            return pieces;
        }

        void Literal(List<Piece> pieces, int end)
        {
            if (end > _at)
            {
                pieces.Add(new Piece.Text(text[_at..end]));
                _at = end;
            }
        }

        // The backslash is already part of the text before.
        void Escaped(List<Piece> pieces)
        {
            var before = (Piece.Text)pieces[^1];
            pieces[^1] = new Piece.Text(before.Content[..^1] + "{{");
            _at += 2;
        }

        // True when the tag closes the section that is open.
        bool Tag(List<Piece> pieces, string? open, int depth)
        {
            var end = text.IndexOf("}}", _at + 2, StringComparison.Ordinal);
            var newline = text.IndexOf('\n', _at);
            if (end < 0 || (newline >= 0 && newline < end))
            {
                Error("'{{' without '}}' on the same line; write \\{{ for the characters themselves");
                Literal(pieces, _at + 2);
                return false;
            }

            var tag = text[(_at + 2)..end].Trim();
            var start = _at;
            _at = end + 2;
            if (tag is [('#' or '^' or '/' or '>') and var sigil, .. var rest])
            {
                SkipRestOfLine(pieces, start);
                return Sigil(pieces, sigil, rest.Trim(), open, depth);
            }

            if (Known(tag))
            {
                Place(pieces, tag);
            }

            return false;
        }

        void Place(List<Piece> pieces, string name)
        {
            pieces.Add(new Piece.Value(name));
            CountPlaces(1);
        }

        void CountPlaces(int more)
        {
            var before = Places;
            Places += more;
            if (before <= PlacesMax && Places > PlacesMax)
            {
                Error($"more than {PlacesMax} places for values");
            }
        }

        bool Sigil(List<Piece> pieces, char sigil, string name, string? open, int depth)
        {
            switch (sigil)
            {
                case '/' when name == open:
                    return true;
                case '/':
                    Error(open is null
                        ? $"{{{{/{Excerpt.Of(name)}}}}} closes nothing"
                        : $"{{{{/{Excerpt.Of(name)}}}}} closes '{Excerpt.Of(name)}', but '{Excerpt.Of(open)}' is open");
                    return false;
                case '>':
                    pieces.AddRange(Part(name));
                    return false;
                default:
                    Known(name);
                    if (depth >= DepthMax)
                    {
                        Error($"sections are nested deeper than {DepthMax}");
                        return false;
                    }

                    pieces.Add(new Piece.Section(name, sigil == '#', Pieces(name, depth + 1)));
                    return false;
            }
        }

        IReadOnlyList<Piece> Part(string name)
        {
            if (isPart || !PromptLibrary.PartNames.Contains(name))
            {
                Error(isPart
                    ? "a part cannot include another part"
                    : $"unknown part '{Excerpt.Of(name)}'; {Suggestion.Hint(name, PromptLibrary.PartNames)}");
                return [];
            }

            var (pieces, places) = Parts.GetOrAdd(name, Shipped);
            CountPlaces(places);
            return pieces;
        }

        static (IReadOnlyList<Piece> Pieces, int Places) Shipped(string name)
        {
            var part = new Parser($"part {name}", PromptLibrary.Shipped(name).ReplaceLineEndings("\n"), isPart: true);
            var pieces = part.Template();
            return part.Errors.Count == 0
                ? (pieces, part.Places)
                : throw new InvalidOperationException(string.Join("; ", part.Errors));
        }

        // A tag alone on its line takes the whole line with it, so that an absent section leaves no gap.
        void SkipRestOfLine(List<Piece> pieces, int start)
        {
            var lineStart = text.LastIndexOf('\n', Math.Max(0, start - 1), Math.Max(0, start)) + 1;
            var lineEnd = text.IndexOf('\n', _at);
            lineEnd = lineEnd < 0 ? text.Length : lineEnd;
            if (text.AsSpan(lineStart, start - lineStart).IsWhiteSpace()
                && text.AsSpan(_at, lineEnd - _at).IsWhiteSpace())
            {
                var indent = start - lineStart;
                if (indent > 0 && pieces is [.., Piece.Text before])
                {
                    pieces[^1] = new Piece.Text(before.Content[..^Math.Min(indent, before.Content.Length)]);
                }

                _at = Math.Min(lineEnd + 1, text.Length);
            }
        }

        bool Known(string name)
        {
            if (PromptValues.Names.Contains(name))
            {
                return true;
            }

            Error($"unknown name '{Excerpt.Of(name)}'; {Suggestion.Hint(name, PromptValues.Names)}");
            return false;
        }

        void Error(string message)
        {
            if (Errors.Count < ErrorsMax)
            {
                var line = text.AsSpan(0, Math.Min(_at, text.Length)).Count('\n') + 1;
                Errors.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {message}"));
            }
        }
    }
}
