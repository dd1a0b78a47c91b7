using System.Globalization;
using System.Text;
using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Control;
using Beadswarm.Costs;

namespace Beadswarm.Cli.Rendering;

/// <summary>What <c>status</c> shows, read back from the very JSON that it prints for programs.</summary>
sealed class StatusView
{
    public string State { get; private set; } = StatusJson.None;
    public string? Reason { get; private set; }
    public int Target { get; private set; }
    public int Landed { get; private set; }
    public int InProgress { get; private set; }
    public int Landing { get; private set; }
    public int Blocked { get; private set; }
    public int Left { get; private set; }
    public int Pending { get; private set; }
    public int Ready { get; private set; }
    public int Attempts { get; private set; }
    public DateTime? StartedAt { get; private set; }
    public DateTime? EndedAt { get; private set; }
    public DateTime? NextWakeAt { get; private set; }
    public List<AgentLine> Agents { get; } = [];
    public List<string> PullRequests { get; } = [];

    /// <summary>What the gates of the whole last said of the target; null where they are not run.</summary>
    public string? TargetHealth { get; private set; }

    /// <summary>Accounts whose vendors let fewer agents through than there are.</summary>
    public List<string> Limits { get; } = [];

    /// <summary>None where only one orchestrator can work the swarm.</summary>
    public List<NodeLine> Nodes { get; } = [];

    /// <summary>The machine and process of the orchestrator; null when none answers.</summary>
    public string? Host { get; private set; }
    public int Pid { get; private set; }
    public List<ComponentLine> Components { get; } = [];
    public List<ComponentLine> SupervisedAgents { get; } = [];

    /// <summary>Agents that have been run, and those of them whose cost nobody knows.</summary>
    public int Executions { get; private set; }
    public int Unpriced { get; private set; }
    public long Tokens { get; private set; }
    public decimal? CostUsd { get; private set; }

    DateTime? _p10;
    DateTime? _p50;
    DateTime? _p90;

    /// <summary>
    /// Reads the object. Written by hand so that <c>status</c> starts without the machinery of reflection.
    /// </summary>
    public static StatusView Parse(ReadOnlySpan<byte> json)
    {
        var view = new StatusView();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            view.Set(name, ref reader);
        }

