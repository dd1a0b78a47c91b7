namespace Beadswarm.Git;

/// <summary>The short name of a branch, for example <c>main</c> or <c>agent-3/bd-1.2</c>.</summary>
readonly record struct BranchName(string Value)
{
    const string Prefix = "refs/heads/";

    public string Ref => Prefix + Value;

    public static BranchName? OfRef(string? name) =>
        name is not null && name.StartsWith(Prefix, StringComparison.Ordinal) ? new BranchName(name[Prefix.Length..])
            : null;

    public override string ToString() => Value;
}
