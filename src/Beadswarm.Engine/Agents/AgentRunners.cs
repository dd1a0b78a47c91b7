using Beadswarm.Agents.Acp;

namespace Beadswarm.Agents;

/// <summary>Every kind of agent program that is known, on this machine.</summary>
static class AgentRunners
{
    /// <param name="scriptedAgent">Where the scripted agent is.</param>
    /// <param name="program">This program, which is also what stands between it and some of them.</param>
    public static IReadOnlyList<IAgentRunner> All(string scriptedAgent, string program) =>
    [
        new CommandRunner(), new ScriptedRunner(scriptedAgent),
        new ClaudeCodeRunner(program, Environment.IsPrivilegedProcess), new CodexRunner(program),
        new GeminiRunner(), new OpencodeRunner(program), new AcpRunner(program),
    ];
}
