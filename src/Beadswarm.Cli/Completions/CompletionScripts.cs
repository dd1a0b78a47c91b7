using System.Text;

namespace Beadswarm.Cli.Completions;

/// <summary>
/// Completion scripts that carry the whole tree, so that pressing Tab starts no program. Each walks the words typed so
/// far to the verb they lead to, and offers what fits behind it.
/// </summary>
static class CompletionScripts
{
    const string Program = "beadswarm";

    public static string Bash(IReadOnlyList<CompletionNode> tree)
    {
        var script = new StringBuilder()
            .Append("# bash completion for beadswarm: eval \"$(beadswarm completion bash)\"\n")
            .Append("_beadswarm() {\n")
            .Append("  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' words='' i\n")
            .Append("  COMPREPLY=()\n")
            .Append("  for ((i = 1; i < COMP_CWORD; i++)); do\n")
            .Append("    case \"$verb:${COMP_WORDS[i]}\" in\n");
        AppendSteps(script, tree, "      ");
        script.Append("    esac\n  done\n  case \"$verb:$prev\" in\n");
        foreach (var node in tree)
        {
            foreach (var option in node.Options.Where(option => option.TakesValue))
            {
                var names = string.Join('|', option.Names.Select(name => Quote($"{node.Name}:{name}")));
                script.Append($"    {names}) ").Append(option.Values.Count > 0
                    ? $"COMPREPLY=($(compgen -W {Quote(string.Join(' ', option.Values))} -- \"$cur\")); return ;;\n"
                    : "COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
            }
        }

        script.Append("  esac\n  case \"$verb\" in\n");
        foreach (var node in tree)
        {
            var words = node.Words.Select(word => word.Text).Concat(node.Options.SelectMany(option => option.Names));
            script.Append($"    {Quote(node.Name)}) words={Quote(string.Join(' ', words))} ;;\n");
        }

        return script
            .Append("  esac\n")
            .Append("  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n")
            .Append("}\n")
            .Append("complete -o default -F _beadswarm beadswarm ./beadswarm\n")
            .ToString();
    }

    public static string Zsh(IReadOnlyList<CompletionNode> tree)
    {
        var script = new StringBuilder()
            .Append("#compdef beadswarm\n")
            .Append("# zsh completion for beadswarm: eval \"$(beadswarm completion zsh)\", after compinit\n")
            .Append("_beadswarm() {\n")
            .Append("  local verb='' i\n")
            .Append("  local -a choices\n")
            .Append("  for ((i = 2; i < CURRENT; i++)); do\n")
            .Append("    case \"$verb:${words[i]}\" in\n");
        AppendSteps(script, tree, "      ");
        script.Append("    esac\n  done\n  case \"$verb:${words[CURRENT-1]}\" in\n");
        foreach (var node in tree)
        {
            foreach (var option in node.Options.Where(option => option.TakesValue))
            {
                var names = string.Join('|', option.Names.Select(name => Quote($"{node.Name}:{name}")));
                script.Append($"    {names}) ").Append(option.Values.Count > 0
                    ? $"choices=({string.Join(' ', option.Values.Select(Quote))}); _describe value choices; return ;;\n"
                    : "_files; return ;;\n");
            }
        }

        script.Append("  esac\n  case \"$verb\" in\n");
        foreach (var node in tree)
        {
            script.Append($"    {Quote(node.Name)})\n      choices=(\n");
            foreach (var (text, help) in node.Words.Select(word => (word.Text, word.Help)).Concat(
                node.Options.SelectMany(option => option.Names.Select(name => (name, option.Help)))))
            {
                script.Append($"        {Quote(help.Length == 0 ? text : $"{text}:{FirstLine(help)}")}\n");
            }

            script.Append("      ) ;;\n");
        }

        return script
            .Append("  esac\n")
            .Append("  _describe beadswarm choices || _files\n")
            .Append("}\n")
            .Append("compdef _beadswarm beadswarm\n")
            .ToString();
    }

    public static string Fish(IReadOnlyList<CompletionNode> tree)
    {
        var script = new StringBuilder()
            .Append("# fish completion for beadswarm: beadswarm completion fish | source\n")
            .Append("function __beadswarm_verb\n")
            .Append("  set -l verb ''\n")
            .Append("  for word in (commandline -opc)[2..-1]\n")
            .Append("    switch \"$verb:$word\"\n");
        foreach (var (from, word, to) in Steps(tree))
        {
            script.Append($"      case {Quote($"{from}:{word}")}\n        set verb {Quote(to)}\n");
        }

        script.Append("    end\n  end\n  test \"$verb\" = \"$argv[1]\"\nend\n").Append("complete -c beadswarm -e\n");
        foreach (var node in tree)
        {
            var condition = $"complete -c {Program} -n {Quote($"__beadswarm_verb \"{node.Name}\"")}";
            foreach (var word in node.Words)
            {
                script.Append($"{condition} -f -a {Quote(word.Text)} -d {Quote(FirstLine(word.Help))}\n");
            }

            foreach (var option in node.Options)
            {
                script.Append(condition);
                foreach (var name in option.Names)
                {
                    script.Append(name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}"
                        : name.Length == 2 ? $" -s {name[1..]}" : $" -o {name[1..]}");
                }

                script.Append(!option.TakesValue ? ""
                    : option.Values.Count > 0 ? $" -x -a {Quote(string.Join(' ', option.Values))}" : " -r");
                script.Append($" -d {Quote(FirstLine(option.Help))}\n");
            }
        }

        return script.ToString();
    }

    static void AppendSteps(StringBuilder script, IReadOnlyList<CompletionNode> tree, string indent)
    {
        foreach (var (from, word, to) in Steps(tree))
        {
            script.Append($"{indent}{Quote($"{from}:{word}")}) verb={Quote(to)} ;;\n");
        }
    }

    /// <summary>Behind which verb which word leads to which verb.</summary>
    static IEnumerable<(string From, string Word, string To)> Steps(IReadOnlyList<CompletionNode> tree) =>
        from node in tree
        where node.Path.Count > 0
        select (string.Join(' ', node.Path.SkipLast(1)), node.Path[^1], node.Name);

    static string FirstLine(string help) => help.Split('\n')[0];

    /// <summary>One word of a shell, whatever is in it.</summary>
    static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
