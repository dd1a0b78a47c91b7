namespace Beadswarm.Processes;

/// <summary>
/// <see cref="Redaction"/> for text that comes line by line: a private key goes over many lines, and all of them are
/// left out.
/// </summary>
sealed class LineRedaction(IReadOnlyList<string> secrets)
{
    // A key is shorter; who prints only the beginning of one must not hide all that follows.
    const int KeyLinesMax = 200;

    const string KeyBegin = "-----BEGIN ";
    const string KeyEnd = "-----END ";
    const string KeyName = "PRIVATE KEY-----";

    int _keyLinesLeft;

    /// <summary>The line as it may be shown; null when it is the inside of a key.</summary>
    public string? Apply(string line)
    {
        if (_keyLinesLeft > 0)
        {
            _keyLinesLeft = Has(line, KeyEnd) ? 0 : _keyLinesLeft - 1;
            return null;
        }

        _keyLinesLeft = Has(line, KeyBegin) && !Has(line, KeyEnd) ? KeyLinesMax : 0;
        return Redaction.Apply(line, secrets);
    }

    static bool Has(string line, string mark) =>
        line.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at
        && line.IndexOf(KeyName, at, StringComparison.Ordinal) >= 0;
}
