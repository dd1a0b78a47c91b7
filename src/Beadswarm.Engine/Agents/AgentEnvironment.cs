using System.Globalization;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>The environment of an agent: the allow-list, what its runner adds, and the protocol, which wins.</summary>
static class AgentEnvironment
{
    public static IReadOnlyDictionary<string, string> Build(
        IReadOnlyDictionary<string, string> own, AgentLaunch launch, AgentFiles files, AgentCommand command)
    {
        var environment = AllowedEnvironment.Build(
            own, [.. launch.Runner.PassEnvironment, .. command.PassEnvironment],
            Merged(command.Environment, launch.Runner.Environment));
        environment["BEADSWARM_AGENT"] = launch.Agent.ToString();
        environment["BEADSWARM_BEAD"] = launch.Bead.Value;
        environment["BEADSWARM_STAGE"] = launch.Stage.Value;
        environment["BEADSWARM_ATTEMPT"] = launch.Attempt.ToString(CultureInfo.InvariantCulture);
        environment["BEADSWARM_WORKSPACE"] = launch.Workspace;
        environment["BEADSWARM_PROMPT"] = files.Prompt;
        environment["BEADSWARM_BEAD_FILE"] = files.Bead;
        environment["BEADSWARM_CONTEXT"] = files.Context;
        environment["BEADSWARM_RESULT"] = files.Result;
        environment[ProcessSweep.TagVariable] = launch.Tag;
        return environment;
    }

    // What the user says counts more than what a runner thinks best.
    static Dictionary<string, string> Merged(
        IReadOnlyDictionary<string, string> weaker, IReadOnlyDictionary<string, string> stronger) =>
        stronger.Concat(weaker).DistinctBy(variable => variable.Key, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
}
