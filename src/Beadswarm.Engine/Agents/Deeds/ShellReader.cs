using System.Text;

namespace Beadswarm.Agents.Deeds;

/// <summary>
/// Takes a shell script apart into its calls, as far as that can be done without running it: quotes, substitutions,
/// subshells, redirections, here documents and simple variables. Control flow is passed over: every branch counts.
/// </summary>
sealed class ShellReader(string script, IDictionary<string, string> variables)
{
    /// <summary>Characters that values of variables may add; beyond that they count as unknown.</summary>
    const int ExpansionMax = 65_536;

    static readonly string[] Keywords =
        ["if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "case", "esac", "in"];

    readonly List<ShellPart> _parts = [];
    readonly List<string> _words = [];
    readonly List<string> _writes = [];
    // Texts that are still to come, and the part that each is for once that is complete.
    readonly List<(string End, bool Plain, bool Tabs, int Part)> _documents = [];
    string? _input;
    int _at;

    // What is left for values of variables: one may hold another twice, and a third one that.
    int _expansion = ExpansionMax;

    public IReadOnlyList<ShellPart> Read()
    {
        while (_at < script.Length)
        {
            Step();
        }

        EndCall();
        return _parts;
    }

    char Here => Ahead(0);

    char Ahead(int by) => _at + by < script.Length ? script[_at + by] : '\0';

    void Step()
    {
        switch (Here)
        {
            case ' ' or '\t' or '\r':
                _at++;
                break;
            case '\\' when Ahead(1) == '\n':
                _at += 2;
                break;
            case '#':
                _at = script.IndexOf('\n', _at) is >= 0 and var end ? end : script.Length;
                break;
            case '\n':
                _at++;
                ReadDocuments();
                EndCall();
                break;
            case '&' when Ahead(1) == '>':
                _at++;
                break;
            case ';' or '&' or '|' or ')':
                _at++;
                EndCall();
                break;
            case '(':
                _at++;
                _parts.Add(new ShellPart.Inner(Within('(', ')')));
                break;
            case '<' or '>':
                Redirect();
                break;
            default:
                if (ReadWord() is { } word)
                {
                    AddWord(word);
                }

                break;
        }
    }

    void AddWord(string word)
    {
        // The number of a descriptor belongs to the redirection behind it.
        var isDescriptor = Here is '<' or '>' && word.All(char.IsAsciiDigit);
        if (!isDescriptor && (_words.Count > 0 || !Keywords.Contains(word)))
        {
            _words.Add(word);
        }
    }

    void Redirect()
    {
        if (Here == '<')
        {
            RedirectInput();
            return;
        }

        _at++;
        if (Here == '(')
        {
            _at++;
            _parts.Add(new ShellPart.Inner(Within('(', ')')));
            return;
        }

        var toDescriptor = Here == '&';
        while (Here is '>' or '|' or '&')
        {
            _at++;
        }

        SkipBlanks();
        if (ReadWord() is { } target && !(toDescriptor && (target == "-" || target.All(char.IsAsciiDigit))))
        {
            _writes.Add(target);
        }
    }

    void RedirectInput()
    {
        _at++;
        if (Here == '(')
        {
            _at++;
            _parts.Add(new ShellPart.Inner(Within('(', ')')));
        }
        else if (Here == '<' && Ahead(1) == '<')
        {
            _at += 2;
            SkipBlanks();
            _input = ReadWord() ?? _input;
        }
        else if (Here == '<')
        {
            _at++;
            var tabs = Here == '-';
            _at += tabs ? 1 : 0;
            SkipBlanks();
            var from = _at;
            var end = ReadWord() ?? "";
            _documents.Add((end, script.AsSpan(from, _at - from).IndexOfAny('\'', '"', '\\') >= 0, tabs, -1));
        }
        else
        {
            _at += Here is '&' or '>' ? 1 : 0;
            SkipBlanks();
            ReadWord();
        }
    }

    /// <summary>The texts that stand behind this line and are input of its calls.</summary>
    void ReadDocuments()
    {
        foreach (var (end, plain, tabs, part) in _documents)
        {
            var body = new StringBuilder();
            while (_at < script.Length)
            {
                var stop = script.IndexOf('\n', _at) is >= 0 and var found ? found : script.Length;
                var line = script[_at..stop];
                _at = Math.Min(stop + 1, script.Length);
                line = tabs ? line.TrimStart('\t') : line;
                if (line == end)
                {
                    break;
                }

                body.Append(line).Append('\n');
            }

            var text = body.ToString();
            if (part >= 0)
            {
                _parts[part] = (ShellPart.Call)_parts[part] with { Input = text };
            }
            else
            {
                _input = text;
            }

            if (!plain)
            {
                _parts.AddRange(new ShellReader(text, variables).Substitutions());
            }
        }

        _documents.Clear();
    }

    /// <summary>Of a text in which nothing else means anything.</summary>
    List<ShellPart> Substitutions()
    {
        while (_at < script.Length)
        {
            if (Here is '$' or '`')
            {
                Expand(new StringBuilder());
            }
            else
            {
                _at += Here == '\\' ? 2 : 1;
            }
        }

        return _parts;
    }

    void EndCall()
    {
        if (_words.Count > 0 || _writes.Count > 0)
        {
            if (_words.All(word => Assignment(word) is not null))
            {
                foreach (var word in _words)
                {
                    var (name, value) = Assignment(word)!.Value; // just seen
                    variables[name] = value;
                }
            }

            var at = _parts.Count;
            _parts.Add(new ShellPart.Call([.. _words], [.. _writes], _input));
            for (var i = 0; i < _documents.Count; i++)
            {
                _documents[i] = _documents[i] with { Part = _documents[i].Part < 0 ? at : _documents[i].Part };
            }
        }

        _words.Clear();
        _writes.Clear();
        _input = null;
    }

    /// <summary>The variable that a word sets; null: it sets none.</summary>
    public static (string Name, string Value)? Assignment(string word) =>
        word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && IsName(word.AsSpan(0, at).TrimEnd('+'))
            ? (word[..at].TrimEnd('+'), word[(at + 1)..])
            : null;

    static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter != '_')
            {
                return false;
            }
        }

        return text.Length > 0 && !char.IsAsciiDigit(text[0]);
    }

    void SkipBlanks()
    {
        while (Here is ' ' or '\t')
        {
            _at++;
        }
    }

    /// <summary>The word that begins here; null where none does.</summary>
    string? ReadWord()
    {
        var from = _at;
        var word = new StringBuilder();
        while (_at < script.Length && Here is not (' ' or '\t' or '\r' or '\n' or ';' or '&' or '|' or '<' or '>'
            or '(' or ')'))
        {
            switch (Here)
            {
                case '\'':
                    _at++;
                    Take(word, Close('\''));
                    break;
                case '"':
                    _at++;
                    ReadQuoted(word);
                    break;
                case '\\':
                    word.Append(Ahead(1) is '\n' or '\0' ? "" : Ahead(1).ToString());
                    _at = Math.Min(_at + 2, script.Length);
                    break;
                case '$' or '`':
                    Expand(word);
                    break;
                case '~' when _at == from && Ahead(1) is '/' or '\0' or ' ':
                    word.Append(Value("HOME"));
                    _at++;
                    break;
                default:
                    word.Append(Here);
                    _at++;
                    break;
            }
        }

        return _at > from ? word.ToString() : null;
    }

    int Close(char quote) => script.IndexOf(quote, _at) is >= 0 and var end ? end : script.Length;

    void Take(StringBuilder word, int end)
    {
        word.Append(script, _at, end - _at);
        _at = Math.Min(end + 1, script.Length);
    }

    void ReadQuoted(StringBuilder word)
    {
        while (_at < script.Length && Here != '"')
        {
            if (Here is '$' or '`')
            {
                Expand(word);
            }
            else if (Here == '\\' && Ahead(1) is '"' or '\\' or '$' or '`' or '\n')
            {
                word.Append(Ahead(1) == '\n' ? "" : Ahead(1).ToString());
                _at += 2;
            }
            else
            {
                word.Append(Here);
                _at++;
            }
        }

        _at = Math.Min(_at + 1, script.Length);
    }

    /// <summary>A dollar or a back quote, and what it stands for.</summary>
    void Expand(StringBuilder word)
    {
        if (Here == '`')
        {
            _at++;
            var end = Close('`');
            _parts.Add(new ShellPart.Inner(script[_at..end]));
            _at = Math.Min(end + 1, script.Length);
            word.Append(ShellPart.Unknown);
            return;
        }

        _at++;
        switch (Here)
        {
            case '(':
                _at++;
                _parts.Add(new ShellPart.Inner(Within('(', ')')));
                word.Append(ShellPart.Unknown);
                break;
            case '{':
                _at++;
                var inner = Within('{', '}');
                word.Append(IsName(inner) ? Value(inner) : ShellPart.Unknown.ToString());
                break;
            case '\'':
                _at++;
                Take(word, Close('\''));
                break;
            case var letter when char.IsAsciiLetter(letter) || letter == '_':
                var from = _at;
                while (char.IsAsciiLetterOrDigit(Here) || Here == '_')
                {
                    _at++;
                }

                word.Append(Value(script[from.._at]));
                break;
            case ' ' or '\t' or '\n' or '\0' or '"':
                word.Append('$');
                break;
            default:
                _at++;
                word.Append(ShellPart.Unknown);
                break;
        }
    }

    string Value(string variable)
    {
        if (!variables.TryGetValue(variable, out var value) || value.Length > _expansion)
        {
            return ShellPart.Unknown.ToString();
        }

        _expansion -= value.Length;
        return value;
    }

    /// <summary>The text up to the bracket that closes the one before; quotes hide brackets.</summary>
    string Within(char open, char close)
    {
        var from = _at;
        for (var depth = 1; _at < script.Length; _at++)
        {
            if (Here == '\\')
            {
                _at++;
            }
            else if (Here is '\'' or '"')
            {
                var quote = Here;
                _at++;
                while (_at < script.Length && Here != quote)
                {
                    _at += quote == '"' && Here == '\\' ? 2 : 1;
                }
            }
            else if (Here == open)
            {
                depth++;
            }
            else if (Here == close && --depth == 0)
            {
                break;
            }
        }

        var end = Math.Min(_at, script.Length);
        _at = Math.Min(end + 1, script.Length);
        return script[from..end];
    }
}
