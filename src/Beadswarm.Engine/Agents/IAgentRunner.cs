using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>What to start: the program, its arguments, and variables beside the protocol's.</summary>
sealed record AgentCommand(
    string FileName, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment);

/// <summary>What an ended agent left for its runner to understand.</summary>
/// <param name="OutputTail">The last part of what it printed.</param>
sealed record AgentReport(ChildExit Exit, string OutputTail, AgentResult Result, AgentFiles Files);

/// <summary>Knows one kind of agent program: how to start it, and how to read what it leaves.</summary>
interface IAgentRunner
{
    /// <summary>The <see cref="RunnerSpec.Kind"/> it serves.</summary>
    string Kind { get; }

    /// <exception cref="ProcessStartException">The specification names nothing that can be started.</exception>
    AgentCommand Prepare(AgentLaunch launch, AgentFiles files);

    /// <summary>Says how it ended; called only for ends that we did not cause.</summary>
    AgentEnd Interpret(AgentReport report);
}
