using System.Text.RegularExpressions;

namespace Beadswarm.Agents;

/// <summary>
/// Takes the colours out of what a program says on a terminal, for what is kept of it as a reason. It is no protection:
/// whoever shows text of strangers takes out the rest.
/// </summary>
static partial class Colours
{
    public static string Remove(string text) => Sequence().Replace(text, "");

    [GeneratedRegex("\u001b\\[[0-9;]{0,20}m")]
    private static partial Regex Sequence();
}
