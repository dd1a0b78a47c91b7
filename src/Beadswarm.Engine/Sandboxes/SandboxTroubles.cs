namespace Beadswarm.Sandboxes;

/// <summary>Why no sandbox can be made, told so that a person can act on it.</summary>
/// <param name="Value">What was found, where there is something to show.</param>
sealed record SandboxTrouble(string Cause, string? Value, string Remedy)
{
    /// <summary>Cause and value in one sentence.</summary>
    public string Message => Value is null ? Cause : $"{Cause}: {Value}";
}

/// <summary>Finds the words for what keeps bubblewrap from working.</summary>
static class SandboxTroubles
{
    const string Without = "or run without it: sandbox: none";

    /// <summary>Settings of kernels that forbid what bubblewrap does, each with the value that forbids it.</summary>
    static readonly (string Name, string Forbidding, string Allowing)[] Settings =
    [
        ("user.max_user_namespaces", "0", "15000"),
        ("kernel.unprivileged_userns_clone", "0", "1"),
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ];

    public static SandboxTrouble Missing(string detail) => new(
        "the configuration asks for sandbox: bwrap, and bubblewrap is not installed", detail,
        $"install it (Debian and Ubuntu: apt-get install bubblewrap), {Without}");

    public static SandboxTrouble Home(string problem) => new(
        "the configuration asks for sandbox: bwrap, which hides the home folder", problem,
        $"start with HOME set to the folder of the user that the swarm runs as, {Without}");

    /// <param name="version">As bubblewrap says it.</param>
    /// <param name="said">What it printed when it was tried.</param>
    /// <param name="setting">The kernel's setting that forbids it, if one does.</param>
    public static SandboxTrouble Explain(string version, string said, string? setting) => new(
        $"the configuration asks for sandbox: bwrap, and {version} cannot make one here",
        setting is null ? Quoted(said) : $"{Quoted(said)}; {setting}",
        setting is not null
            ? $"allow it, as root: sysctl -w {Allowing(setting)}; {Without}"
            : said.Contains("Unknown option", StringComparison.Ordinal)
                ? $"install a newer bubblewrap, 0.4 or later, {Without}"
                : "allow user namespaces; inside a container that is for whoever starts the container (its seccomp and "
                    + $"AppArmor profiles), {Without}");

    /// <summary>The setting of this machine's kernel that forbids user namespaces, or null.</summary>
    public static string? KernelSetting() =>
        Settings.Where(setting => Read(setting.Name) == setting.Forbidding)
            .Select(setting => $"{setting.Name} = {setting.Forbidding}")
            .FirstOrDefault();

    static string Allowing(string setting) =>
        Settings.Where(known => setting.StartsWith(known.Name, StringComparison.Ordinal))
            .Select(known => $"{known.Name}={known.Allowing}").First();

    static string Quoted(string said) => said.Length == 0 ? "it says nothing" : $"it says '{said}'";

    static string? Read(string name)
    {
        try
        {
            return File.ReadAllText($"/proc/sys/{name.Replace('.', '/')}").Trim();
        }
        catch (IOException)
        {
            // Kernels differ in which of them they have.
            return null;
        }
    }
}
