using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Tests.Beads;

/// <summary>Beads and backlogs in as few words as a test needs.</summary>
static class Some
{
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A bead whose dependencies are written <c>target</c> or <c>type:target</c>.</summary>
    public static Bead Bead(
        string id, string[]? needs = null, string status = "open", string type = "task", int priority = 2,
        int age = 0) =>
        new()
        {
            Id = BeadId.Parse(id),
            Title = $"Bead {id}",
            Status = status,
            Type = type,
            Priority = priority,
            CreatedAt = Now.AddMinutes(-age),
            UpdatedAt = Now.AddMinutes(-age),
            Dependencies = [.. (needs ?? []).Select(Need)],
        };

    public static BeadDependency Need(string text)
    {
        var parts = text.Split('>');
        return parts.Length == 1
            ? new BeadDependency(text, "blocks", null)
            : new BeadDependency(parts[1], parts[0], parts.Length > 2 ? parts[2] : null);
    }

    public static BeadGraph Graph(params Bead[] beads) => new(beads);

    public static Backlog Backlog(string text, TrackerDialect dialect = TrackerDialect.Bd) =>
        Beadswarm.Beads.Backlog.Parse("issues.jsonl", Encoding.UTF8.GetBytes(text), dialect);

    public static string Ids(IEnumerable<Bead> beads) => string.Join(' ', beads.Select(bead => bead.Id));
}
