using Beadswarm.Simulation.Git;

namespace Beadswarm.Tests.Simulation;

public sealed class FileTreeTests
{
    [Fact]
    public void A_tree_is_what_a_map_of_the_same_changes_is_and_has_one_id()
    {
        var random = new Random(7);
        var (tree, map) = (FileTree.Empty, new SortedDictionary<string, string>(StringComparer.Ordinal));
        for (var i = 0; i < 2000; i++)
        {
            var before = tree;
            var earlier = map.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var path = $"{random.Next(3)}/{random.Next(60)}.txt";
                var text = random.Next(3) == 0 ? null : $"{random.Next(4)}\n";
                tree = tree.With([(path, text)]);
                map.Remove(path);
                if (text is not null)
                {
                    map.Add(path, text);
                }
            }

            Assert.Equal(map, tree.Files.Select(file => KeyValuePair.Create(file.Key, file.Value.Text)));
            Assert.Equal(map.Count, tree.Count);
            Assert.Equal(map.Sum(file => file.Value.Length), tree.Bytes);
            Assert.Equal(Differences(earlier.ToDictionary(), map), Shown(FileTree.Differences(before, tree)));
            Assert.Equal(FileTree.Of(map.Reverse().Select(file => (file.Key, (string?)file.Value))).Id, tree.Id);
        }
    }

    [Theory]
    [InlineData("a", false)]
    [InlineData("a/b", false)]
    [InlineData("a/b/c.txt", true)]
    [InlineData("a/b/c.txt/d", false)]
    [InlineData("a/b.txt", true)]
    public void A_file_fits_where_neither_a_file_nor_a_folder_is_in_its_place(string path, bool fits) =>
        Assert.Equal(fits, FileTree.Of([("a/b/c.txt", "x\n"), ("a.txt", "x\n")]).Fits(path));

    static IEnumerable<string> Differences(Dictionary<string, string> from, SortedDictionary<string, string> to) =>
        from.Keys.Union(to.Keys).Order(StringComparer.Ordinal)
            .Where(path => from.GetValueOrDefault(path) != to.GetValueOrDefault(path))
            .Select(path => $"{path}: {from.GetValueOrDefault(path)} {to.GetValueOrDefault(path)}");

    static IEnumerable<string> Shown(IEnumerable<FileDifference> differences) =>
        differences.Select(difference => $"{difference.Path}: {difference.From?.Text} {difference.To?.Text}");
}
