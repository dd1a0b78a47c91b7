using System.Buffers;
using System.Text.Json;
using Beadswarm.Costs;
using Beadswarm.Estimates;
using Beadswarm.Landing;
using Beadswarm.Supervision;
using Beadswarm.Swarms;

namespace Beadswarm.Control;

/// <summary>Whether there is an orchestrator for the swarm that the records tell of.</summary>
abstract record SwarmLife
{
    SwarmLife() { }

    /// <summary>It answers.</summary>
    public sealed record Here : SwarmLife;

    /// <summary>Its process lives since then and does not answer: not yet, or not any more.</summary>
    public sealed record Coming(DateTimeOffset Since) : SwarmLife;

    public sealed record Gone : SwarmLife;
}

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

    /// <param name="vitals">Null when nobody can be asked for them.</param>
    /// <param name="health">What is on record of the target's health, where nobody can be asked.</param>
    public static byte[] Format(
        StatusSnapshot status, SwarmLife life, SwarmVitals? vitals = null, TargetHealth? health = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, status, life, vitals, vitals?.Health ?? health);
        }

        return buffer.WrittenSpan.ToArray();
    }

    static void Write(
        Utf8JsonWriter json, StatusSnapshot status, SwarmLife life, SwarmVitals? vitals, TargetHealth? health)
    {
        json.WriteStartObject();
        json.WriteString("state", State(status, life));
        WriteCounts(json, status);
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
        WriteNodes(json, status);
        WritePullRequests(json, status.PullRequests);
        if (health is not null)
        {
            json.WritePropertyName("targetHealth");
            WriteHealth(json, health);
        }

        WriteLimits(json, vitals?.Limits ?? []);
        WriteCosts(json, status.Costs);
        WriteEstimate(json, vitals?.Estimate);
        WriteTree(json, vitals?.Tree);
        json.WriteEndObject();
    }

    /// <summary>The cost is that of the executions whose cost is known; null when none is.</summary>
    public static void WriteCosts(Utf8JsonWriter json, CostSum sum)
    {
        json.WriteStartObject("costs");
        json.WriteNumber("executions", sum.Executions);
        json.WriteNumber("unpriced", sum.Unpriced);
        json.WriteNumber("tokens", sum.Tokens.All);
        if (sum is { Executions: > 0, Priced: 0 })
        {
            json.WriteNull("costUsd");
        }
        else
        {
            json.WriteNumber("costUsd", sum.Usd);
        }

        json.WriteEndObject();
    }

    /// <summary>Only where several nodes can work the swarm.</summary>
    static void WriteNodes(Utf8JsonWriter json, StatusSnapshot status)
    {
        if (status.Nodes.Count == 0)
        {
            return;
        }

        json.WriteStartArray("nodes");
        foreach (var node in status.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("node", node.Name);
            json.WriteString("host", node.Host);
            json.WriteNumber("pid", node.Pid);
            json.WriteBoolean("holder", node.Ended is null && status.Swarm?.Node == node.Name);
            json.WriteString("status", node.Ended is { } end ? Word(end) : "living");
            json.WriteNumber("firstAgent", node.Agents.First);
            json.WriteNumber("agents", node.Agents.Count);
            WriteInstant(json, "joinedAt", node.JoinedAt);
            WriteInstant(json, "heardAt", node.HeardAt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Only in mode pull-request, and only while there are some.</summary>
    static void WritePullRequests(Utf8JsonWriter json, IReadOnlyList<ProposedBead> proposed)
    {
        if (proposed.Count == 0)
        {
            return;
        }

        json.WriteStartArray("pullRequests");
        foreach (var pull in proposed)
        {
            json.WriteStartObject();
            json.WriteString("bead", pull.Bead.Value);
            json.WriteNumber("number", pull.Number);
            json.WriteString("url", pull.Url);
            json.WriteString("waitsFor", pull.Waits);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>How far a swarm is, in beads.</summary>
    public static void WriteCounts(Utf8JsonWriter json, StatusSnapshot status)
    {
        json.WriteNumber("target", TargetOf(status));
        json.WriteNumber("landed", status.Landed);
        json.WriteNumber("inProgress", status.InProgress + status.Landing);
        json.WriteNumber("blocked", status.Blocked);
        json.WriteNumber("pending", status.Pending);
    }

    /// <summary>How many beads are to land.</summary>
    public static int TargetOf(StatusSnapshot status) => status.Swarm?.Target ?? status.Selected;

    /// <summary>What the gates of the whole last said, where they are run.</summary>
    public static void WriteHealth(Utf8JsonWriter json, TargetHealth health)
    {
        json.WriteStartObject();
        json.WriteString("status", health.Red is null ? "green" : "red");
        json.WriteString("tip", health.Tip);
        WriteInstant(json, "testedAt", health.At);
        if (health.Red is { } red)
        {
            json.WriteString("gate", red.Gate);
            json.WriteString("reason", red.Reason);
            json.WriteString("lastGreen", red.Green);
            json.WriteString("culprit", red.Culprit);
            json.WriteString("subject", red.Subject);
            json.WriteString("bead", red.Bead);
        }

        json.WriteString("says", health.Say());
        json.WriteEndObject();
    }

    /// <summary>Only while a vendor lets fewer agents through than there are.</summary>
    static void WriteLimits(Utf8JsonWriter json, IReadOnlyList<LimitedAccount> limits)
    {
        if (limits.Count == 0)
        {
            return;
        }

        json.WriteStartArray("limits");
        foreach (var limit in limits)
        {
            json.WriteStartObject();
            json.WriteString("account", limit.Account);
            json.WriteNumber("atOnce", limit.AtOnce);
            json.WriteNumber("agents", limit.Agents);
            json.WriteNumber("atWork", limit.AtWork);
            WriteInstant(json, "until", limit.Until);
            WriteInstant(json, "since", limit.Since);
            json.WriteString("reason", limit.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    static void WriteEstimate(Utf8JsonWriter json, Estimate? estimate)
    {
        if (estimate is null)
        {
            json.WriteNull("estimate");
            return;
        }

        json.WriteStartObject("estimate");
        WriteInstant(json, "p10", estimate.P10);
        WriteInstant(json, "p50", estimate.P50);
        WriteInstant(json, "p90", estimate.P90);
        json.WriteNumber("measured", estimate.Measured);
        json.WriteEndObject();
    }

    static void WriteTree(Utf8JsonWriter json, SupervisionTree? tree)
    {
        if (tree is null)
        {
            json.WriteNull("supervision");
            return;
        }

        json.WriteStartObject("supervision");
        json.WriteString("host", tree.Host);
        json.WriteNumber("pid", tree.Pid);
        WriteChildren(json, "components", tree.Components);
        WriteChildren(json, "agents", tree.Agents);
        json.WriteEndObject();
    }

    static void WriteChildren(Utf8JsonWriter json, string name, IReadOnlyList<ComponentReport> children)
    {
        json.WriteStartArray(name);
        foreach (var child in children)
        {
            json.WriteStartObject();
            json.WriteString("name", child.Name);
            json.WriteBoolean("essential", child.Essential);
            json.WriteString("status", Word(child.Status));
            json.WriteNumber("failures", child.Failures);
            json.WriteString("lastError", child.LastError);
            WriteInstant(json, "since", child.Since);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    static string Word(ComponentStatus status) =>
        status switch
        {
            ComponentStatus.Running => "running",
            ComponentStatus.Restarting => "restarting",
            ComponentStatus.Held => "held",
            ComponentStatus.Parked => "parked",
            ComponentStatus.Finished => "finished",
        };

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
        if (agent.Node is { } node)
        {
            json.WriteString("node", node);
        }

        json.WriteEndObject();
    }

    // | the records say     | answers  | lives, but does not answer           | gone, and no node lives |
    // |---------------------|----------|--------------------------------------|-------------------------|
    // | nothing             | none     | starting                             | none                    |
    // | starting … stopping | as said  | starting                             | interrupted             |
    // | stopped, completed  | as said  | as said, when it ended within its    | as said                 |
    // |                     |          | life; else starting                  |                         |
    //
    // Where this clone has no orchestrator and nodes of others live, it is as the records say.
    /// <summary>The state of a swarm in one word.</summary>
    public static string State(StatusSnapshot status, SwarmLife life) => (life, status.Swarm) switch
    {
        (SwarmLife.Coming coming, _) when !(status.Swarm?.EndedAt >= coming.Since) => Word(SwarmStatus.Starting),
        (_, null) => None,
        (SwarmLife.Gone, { Status: SwarmStatus.Starting or SwarmStatus.Running or SwarmStatus.Stopping })
            when !status.HasNodes => Interrupted,
        (_, { } known) => Word(known.Status),
    };

    static string Word(SwarmStatus status) =>
        status switch
        {
            SwarmStatus.Starting => "starting",
            SwarmStatus.Running => "running",
            SwarmStatus.Stopping => "stopping",
            SwarmStatus.Stopped => "stopped",
            SwarmStatus.Completed => "completed",
        };

    static string Word(NodeEnd end) =>
        end switch
        {
            NodeEnd.Left => "left",
            NodeEnd.Lost => "lost",
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
