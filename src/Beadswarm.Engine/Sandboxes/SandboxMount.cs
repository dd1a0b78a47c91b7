namespace Beadswarm.Sandboxes;

/// <summary>One place of the file system as it looks from inside a sandbox; what is shown lies there outside too.
/// </summary>
abstract record SandboxMount
{
    SandboxMount(string path) => Path = path;

    /// <summary>Absolute, without links.</summary>
    public string Path { get; }

    /// <summary>An empty folder of its own that is gone with the sandbox.</summary>
    public sealed record Empty(string At) : SandboxMount(At);

    /// <summary>Shown, and not to be changed.</summary>
    public sealed record Readable(string At) : SandboxMount(At);

    /// <summary>Shown as it is outside; what is changed is changed there.</summary>
    public sealed record Writable(string At) : SandboxMount(At);
}
