using System.Text;
using System.Text.RegularExpressions;

namespace Beadswarm.Processes;

/// <summary>
/// Removes secrets from text that leaves the machine's trust: feedback, prompts, journal. It knows the values of
/// variables whose names look secret, and the shapes of common tokens. It can miss one; the environment's allow-list is
/// what keeps them away in the first place.
/// </summary>
static partial class Redaction
{
    public const string Mark = "[redacted]";

    // Shorter values ("1", "true", "test") would tear holes into innocent text.
    const int ValueLengthMin = 8;

    // In order: model vendors, GitHub, GitLab, Slack, AWS, Google, npm, PyPI, JSON web tokens. One pass over the text
    // whatever it holds: what looks like the beginnings of many tokens in one word must not be read from each again.
    static readonly Regex Token = new(
        "\\b(sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
            + "|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}"
            + "|ya29\\.[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}"
            + "|eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,})",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>The values worth hiding, longest first, so that none is hidden only in part.</summary>
    public static IReadOnlyList<string> SecretsOf(IEnumerable<KeyValuePair<string, string>> environment) =>
    [
        .. environment
            .Where(variable => SecretName().IsMatch(variable.Key) && variable.Value.Length >= ValueLengthMin)
            .Where(variable => !variable.Value.StartsWith('/'))
            .Select(variable => variable.Value)
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(value => value.Length),
    ];

    public static string Apply(string text, IReadOnlyList<string> secrets)
    {
        var result = new StringBuilder(text);
        foreach (var secret in secrets)
        {
            result.Replace(secret, Mark);
        }

        var known = PrivateKey().Replace(result.ToString(), Mark);
        known = UrlPassword().Replace(known, $"$1{Mark}@");
        known = Bearer().Replace(known, $"$1{Mark}");
        return Token.Replace(known, Mark);
    }

    [GeneratedRegex(
        "(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|AUTH|COOKIE|DSN|"
            + "CONNECTION_?STRING|DATABASE_URL)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex(
        "-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\\z)", RegexOptions.Singleline)]
    private static partial Regex PrivateKey();

    // Not from the scheme on: looking for its beginning at every letter takes for ever in a long word.
    [GeneratedRegex("(://[^\\s:/@]*:)[^\\s/@]+@", RegexOptions.CultureInvariant)]
    private static partial Regex UrlPassword();

    [GeneratedRegex(
        "\\b((?:authorization:\\s*)?(?:bearer|basic)\\s+)[A-Za-z0-9._~+/=-]{16,}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Bearer();
}
