namespace Beadswarm.Agents.Acp;

/// <summary>The agent answered a call with an error, or did not keep to the protocol.</summary>
/// <param name="code">The protocol's; 0 where it is not an answer.</param>
/// <param name="kind">The agent's own word for it, where it gives one.</param>
sealed class AcpException(string message, long code = 0, string? kind = null) : Exception(message)
{
    public long Code { get; } = code;

    public string? Kind { get; } = kind;
}
