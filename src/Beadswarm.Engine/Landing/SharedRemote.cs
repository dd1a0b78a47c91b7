using Beadswarm.Landing.Forges;

namespace Beadswarm.Landing;

/// <summary>
/// Which repository a remote's URL leads to, so that two machines can tell whether they mean the same one, however each
/// reaches it. Nothing secret is in it.
/// </summary>
static class SharedRemote
{
    const string Suffix = ".git";

    public static string NameOf(string url)
    {
        if (ForgeAddress.OfRemote(url) is { } forge)
        {
            return $"{forge}".ToLowerInvariant();
        }

        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        var place = scheme < 0 ? url : url[(scheme + 3)..];
        var slash = place.IndexOf('/');
        var at = place.LastIndexOf('@', slash < 0 ? place.Length - 1 : slash);
        place = place[(at + 1)..].TrimEnd('/');
        return place.EndsWith(Suffix, StringComparison.Ordinal) ? place[..^Suffix.Length] : place;
    }
}
