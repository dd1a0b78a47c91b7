using System.Text.Json;
using System.Text.Json.Nodes;
using Beadswarm.Agents.Deeds;

namespace Beadswarm.Agents.Acp;

/// <summary>
/// Answers for a person who is not there: what stays in the workspace is allowed, what leaves it is not. Paths are
/// looked at as they lead, not as they are written.
/// </summary>
/// <param name="workspace">Canonical.</param>
/// <param name="realPath">Where a path leads; of one that is not there, where its folder leads.</param>
sealed class AcpPolicy(AgentPermission permission, string workspace, Func<string, string> realPath)
{
    /// <summary>Kinds of tools that run something or reach outside: for those who may do everything.</summary>
    static readonly string[] Powerful = ["execute", "fetch", "other", "switch_mode"];

    static readonly string[] Changing = ["edit", "delete", "move"];

    /// <summary>What the rules of deeds are to be asked with; null: they are not.</summary>
    public DeedGround? Ground { get; init; }

    /// <summary>Whether the tool may be used.</summary>
    public bool Allows(JsonElement toolCall)
    {
        var kind = toolCall.Text("kind") ?? "other";
        var paths = PathsOf(toolCall).ToArray();

        // A change without a path may be anywhere.
        var trusted = !Powerful.Contains(kind) && (paths.Length > 0 || !Changing.Contains(kind));
        return (permission == AgentPermission.Full || trusted) && paths.All(IsInside)
            && DeedsOf(toolCall, kind, paths).All(deed =>
                Ground is null || DeedRules.Refusal(deed, Ground) is null);
    }

    public bool IsInside(string path)
    {
        var real = realPath(Path.GetFullPath(path, workspace));
        return real == workspace || real.StartsWith(workspace + "/", StringComparison.Ordinal);
    }

    /// <summary>The answer to a request for permission, by the options that it offers.</summary>
    public static JsonObject Answer(JsonElement options, bool allowed)
    {
        string[] wanted = allowed ? ["allow_once", "allow_always"] : ["reject_once", "reject_always"];
        var offered = ((JsonElement?)options).Items().ToArray();
        var chosen = wanted.Select(kind => offered.Where(option => option.Is("kind", kind))
            .Select(option => option.Text("optionId")).FirstOrDefault()).OfType<string>().FirstOrDefault();
        return new JsonObject
        {
            ["outcome"] = chosen is null
                ? new JsonObject { ["outcome"] = "cancelled" }
                : new JsonObject { ["outcome"] = "selected", ["optionId"] = chosen },
        };
    }

    /// <summary>What it would do, where it says so: the command of a shell, and the files of a change.</summary>
    static IEnumerable<Deed> DeedsOf(JsonElement toolCall, string kind, string[] paths)
    {
        var script = toolCall.Get("rawInput")?.Text("command");
        IEnumerable<Deed> runs = script is null ? [] : [new Deed.Runs(script)];
        return Changing.Contains(kind) ? runs.Concat(paths.Select(path => new Deed.Writes([path]))) : runs;
    }

    static IEnumerable<string> PathsOf(JsonElement toolCall) =>
        toolCall.Get("locations").Items().Concat(toolCall.Get("content").Items())
            .Select(place => place.Text("path")).OfType<string>();
}