        return view;
    }

    void Set(string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "state":
                State = reader.GetString() ?? "";
                break;
            case "reason":
                Reason = reader.GetString();
                break;
            case "target":
                Target = reader.GetInt32();
                break;
            case "landed":
                Landed = reader.GetInt32();
                break;
            case "inProgress":
                InProgress = reader.GetInt32();
                break;
            case "landing":
                Landing = reader.GetInt32();
                break;
            case "blocked":
                Blocked = reader.GetInt32();
                break;
            case "left":
                Left = reader.GetInt32();
                break;
            case "pending":
                Pending = reader.GetInt32();
                break;
            case "ready":
                Ready = reader.GetInt32();
                break;
            case "attempts":
                Attempts = reader.GetInt32();
                break;
            case "startedAt":
                StartedAt = Instant(ref reader);
                break;
            case "endedAt":
                EndedAt = Instant(ref reader);
                break;
            case "nextWakeAt":
                NextWakeAt = Instant(ref reader);
                break;
            case "agents":
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    Agents.Add(AgentLine.Parse(ref reader));
                }

                break;
            case "nodes":
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    Nodes.Add(NodeLine.Parse(ref reader));
                }

                break;
            case "pullRequests":
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    PullRequests.Add(PullRequestLine(ref reader));
                }

                break;
            case "targetHealth":
                ReadObject(ref reader, SetHealth);
                break;
            case "limits":
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    Limits.Add(LimitLine(ref reader));
                }

                break;
            case "costs":
                ReadObject(ref reader, SetCosts);
                break;
            case "estimate":
                ReadObject(ref reader, SetEstimate);
                break;
            case "supervision":
                ReadObject(ref reader, SetSupervision);
                break;
            default:
                // A newer swarm may say more than this program knows.
                reader.Skip();
                break;
        }
    }

    delegate void SetField(string? name, ref Utf8JsonReader reader);

    static void ReadObject(ref Utf8JsonReader reader, SetField set)
    {
        var there = reader.TokenType != JsonTokenType.Null; // a field of it may be null, too
        while (there && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            set(name, ref reader);
        }
    }

    void SetCosts(string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "executions":
                Executions = reader.GetInt32();
                break;
            case "unpriced":
                Unpriced = reader.GetInt32();
                break;
            case "tokens":
                Tokens = reader.GetInt64();
                break;
            case "costUsd":
                CostUsd = reader.TokenType == JsonTokenType.Null ? null : reader.GetDecimal();
                break;
            default:
                reader.Skip();
                break;
        }
    }

    void SetHealth(string? name, ref Utf8JsonReader reader)
    {
        if (name == "says")
        {
            TargetHealth = reader.GetString();
        }
        else
        {
            reader.Skip();
        }
    }

    static string PullRequestLine(ref Utf8JsonReader reader)
    {
        var (bead, number, url, waits) = ("", 0, "", "");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "bead":
                    bead = reader.GetString() ?? "";
                    break;
                case "number":
                    number = reader.GetInt32();
                    break;
                case "url":
                    url = reader.GetString() ?? "";
                    break;
                case "waitsFor":
                    waits = reader.GetString() ?? "";
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return string.Create(
            CultureInfo.InvariantCulture, $"{bead}: pull request #{number} waits for {waits} ({url})");
    }

    static string LimitLine(ref Utf8JsonReader reader)
    {
        var (account, atOnce, agents, reason) = ("", 0, 0, "");
        var (since, until) = ((DateTime?)null, (DateTime?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "account":
                    account = reader.GetString() ?? "";
                    break;
                case "atOnce":
                    atOnce = reader.GetInt32();
                    break;
                case "agents":
                    agents = reader.GetInt32();
                    break;
                case "since":
                    since = Instant(ref reader);
                    break;
                case "until":
                    until = Instant(ref reader);
                    break;
                case "reason":
                    reason = reader.GetString() ?? "";
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{account}: {(until is null ? atOnce : 0)} of {agents} at once, since {since:HH:mm} UTC")
            + (until is null ? "" : string.Create(CultureInfo.InvariantCulture, $", until {until:HH:mm} UTC"))
            + (reason.Length == 0 ? "" : $" ({reason})");
    }

    void SetEstimate(string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "p10":
                _p10 = Instant(ref reader);
                break;
            case "p50":
                _p50 = Instant(ref reader);
                break;
            case "p90":
                _p90 = Instant(ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    void SetSupervision(string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "host":
                Host = reader.GetString();
                break;
            case "pid":
                Pid = reader.GetInt32();
                break;
            case "components" or "agents":
                var children = name == "agents" ? SupervisedAgents : Components;
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    children.Add(ComponentLine.Parse(ref reader));
                }

                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <summary>Null while nothing is known.</summary>
    public TimeToGo? ToGo(DateTime now) =>
        (_p10, _p50, _p90) is ({ } p10, { } p50, { } p90) ? TimeToGo.Until(p10, p50, p90, now) : null;

    static DateTime? Instant(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null ? null : reader.GetDateTime();

    /// <summary>The counts in one line.</summary>
    public string Headline()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{State}: {Landed} of {Target} landed");
        Append(text, InProgress, "in progress");
        Append(text, Blocked, "blocked");
        Append(text, Left, "left on branches");
        Append(text, Pending, "pending");
        if (Pending > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" ({Ready} ready)");
        }

        if (Reason is not null)
        {
            text.Append(" · ").Append(SafeText.Line(Reason));
        }

        return text.ToString();
    }

    public string Format(DateTime now, int width)
    {
        if (State == StatusJson.None)
        {
            return "no swarm has run here yet; 'beadswarm run' starts one\n";
        }

        var text = new StringBuilder(Headline()).Append('\n');
        if (State == StatusJson.Interrupted)
        {
            text.Append("its orchestrator is gone; 'beadswarm run' goes on where it was\n");
        }

        if (ToGo(now) is { } left)
        {
            text.Append(left).Append('\n');
        }

        if (Tokens > 0 || CostUsd > 0)
        {
            text.Append("costs ").Append(CostText.Describe(
                new CostSum(Executions, Unpriced, 0, new TokenCount(Tokens, 0, 0, 0), CostUsd ?? 0))).Append('\n');
        }

        if (TargetHealth is not null)
        {
            text.Append(SafeText.Line(TargetHealth)).Append('\n');
        }

        foreach (var component in Components)
        {
            if (component.Troubled)
            {
                text.Append(SafeText.Line($"{component.Name} {component.Describe()}", width)).Append('\n');
            }
        }

        foreach (var limit in Limits)
        {
            text.Append(SafeText.Line(limit, width)).Append('\n');
        }

        foreach (var pull in PullRequests)
        {
            text.Append(SafeText.Line(pull, width)).Append('\n');
        }

        if (Nodes.Count > 1)
        {
            foreach (var node in Nodes)
            {
                text.Append(SafeText.Line(node.Describe(now), width)).Append('\n');
            }
        }

        if (Agents.Count > 0)
        {
            text.Append('\n').Append(FormatAgents(now, width));
        }

        return text.ToString();
    }

    public string FormatAgents(DateTime now, int width)
    {
        // Which node an agent is on is of interest only where there are several.
        var shown = Nodes.Count > 1;
        var table = new TextTable(
        [
            new TextColumn("agent", Right: true),
            .. shown ? [new TextColumn("node")] : Array.Empty<TextColumn>(),
            "role", "status", new TextColumn("for", Right: true), "bead", "stage",
            new TextColumn("attempt", Right: true), new TextColumn("note", Flexible: true),
        ]);
        foreach (var agent in Agents)
        {
            table.Add(
            [
                agent.Agent.ToString(CultureInfo.InvariantCulture),
                .. shown ? [agent.Node] : Array.Empty<string?>(),
                agent.Role, agent.Status, Spans.Format(now - agent.Since), agent.Bead, agent.Stage,
                agent.Attempt?.ToString(CultureInfo.InvariantCulture), agent.Reason ?? "",
            ]);
        }

        return table.Format(width);
    }

    static void Append(StringBuilder text, int count, string what)
    {
        if (count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", {count} {what}");
        }
    }
}
