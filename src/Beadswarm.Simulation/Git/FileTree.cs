using System.Diagnostics.CodeAnalysis;
using System.Text;
using Beadswarm.Git;

namespace Beadswarm.Simulation.Git;

/// <summary>What a file holds. The same text has the same id.</summary>
sealed class FileContent
{
    FileContent(string text)
    {
        Text = text;
        Id = ContentHash.Of("blob", text).ToString();
        Bytes = Encoding.UTF8.GetByteCount(text);
    }

    public string Id { get; }

    public string Text { get; }

    public int Bytes { get; }

    public static FileContent Of(string text) => new(text);

    public static FileContent Of(ReadOnlyMemory<byte> bytes) => new(Encoding.UTF8.GetString(bytes.Span));

    public static bool Same(FileContent? one, FileContent? other) => one?.Id == other?.Id;
}

/// <summary>A path that differs between two trees; null where it is not there.</summary>
readonly record struct FileDifference(string Path, FileContent? From, FileContent? To);

/// <summary>
/// An immutable map from path to content. A change makes a few new nodes and shares the rest, so comparing two trees
/// costs what differs and not what they hold. The same files have the same id, however they came about.
/// </summary>
/// <remarks>
/// A treap whose priorities are a hash of the path: its shape depends on the paths alone, which is what lets a
/// comparison walk two of them side by side.
/// </remarks>
sealed class FileTree
{
    public static readonly FileTree Empty = new(null);

    readonly Node? _root;
    TreeId? _id;

    FileTree(Node? root) => _root = root;

    public int Count => _root?.Count ?? 0;

    public long Bytes => _root?.Bytes ?? 0;

    public TreeId Id => _id ??= new TreeId(ContentHash.Of("tree", (_root?.Hash ?? default).ToString()).ToString());

    /// <summary>All files, by path.</summary>
    public IEnumerable<KeyValuePair<string, FileContent>> Files => Walk(_root);

    public static FileTree Of(IEnumerable<(string Path, string? Text)> files) => Empty.With(files);

    public FileContent? Find(string path)
    {
        var node = _root;
        while (node is not null)
        {
            var order = string.CompareOrdinal(path, node.Path);
            if (order == 0)
            {
                return node.Content;
            }

            node = order < 0 ? node.Left : node.Right;
        }

        return null;
    }

    /// <summary>The tree with another content at a path; null removes the file.</summary>
    public FileTree With(string path, FileContent? content)
    {
        var root = content is null ? Remove(_root, path) : Put(_root, path, PriorityOf(path), content);
        return ReferenceEquals(root, _root) ? this : new FileTree(root);
    }

    public FileTree With(IEnumerable<(string Path, string? Text)> files) =>
        files.Aggregate(this, (tree, file) =>
            tree.With(file.Path, file.Text is null ? null : FileContent.Of(file.Text)));

    /// <summary>Whether a file could lie here: nothing above it is a file, and it is no folder itself.</summary>
    public bool Fits(string path)
    {
        for (var slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (Find(path[..slash]) is not null)
            {
                return false;
            }
        }

        var folder = path + "/";
        return FirstFrom(folder)?.StartsWith(folder, StringComparison.Ordinal) != true;
    }

    /// <summary>Every path that differs, by path.</summary>
    public static IReadOnlyList<FileDifference> Differences(FileTree from, FileTree to)
    {
        var found = new List<FileDifference>();
        Compare(from._root, to._root, found);
        return found;
    }

    string? FirstFrom(string path)
    {
        string? found = null;
        for (var node = _root; node is not null;)
        {
            if (string.CompareOrdinal(node.Path, path) >= 0)
            {
                (found, node) = (node.Path, node.Left);
            }
            else
            {
                node = node.Right;
            }
        }

        return found;
    }

