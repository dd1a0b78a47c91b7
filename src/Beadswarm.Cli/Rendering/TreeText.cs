using System.Text;

namespace Beadswarm.Cli.Rendering;

/// <summary>The supervision tree of a running swarm, drawn: who restarts whom, and how often each has failed.</summary>
static class TreeText
{
    public static string Format(StatusView view)
    {
        if (view.Host is null)
        {
            return $"{view.State}: no orchestrator answers, so there is no tree to show\n";
        }

        var text = new StringBuilder();
        text.Append($"{SafeText.Line(view.Host)}\n└─ orchestrator  process {view.Pid}, {view.State}\n");
        foreach (var component in view.Components)
        {
            Append(text, "   ├─ ", component);
        }

        text.Append("   └─ agents\n");
        for (var i = 0; i < view.SupervisedAgents.Count; i++)
        {
            Append(text, i == view.SupervisedAgents.Count - 1 ? "      └─ " : "      ├─ ", view.SupervisedAgents[i]);
        }

        return text.ToString();
    }

    static void Append(StringBuilder text, string branch, ComponentLine line) =>
        text.Append(branch).Append(line.Name.PadRight(NameWidth)).Append(line.Describe()).Append('\n');

    const int NameWidth = 10;
}
