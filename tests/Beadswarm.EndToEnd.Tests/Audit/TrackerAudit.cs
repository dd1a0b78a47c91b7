using System.Text.Json;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>The tracker after a swarm: closed is what landed, and nothing else has changed.</summary>
static class TrackerAudit
{
    /// <summary>The only fields that a swarm writes.</summary>
    static readonly string[] Written =
        ["status", "assignee", "updated_at", "started_at", "closed_at", "close_reason", "notes"];

    /// <param name="landed">Beads that are on the target.</param>
    /// <param name="told">Beads of which the tracker was told something.</param>
    public static IEnumerable<string> Check(
        byte[] before, byte[] after, IReadOnlySet<string> landed, IReadOnlySet<string> told)
    {
        var (old, now) = (TrackerLines.Parse(before), TrackerLines.Parse(after));
        if (now.Faults.Count > 0)
        {
            return now.Faults.Select(fault => $"tracker: {fault}");
        }

        return old.Order.SequenceEqual(now.Order)
            ? [.. Lines(old, now, landed, told)]
            : ["tracker: beads were added, removed or moved"];
    }

    static IEnumerable<string> Lines(
        TrackerLines old, TrackerLines now, IReadOnlySet<string> landed, IReadOnlySet<string> told)
    {
        foreach (var id in now.Ids)
        {
            var status = now.Status(id);
            if (!told.Contains(id) && !now.Line(id).SequenceEqual(old.Line(id)))
            {
                yield return $"tracker: the line of {id} has changed though the swarm had nothing to say about it";
            }

            if (landed.Contains(id) && status != "closed")
            {
                yield return $"tracker: {id} landed and is {status}";
            }

            var ended = HasEnded(old, now, id);
            if (status == "closed" && old.Status(id) != "closed" && !landed.Contains(id) && !ended)
            {
                yield return $"tracker: {id} is closed and did not land";
            }

            if (status == "open" && ended)
            {
                yield return $"tracker: {id} is open though everything below it is done";
            }

            if (status == "in_progress" && (told.Contains(id) || old.Status(id) != "in_progress"))
            {
                yield return $"tracker: {id} is in_progress and nobody works on it";
            }

            foreach (var field in Differing(old.Json(id), now.Json(id)))
            {
                yield return $"tracker: field {field} of {id} is not the swarm's to change";
            }

            if (told.Contains(id)
                && (status == "closed") != (now.Json(id).TryGetProperty("closed_at", out var at)
                    && at.ValueKind == JsonValueKind.String))
            {
                yield return $"tracker: {id} is {status}, which does not fit its closed_at";
            }
        }
    }

    /// <summary>An epic is not landed; it ends with the last of its children.</summary>
    static bool HasEnded(TrackerLines old, TrackerLines now, string id) =>
        now.IsEpic(id) && now.Children(id) is { Count: > 0 } children && children.All(now.IsEnded)
        && children.Any(child => !old.IsEnded(child));

    static IEnumerable<string> Differing(JsonElement old, JsonElement now) =>
        old.EnumerateObject().Select(field => field.Name).Union(now.EnumerateObject().Select(field => field.Name))
            .Except(Written)
            .Where(name => !old.TryGetProperty(name, out var a) || !now.TryGetProperty(name, out var b)
                || !JsonElement.DeepEquals(a, b));
}
