using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>How to find a running agent again after a restart. Stored with its stage.</summary>
sealed record AgentProcess(ProcessIdentity Identity, string SessionFolder, string Tag);
