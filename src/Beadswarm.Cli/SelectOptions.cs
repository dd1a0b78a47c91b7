using System.CommandLine;
using Beadswarm.Configuration;

namespace Beadswarm.Cli;

/// <summary>The options that say which beads are taken, each of which is a value of the configuration.</summary>
sealed class SelectOptions
{
    readonly List<(Option<string[]> Option, string Path)> _lists = [];
    readonly List<(Option<string?> Option, string Path)> _values = [];

    public SelectOptions(Command command)
    {
        List(command, "--priority", "P", "select.priority", "Only these priorities: p0, p1 or 0, 1 ...");
        Value(command, "--epic", "ID", "select.epic", "Only what is below this epic");
        List(command, "--label", "L", "select.labels", "Only beads with all of these labels");
        List(command, "--type", "T", "select.types", "Only these types");
        List(command, "--assignee", "A", "select.assignees", "Only beads of these assignees");
        List(command, "--id", "ID", "select.ids", "Only these beads");
        Value(
            command, "--order", "triage|tracker", "select.order",
            "Claim by priority, what a bead unblocks and age, or as the tracker lists them");
    }

    /// <summary>An option with one value, which goes to a key of the configuration.</summary>
    public void Value(Command command, string name, string help, string path, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = help };
        command.Options.Add(option);
        _values.Add((option, path));
    }

    /// <summary>What was written on the command line, as the configuration takes it.</summary>
    public IReadOnlyList<ConfigFlag> Flags(VerbCall call) =>
    [
        .. _lists.Where(pair => call.Has(pair.Option))
            .Select(pair => new ConfigFlag(pair.Path, string.Join(',', call.Get(pair.Option) ?? []), pair.Option.Name)),
        .. _values.Where(pair => call.Has(pair.Option))
            .Select(pair => new ConfigFlag(pair.Path, call.Get(pair.Option) ?? "", pair.Option.Name)),
    ];

    void List(Command command, string name, string help, string path, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = description + "; several with commas or by repeating it",
            HelpName = help,
        };
        command.Options.Add(option);
        _lists.Add((option, path));
    }
}
