using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>
/// Checks the outline of a file against the keys there are: unknown keys and values where sections belong.
/// </summary>
static class ConfigShape
{
    public static void Check(ConfigNode.Mapping root, List<ConfigError> errors) => CheckMapping(root, "", "", errors);

    static void CheckMapping(ConfigNode.Mapping mapping, string pattern, string path, List<ConfigError> errors)
    {
        var known = NamesUnder(pattern);
        foreach (var entry in mapping.Entries)
        {
            var here = Join(path, entry.Key);
            if (known is ["*"])
            {
                if (ConfigParsing.Matches(ConfigKeys.Name, entry.Key))
                {
                    Descend(entry.Value, Join(pattern, "*"), here, errors);
                }
                else
                {
                    errors.Add(new(entry.Origin, here, $"'{entry.Key}' is not a name: {ConfigKeys.Name.PatternSays}"));
                }
            }
            else if (known.Contains(entry.Key))
            {
                Descend(entry.Value, Join(pattern, entry.Key), here, errors);
            }
            else
            {
                errors.Add(new(entry.Origin, here, $"unknown key '{entry.Key}'; {Suggestion.Hint(entry.Key, known)}"));
            }
        }
    }

    static void Descend(ConfigNode value, string pattern, string path, List<ConfigError> errors)
    {
        if (ConfigKeys.Find(pattern) is not null || value is ConfigNode.Scalar { IsNull: true })
        {
            return; // A leaf is checked when it is read; an empty section is the same as none.
        }

        if (NamesUnder(pattern + "[]").Count > 0)
        {
            CheckList(value, pattern + "[]", path, errors);
        }
        else if (value is ConfigNode.Mapping mapping)
        {
            CheckMapping(mapping, pattern, path, errors);
        }
        else
        {
            errors.Add(new(value.Origin, path, $"expected keys and values ({string.Join(", ", NamesUnder(pattern))})"));
        }
    }

    static void CheckList(ConfigNode value, string pattern, string path, List<ConfigError> errors)
    {
        if (value is not ConfigNode.Sequence list)
        {
            errors.Add(new(value.Origin, path, "expected a list; begin each item with '-'"));
            return;
        }

        for (var i = 0; i < list.Items.Count; i++)
        {
            var item = $"{path}[{i}]";
            if (list.Items[i] is ConfigNode.Mapping mapping)
            {
                CheckMapping(mapping, pattern, item, errors);
            }
            else
            {
                errors.Add(new(list.Items[i].Origin, item,
                    $"expected keys and values ({string.Join(", ", NamesUnder(pattern))})"));
            }
        }
    }

    /// <summary>The names that may follow a pattern, in the order of the table.</summary>
    public static IReadOnlyList<string> NamesUnder(string pattern)
    {
        var prefix = pattern.Length == 0 ? "" : pattern + ".";
        return
        [
            .. ConfigKeys.All
                .Where(key => key.Path.StartsWith(prefix, StringComparison.Ordinal))
                .Select(key => FirstSegment(key.Path[prefix.Length..]))
                .Distinct(),
        ];
    }

    static string FirstSegment(string path)
    {
        var end = path.IndexOfAny(['.', '[']);
        return end < 0 ? path : path[..end];
    }

    static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
