namespace Beadswarm.Landing.Forges;

/// <summary>A repository of a forge.</summary>
sealed record ForgeAddress(string Host, string Owner, string Name)
{
    const string DefaultHost = "github.com";
    const string Suffix = ".git";

    public override string ToString() => $"{Host}/{Owner}/{Name}";

    /// <summary><c>OWNER/NAME</c> or <c>HOST/OWNER/NAME</c>, as it is configured.</summary>
    public static ForgeAddress? Parse(string text) => text.Split('/') switch
    {
        [{ Length: > 0 } owner, { Length: > 0 } name] => new ForgeAddress(DefaultHost, owner, name),
        [{ Length: > 0 } host, { Length: > 0 } owner, { Length: > 0 } name] => new ForgeAddress(host, owner, name),
        _ => null,
    };

    /// <summary>
    /// What a remote's URL says: <c>https://HOST/OWNER/NAME.git</c>, <c>ssh://git@HOST/OWNER/NAME</c> or
    /// <c>git@HOST:OWNER/NAME</c>. Null: it is no forge's.
    /// </summary>
    public static ForgeAddress? OfRemote(string url)
    {
        if (url.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is ("https" or "ssh" or "git+ssh")
                ? OfPath(uri.Scheme == "https" ? uri.Authority : uri.Host, uri.AbsolutePath)
                : null;
        }

        var colon = url.IndexOf(':');
        return colon > 0 && !url.StartsWith('/')
            ? OfPath(url[(url.IndexOf('@') + 1)..colon], url[(colon + 1)..])
            : null;
    }

    static ForgeAddress? OfPath(string host, string path)
    {
        var trimmed = path.Trim('/');
        var plain = trimmed.EndsWith(Suffix, StringComparison.Ordinal) ? trimmed[..^Suffix.Length] : trimmed;
        return host.Length > 0 && plain.Split('/') is [{ Length: > 0 } owner, { Length: > 0 } name]
            ? new ForgeAddress(host, owner, name)
            : null;
    }
}
