using System.Text;

namespace Beadswarm.Git;

/// <summary>An entry of a tree: what lies under one name.</summary>
sealed record TreeEntry(string Mode, string Kind, string Id, string Name)
{
    public const string FolderMode = "040000";

    /// <summary>Reads one field of <c>ls-tree -z</c>.</summary>
    public static TreeEntry Read(string field)
    {
        var tab = field.IndexOf('\t');
        return tab > 0 && field[..tab].Split(' ') is [var mode, var kind, var id]
            ? new TreeEntry(mode, kind, id, field[(tab + 1)..])
            : throw GitAnswers.Strange(field, "ls-tree");
    }

    public string Line() => $"{Mode} {Kind} {Id}\t{Name}\0";
}

/// <summary>Trees made from other trees without an index or a checkout.</summary>
static class TreeEdit
{
    /// <summary>The tree with other entries at its top level: null removes what is there.</summary>
    public static async Task<TreeId> ReplaceAsync(
        GitRepository repository, string tree, IReadOnlyDictionary<string, TreeEntry?> replacements,
        CancellationToken cancellationToken)
    {
        var listing = await repository.RunAsync(GitCall.Of("ls-tree", "-z", tree), cancellationToken);
        var kept = listing.RawFields.Select(TreeEntry.Read).Where(entry => !replacements.ContainsKey(entry.Name));
        var lines = kept.Concat(replacements.Values.OfType<TreeEntry>()).Select(entry => entry.Line());

        // Latin-1 keeps every byte of a name; git sorts the entries itself.
        var call = GitCall.Of("mktree", "-z") with { Input = Encoding.Latin1.GetBytes(string.Concat(lines)) };
        return TreeId.Parse((await repository.RunAsync(call, cancellationToken)).Line);
    }

    /// <summary>The tree with another blob at a path that it already has.</summary>
    public static async Task<TreeId> ReplaceFileAsync(
        GitRepository repository, string tree, string path, string mode, string blob,
        CancellationToken cancellationToken)
    {
        var parts = path.Split('/');
        var (id, kind, entryMode) = (blob, "blob", mode);
        for (var depth = parts.Length - 1; depth >= 0; depth--)
        {
            var name = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(parts[depth]));
            var folder = depth == 0 ? tree : $"{tree}:{string.Join('/', parts[..depth])}";
            var replacement = new Dictionary<string, TreeEntry?> { [name] = new(entryMode, kind, id, name) };
            id = (await ReplaceAsync(repository, folder, replacement, cancellationToken)).Value;
            (kind, entryMode) = ("tree", TreeEntry.FolderMode);
        }

        return TreeId.Parse(id);
    }
}
