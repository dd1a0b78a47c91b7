using System.Buffers;
using System.Text.Json;
using Beadswarm.Swarms;

namespace Beadswarm.Control;

/// <summary>
/// The object that <c>status --format json</c> prints. Public and stable: names stay, new ones may come.
/// <c>inProgress</c> counts beads that an agent holds or that are on their way onto the target; <c>target</c> is the
/// number
/// asked for, or that of all selected beads.
/// </summary>
static class StatusJson
{
    /// <summary>State of a repository in which no swarm ever ran.</summary>
    public const string None = "none";

    /// <summary>State when the records say that a swarm runs and nobody does: it was killed.</summary>
    public const string Interrupted = "interrupted";

    /// <param name="alive">Whether an orchestrator answers for the swarm right now.</param>
    public static byte[] Format(StatusSnapshot status, bool alive)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, status, alive);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter json, StatusSnapshot status, bool alive)
    {
        json.WriteStartObject();
        json.WriteString("state", State(status.Swarm, alive));
        json.WriteNumber("target", status.Swarm?.Target ?? status.Selected);
        json.WriteNumber("landed", status.Landed);
        json.WriteNumber("inProgress", status.InProgress + status.Landing);
        json.WriteNumber("blocked", status.Blocked);
        json.WriteNumber("pending", status.Pending);
        json.WriteNumber("landing", status.Landing);
        json.WriteNumber("left", status.Left);
        json.WriteNumber("ready", status.Ready);
        json.WriteNumber("attempts", status.Attempts);
        json.WriteString("reason", status.Swarm?.Reason);
        WriteInstant(json, "startedAt", status.Swarm?.StartedAt);
        WriteInstant(json, "endedAt", status.Swarm?.EndedAt);
        WriteInstant(json, "nextWakeAt", status.NextWakeAt);
        json.WriteStartArray("agents");
        foreach (var agent in status.Agents)
        {
            WriteAgent(json, agent);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>One element of <c>agents</c>.</summary>
    public static void WriteAgent(Utf8JsonWriter json, AgentSnapshot agent)
    {
        json.WriteStartObject();
        json.WriteNumber("agent", agent.Agent.Value);
        json.WriteString("role", agent.Role);
        json.WriteString("bead", agent.Bead?.Value);
        json.WriteString("stage", agent.Stage?.Value);
        if (agent.Attempt is { } attempt)
        {
            json.WriteNumber("attempt", attempt);
        }
        else
        {
            json.WriteNull("attempt");
        }

        json.WriteString("status", Word(agent.Status));
        WriteInstant(json, "since", agent.Since);
        json.WriteString("reason", agent.Reason);
        json.WriteEndObject();
    }

    static string State(SwarmRecord? swarm, bool alive) =>
        swarm is null ? None : swarm.Status switch
        {
            SwarmStatus.Starting => alive ? "starting" : Interrupted,
            SwarmStatus.Running => alive ? "running" : Interrupted,
            SwarmStatus.Stopping => alive ? "stopping" : Interrupted,
            SwarmStatus.Stopped => "stopped",
            SwarmStatus.Completed => "completed",
        };

    public static string Word(AgentStatus status) =>
        status switch
        {
            AgentStatus.Idle => "idle",
            AgentStatus.Working => "working",
            AgentStatus.Waiting => "waiting",
            AgentStatus.Parked => "parked",
        };

    static void WriteInstant(Utf8JsonWriter json, string name, DateTimeOffset? at)
    {
        if (at is { } instant)
        {
            json.WriteString(name, instant.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
