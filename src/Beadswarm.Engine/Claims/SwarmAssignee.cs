namespace Beadswarm.Claims;

/// <summary>Who a swarm says in the tracker is at work on a bead: <c>ACTOR/agent-N</c>.</summary>
static class SwarmAssignee
{
    public static string Of(string actor, AgentNumber agent) => $"{Prefix(actor)}{agent}";

    /// <summary>Whether it is an agent of a swarm that writes this actor, of this one or another.</summary>
    public static bool Is(string? assignee, string? actor) =>
        assignee?.StartsWith(Prefix(actor), StringComparison.Ordinal) == true;

    static string Prefix(string? actor) => $"{actor}/agent-";
}
