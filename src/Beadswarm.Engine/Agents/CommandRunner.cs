using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>Runs any program that follows the protocol. Exit code 0 is a good end; output is not interpreted.</summary>
sealed class CommandRunner : IAgentRunner
{
    public string Kind => "command";

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files) =>
        launch.Runner.Command is [var program, ..]
            ? new AgentCommand(program, [.. launch.Runner.Command.Skip(1)], launch.Runner.Environment)
            : throw new ProcessStartException(
                $"runner '{launch.Runner.Name}' has no command; give runners.{launch.Runner.Name}.command "
                    + "a program and its arguments",
                launch.Runner.Name,
                0);

    public AgentReading Interpret(AgentReport report) => new(FromExit(report), UsageReport.Unknown);

    /// <summary>The plain reading of an exit, for every runner whose program says nothing better.</summary>
    public static AgentEnd FromExit(AgentReport report) => report.Exit switch
    {
        ChildExit.Exited { Code: 0 } => Finished(report.Result),
        ChildExit.Exited exited => new AgentEnd.Failed(exited.Code, report.OutputTail),
        ChildExit.Killed killed => new AgentEnd.Crashed(killed.Signal, report.OutputTail),
        ChildExit.Unknown => new AgentEnd.Lost(),
    };

    /// <summary>A good end with what was found where a result may be left.</summary>
    public static AgentEnd.Finished Finished(AgentResult left) => left switch
    {
        AgentResult.Missing => new AgentEnd.Finished(null, null),
        AgentResult.Said said => new AgentEnd.Finished(said.Verdict, null),
        AgentResult.Broken broken => new AgentEnd.Finished(null, broken.Problem),
    };
}
