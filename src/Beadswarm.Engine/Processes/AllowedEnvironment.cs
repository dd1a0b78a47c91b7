namespace Beadswarm.Processes;

/// <summary>
/// Decides what of our own environment a program that runs untrusted code may see: what finds programs and formats
/// text, and nothing that could open a door. Tokens pass only when the user has named them.
/// </summary>
static class AllowedEnvironment
{
    /// <summary>Variables with this prefix are ours to set; nobody else's value passes.</summary>
    public const string ReservedPrefix = "BEADSWARM_";

    // Proxies and package sources are missing on purpose: their URLs often hold passwords. GIT_* too: it would lead git
    // to another repository than the one the program works in.
    static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "NO_COLOR", "TMPDIR", "TZ", "LANG", "LANGUAGE",
        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "LD_LIBRARY_PATH",
        "DOTNET_ROOT", "DOTNET_CLI_HOME", "DOTNET_NOLOGO", "DOTNET_CLI_TELEMETRY_OPTOUT", "NUGET_PACKAGES",
        "JAVA_HOME", "MAVEN_HOME", "GRADLE_USER_HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN",
        "GOPATH", "GOROOT", "GOCACHE", "GOMODCACHE", "NVM_DIR", "NPM_CONFIG_CACHE", "VIRTUAL_ENV", "PYENV_ROOT",
    };

    /// <param name="own">The orchestrator's environment.</param>
    /// <param name="passed">Names the user lets through beside the built-in ones.</param>
    /// <param name="added">Variables with their values, from the configuration.</param>
    public static Dictionary<string, string> Build(
        IReadOnlyDictionary<string, string> own,
        IEnumerable<string> passed,
        IReadOnlyDictionary<string, string> added)
    {
        var wanted = new HashSet<string>(passed, StringComparer.Ordinal);
        var result = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            // Nobody is there to answer git's questions.
            ["GIT_TERMINAL_PROMPT"] = "0",
        };
        foreach (var (name, value) in own.Where(variable => IsAllowed(variable.Key) || wanted.Contains(variable.Key)))
        {
            result[name] = value;
        }

        foreach (var (name, value) in added)
        {
            result[name] = value;
        }

        return result
            .Where(variable => IsName(variable.Key))
            .Where(variable => !variable.Key.StartsWith(ReservedPrefix, StringComparison.Ordinal))
            .ToDictionary(StringComparer.Ordinal);
    }

    static bool IsAllowed(string name) => Names.Contains(name) || name.StartsWith("LC_", StringComparison.Ordinal);

    static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