    static void Compare(Node? from, Node? to, List<FileDifference> found)
    {
        if (ReferenceEquals(from, to) || (from is not null && to is not null && from.Hash == to.Hash))
        {
            return;
        }

        if (from is null || (to is not null && IsAbove(to, from)))
        {
            var (before, after) = Split(from, to!.Path);
            Compare(before, to.Left, found);
            found.Add(new FileDifference(to.Path, null, to.Content));
            Compare(after, to.Right, found);
        }
        else if (to is null || IsAbove(from, to))
        {
            var (before, after) = Split(to, from.Path);
            Compare(from.Left, before, found);
            found.Add(new FileDifference(from.Path, from.Content, null));
            Compare(from.Right, after, found);
        }
        else
        {
            Compare(from.Left, to.Left, found);
            if (!FileContent.Same(from.Content, to.Content))
            {
                found.Add(new FileDifference(from.Path, from.Content, to.Content));
            }

            Compare(from.Right, to.Right, found);
        }
    }

    static Node Put(Node? node, string path, ulong priority, FileContent content)
    {
        if (node is null || IsAbove(priority, path, node))
        {
            var (before, after) = Split(node, path);
            return new Node(path, priority, content, before, after);
        }

        var order = string.CompareOrdinal(path, node.Path);
        return order == 0 ? FileContent.Same(node.Content, content) ? node : node.With(content)
            : order < 0 ? node.With(Put(node.Left, path, priority, content), node.Right)
            : node.With(node.Left, Put(node.Right, path, priority, content));
    }

    static Node? Remove(Node? node, string path)
    {
        if (node is null)
        {
            return null;
        }

        var order = string.CompareOrdinal(path, node.Path);
        return order == 0 ? Join(node.Left, node.Right)
            : order < 0 ? node.With(Remove(node.Left, path), node.Right)
            : node.With(node.Left, Remove(node.Right, path));
    }

    /// <summary>What lies before and after a path that is not there.</summary>
    static (Node? Before, Node? After) Split(Node? node, string path)
    {
        if (node is null)
        {
            return (null, null);
        }

        if (string.CompareOrdinal(path, node.Path) < 0)
        {
            var (before, after) = Split(node.Left, path);
            return (before, node.With(after, node.Right));
        }

        var (left, right) = Split(node.Right, path);
        return (node.With(node.Left, left), right);
    }

    [return: NotNullIfNotNull(nameof(before)), NotNullIfNotNull(nameof(after))]
    static Node? Join(Node? before, Node? after) =>
        before is null ? after
        : after is null ? before
        : IsAbove(before, after) ? before.With(before.Left, Join(before.Right, after))
        : after.With(Join(before, after.Left), after.Right);

    static bool IsAbove(Node one, Node other) => IsAbove(one.Priority, one.Path, other);

    static bool IsAbove(ulong priority, string path, Node other) =>
        priority != other.Priority ? priority > other.Priority : string.CompareOrdinal(path, other.Path) > 0;

    static ulong PriorityOf(string path) => ContentHash.Of("path", path).High;

    static IEnumerable<KeyValuePair<string, FileContent>> Walk(Node? node)
    {
        var above = new Stack<Node>();
        while (node is not null || above.Count > 0)
        {
            for (; node is not null; node = node.Left)
            {
                above.Push(node);
            }

            node = above.Pop();
            yield return KeyValuePair.Create(node.Path, node.Content);
            node = node.Right;
        }
    }

    /// <summary>One file, between those before and those after it.</summary>
    sealed class Node
    {
        readonly ContentHash _own;

        public Node(string path, ulong priority, FileContent content, Node? left, Node? right)
            : this(path, priority, content, ContentHash.Of("file", path, content.Id), left, right)
        {
        }

        Node(string path, ulong priority, FileContent content, ContentHash own, Node? left, Node? right)
        {
            (Path, Priority, Content, Left, Right, _own) = (path, priority, content, left, right, own);
            Count = 1 + (left?.Count ?? 0) + (right?.Count ?? 0);
            Bytes = content.Bytes + (left?.Bytes ?? 0) + (right?.Bytes ?? 0);
            Hash = own ^ (left?.Hash ?? default) ^ (right?.Hash ?? default);
        }

        public string Path { get; }

        public ulong Priority { get; }

        public FileContent Content { get; }

        public Node? Left { get; }

        public Node? Right { get; }

        public int Count { get; }

        public long Bytes { get; }

        public ContentHash Hash { get; }

        public Node With(FileContent content) => new(Path, Priority, content, Left, Right);

        public Node With(Node? left, Node? right) =>
            ReferenceEquals(left, Left) && ReferenceEquals(right, Right)
                ? this
                : new Node(Path, Priority, Content, _own, left, right);
    }
}
