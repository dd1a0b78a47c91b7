using System.Text.Json.Nodes;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>One bead of a made-up backlog, as a tracker writes it.</summary>
sealed record BeadLine(string Id, int Priority = 2, params string[] Blockers)
{
    public string Status { get; init; } = "open";

    public string Type { get; init; } = "task";

    public string? Parent { get; init; }

    /// <summary>Minutes after the first one: age decides between beads that are otherwise alike.</summary>
    public int Age { get; init; }

    public string ToJson()
    {
        var at = $"2026-01-01T00:{Age:00}:00Z";
        var json = new JsonObject
        {
            ["id"] = Id,
            ["title"] = $"Do {Id}",
            ["description"] = $"What {Id} is about.",
            ["status"] = Status,
            ["priority"] = Priority,
            ["issue_type"] = Type,
            ["created_at"] = at,
            ["updated_at"] = at,
        };
        if (Status == "closed")
        {
            json["closed_at"] = at;
        }

        var edges = new JsonArray();
        foreach (var (target, kind) in Blockers.Select(blocker => (blocker, "blocks"))
            .Concat(Parent is null ? [] : [(Parent, "parent-child")]))
        {
            edges.Add(new JsonObject
            {
                ["issue_id"] = Id,
                ["depends_on_id"] = target,
                ["type"] = kind,
                ["created_at"] = at,
                ["created_by"] = "owner",
            });
        }

        if (edges.Count > 0)
        {
            json["dependencies"] = edges;
        }

        return json.ToJsonString();
    }
}
