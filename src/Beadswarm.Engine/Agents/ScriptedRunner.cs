namespace Beadswarm.Agents;

/// <summary>Runs the agent without a model that ships beside the program; its command is the arguments.</summary>
/// <param name="program">Where the scripted agent is.</param>
sealed class ScriptedRunner(string program) : IAgentRunner
{
    public string Kind => "scripted";

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files) =>
        new(program, launch.Runner.Command, launch.Runner.Environment);

    public AgentReading Interpret(AgentReport report) =>
        new(CommandRunner.FromExit(report), UsageReport.Unknown);
}
