using System.Globalization;
using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Pipelines;

/// <summary>A gate as a prompt shows it: the agent may run it, the orchestrator's own run decides.</summary>
sealed record PromptGate(string Name, string Command);

/// <summary>
/// What a prompt is filled with. Texts of beads and agents are data: they are inserted, never expanded.
/// </summary>
sealed record PromptValues
{
    /// <summary>A longer value is cut, with a note where the whole of it is.</summary>
    public const int ValueCharactersMax = 32 * 1024;

    public static readonly IReadOnlyList<string> Names =
    [
        "agent", "role", "bead", "bead.id", "bead.title", "bead.type", "bead.priority", "bead.description",
        "bead.design", "bead.acceptance", "bead.notes", "bead.labels", "stage", "attempt", "attempts", "retry",
        "feedback", "plan", "contract", "gates", "base", "branch", "target", "workspace",
    ];

    public required int Agent { get; init; }
    public required Bead Bead { get; init; }
    public required StageName Stage { get; init; }
    public required int Attempt { get; init; }
    public required int Attempts { get; init; }
    public string Role { get; init; } = "worker";

    /// <summary>The Markdown of <c>Feedback.Text</c> about the attempt before.</summary>
    public string? Feedback { get; init; }
    public string? Plan { get; init; }
    public string? Contract { get; init; }
    public IReadOnlyList<PromptGate> Gates { get; init; } = [];

    /// <summary>The commit the branch was made from.</summary>
    public string Base { get; init; } = "";
    public string Branch { get; init; } = "";
    public string Target { get; init; } = "";
    public string Workspace { get; init; } = "";

    public string this[string name] => name switch
    {
        "agent" => Number(Agent),
        "role" => Role,
        "bead" => Fenced(BeadText(), "text"),
        "bead.id" => Bead.Id.Value,
        "bead.title" => Cut(Bead.Title),
        "bead.type" => Cut(Bead.Type),
        "bead.priority" => Number(Bead.Priority),
        "bead.description" => Cut(Bead.Description),
        "bead.design" => Cut(Bead.Design),
        "bead.acceptance" => Cut(Bead.AcceptanceCriteria),
        "bead.notes" => Cut(Bead.Notes),
        "bead.labels" => Cut(string.Join(", ", Bead.Labels)),
        "stage" => Stage.Value,
        "attempt" => Number(Attempt),
        "attempts" => Number(Attempts),
        "retry" => Attempt > 1 ? Number(Attempt) : "",
        "feedback" => Cut(Feedback ?? ""),
        "plan" => Fenced(Plan, "markdown"),
        "contract" => Fenced(Contract, "markdown"),
        "gates" => string.Join('\n', Gates.Select(gate => $"- {gate.Name}: {Code(gate.Command)}")),
        "base" => Base,
        "branch" => Branch,
        "target" => Target,
        "workspace" => Workspace,
        _ => throw new KeyNotFoundException($"no prompt value '{name}'"),
    };

    string BeadText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"id: {Bead.Id}\ntype: {Bead.Type}\npriority: {Bead.Priority}\n");
        Append("labels", string.Join(", ", Bead.Labels));
        Append("title", Bead.Title);
        Append("description", Bead.Description);
        Append("design", Bead.Design);
        Append("acceptance criteria", Bead.AcceptanceCriteria);
        Append("notes", Bead.Notes);
        return text.ToString();

        void Append(string name, string value)
        {
            if (value.Length > 0)
            {
                var gap = value.Contains('\n') ? "\n" : "";
                text.Append(CultureInfo.InvariantCulture, $"{name}: {gap}{value.TrimEnd()}\n");
            }
        }
    }

    static string Fenced(string? text, string language) =>
        string.IsNullOrWhiteSpace(text) ? "" : Markdown.Fence(Cut(text).TrimEnd(), language);

    static string Code(string command) => command.Contains('`') ? $"`` {command} ``" : $"`{command}`";

    static string Cut(string text) =>
        text.Length <= ValueCharactersMax
            ? text
            : Markdown.Head(text, ValueCharactersMax) + "\n[cut here; the whole text is in the files named above]";

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
