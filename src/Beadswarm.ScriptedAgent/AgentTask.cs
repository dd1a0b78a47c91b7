using System.Globalization;

namespace Beadswarm.ScriptedAgent;

/// <summary>What the protocol's environment asks of this agent.</summary>
sealed record AgentTask(
    string Agent, string Bead, string Stage, int Attempt, string Workspace, string Context, string ResultPath)
{
    public static AgentTask FromEnvironment() => new(
        Variable("BEADSWARM_AGENT"),
        Variable("BEADSWARM_BEAD"),
        Variable("BEADSWARM_STAGE"),
        int.TryParse(Variable("BEADSWARM_ATTEMPT"), CultureInfo.InvariantCulture, out var attempt) ? attempt : 1,
        Variable("BEADSWARM_WORKSPACE"),
        Variable("BEADSWARM_CONTEXT"),
        Variable("BEADSWARM_RESULT"));

    /// <summary>Puts the facts of the task into a text of the script.</summary>
    public string Fill(string template) => template
        .Replace("{{bead}}", Bead, StringComparison.Ordinal)
        .Replace("{{attempt}}", Attempt.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{{agent}}", Agent, StringComparison.Ordinal)
        .Replace("{{stage}}", Stage, StringComparison.Ordinal);

    static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? value
            : throw new UsageException($"{name} is not set: this program is started by beadswarm, as its agent");
}
