using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Beadswarm.Beads;
using Beadswarm.Pipelines;

namespace Beadswarm.Planning;

/// <summary>
/// Reads a proposal. Strict in everything: it becomes beads that others work on for hours, and the planner can be asked
/// again. All problems are told at once.
/// </summary>
static partial class ProposalReader
{
    public const int BytesMax = 512 * 1024;
    public const int BeadsMax = 50;
    public const int ProblemsMax = 50;

    const int TitleLengthMax = 200;
    const int TextLengthMax = 16 * 1024;
    const int AssumptionsMax = 50;
    const int DependenciesMax = 50;
    const int PriorityMax = 4;
    const int EstimateMax = 480;

    static readonly string[] RootFields = ["summary", "assumptions", "beads"];

    static readonly string[] BeadFields =
    [
        "key", "title", "type", "priority", "description", "contract", "acceptance", "estimateMinutes", "dependsOn",
    ];

    /// <summary>Types that bd and br both know, and that are work.</summary>
    static readonly string[] Types = ["task", "feature", "bug", "chore"];

    static readonly string TypeWords = string.Join("\",\"", Types);

    /// <summary>The form, for programs and for planners; what it cannot say is checked beside it.</summary>
    public static readonly string Schema =
        $$$"""
        {"type":"object","additionalProperties":false,"required":["summary","assumptions","beads"],"properties":{
        "summary":{"type":"string","maxLength":{{{TextLengthMax}}}},
        "assumptions":{"type":"array","maxItems":{{{AssumptionsMax}}},"items":{"type":"string"}},
        "beads":{"type":"array","minItems":1,"maxItems":{{{BeadsMax}}},"items":{"type":"object",
        "additionalProperties":false,
        "required":["key","title","type","priority","description","contract","acceptance","dependsOn"],"properties":{
        "key":{"type":"string","pattern":"^[a-z][a-z0-9-]{0,39}$"},
        "title":{"type":"string","maxLength":{{{TitleLengthMax}}}},
        "type":{"type":"string","enum":["{{{TypeWords}}}"]},
        "priority":{"type":"integer","minimum":0,"maximum":{{{PriorityMax}}}},
        "description":{"type":"string","maxLength":{{{TextLengthMax}}}},
        "contract":{"type":"string","maxLength":{{{TextLengthMax}}}},
        "acceptance":{"type":"string","maxLength":{{{TextLengthMax}}}},
        "estimateMinutes":{"type":["integer","null"],"minimum":1,"maximum":{{{EstimateMax}}}},
        "dependsOn":{"type":"array","maxItems":{{{DependenciesMax}}},
        "items":{"type":"string"} } } } } } }
        """;

    public static ProposalReading Read(string json)
    {
        var problems = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(
                JsonRepair.WithoutHalfPairs(Encoding.UTF8.GetBytes(json)),
                new JsonDocumentOptions { AllowDuplicateProperties = false });
            var proposal = Root(document.RootElement, problems);
            return problems.Count == 0
                ? new ProposalReading.Usable(proposal)
                : new ProposalReading.Unusable([.. problems.Take(ProblemsMax)]);
        }
        catch (JsonException broken)
        {
            return new ProposalReading.Unusable([string.Create(
                CultureInfo.InvariantCulture,
                $"it is not one JSON object: {Excerpt.Of(broken)} at line {broken.LineNumber + 1}")]);
        }
    }

    static Proposal Root(JsonElement root, List<string> problems)
    {
        var fields = new Fields(root, "the proposal", RootFields, problems);
        var beads = fields.Items("beads", 1, BeadsMax)
            .Select((bead, i) => Bead(bead, $"beads[{i}]", problems)).ToList();
        foreach (var doubled in beads.GroupBy(bead => bead.Key)
            .Where(group => group.Key.Length > 0 && group.Count() > 1))
        {
            problems.Add($"key '{doubled.Key}' is used {doubled.Count()} times; each bead needs its own");
        }

        return new Proposal(fields.Text("summary", TextLengthMax), fields.Words("assumptions", AssumptionsMax), beads);
    }

    static ProposedBead Bead(JsonElement element, string place, List<string> problems)
    {
        var fields = new Fields(element, place, BeadFields, problems);
        var bead = new ProposedBead(fields.Text("key", TitleLengthMax), fields.Text("title", TitleLengthMax))
        {
            Type = fields.Text("type", TitleLengthMax),
            Priority = fields.Whole("priority", 0, PriorityMax) ?? 0,
            Description = fields.Text("description", TextLengthMax),
            Contract = fields.Text("contract", TextLengthMax),
            Acceptance = fields.Text("acceptance", TextLengthMax),
            EstimateMinutes = fields.Has("estimateMinutes") ? fields.Whole("estimateMinutes", 1, EstimateMax) : null,
            DependsOn = fields.Words("dependsOn", DependenciesMax),
        };
        if (bead.Key.Length > 0 && !Key().IsMatch(bead.Key))
        {
            problems.Add(
                $"{place}.key: '{Excerpt.Of(bead.Key)}' is not lower case letters, digits and '-', at most 40");
        }

        if (bead.Type.Length > 0 && !Types.Contains(bead.Type))
        {
            problems.Add($"{place}.type: '{Excerpt.Of(bead.Type)}' is not one of {string.Join(", ", Types)}");
        }

        if (bead.Title.Any(char.IsControl))
        {
            problems.Add($"{place}.title: it is more than one line");
        }

        return bead;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex Key();

    /// <summary>The fields of one object; what is wrong with one is a problem, and its value an empty one.</summary>
    sealed class Fields
    {
        readonly JsonElement _element;
        readonly string _place;
        readonly List<string> _problems;

        public Fields(JsonElement element, string place, IReadOnlyList<string> known, List<string> problems)
        {
            (_element, _place, _problems) = (element, place, problems);
            if (element.ValueKind != JsonValueKind.Object)
            {
                problems.Add($"{place}: a JSON {Kind(element)}, expected an object");
                return;
            }

            foreach (var unknown in element.EnumerateObject().Where(field => !known.Contains(field.Name)))
            {
                problems.Add($"{place}: unknown field '{Excerpt.Of(unknown.Name)}'; "
                    + Suggestion.Hint(unknown.Name, known));
            }
        }

        public bool Has(string name) => Find(name) is { ValueKind: not JsonValueKind.Null };

        /// <summary>A text that says something.</summary>
        public string Text(string name, int lengthMax)
        {
            if (Find(name) is not { ValueKind: JsonValueKind.String } value || value.GetString() is not { } text)
            {
                Missing(name, "a text");
                return "";
            }

            if (string.IsNullOrWhiteSpace(text))
            {
                _problems.Add($"{_place}.{name}: it is empty");
            }

            if (text.Length > lengthMax)
            {
                _problems.Add($"{_place}.{name}: {text.Length} characters, the limit is {lengthMax}");
            }

            return text.Trim();
        }

        public int? Whole(string name, int least, int most)
        {
            if (Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number)
                && number >= least && number <= most)
            {
                return number;
            }

            Missing(name, $"a whole number from {least} to {most}");
            return null;
        }

        public IReadOnlyList<string> Words(string name, int countMax)
        {
            var words = new List<string>();
            foreach (var item in Items(name, 0, countMax))
            {
                if (item.ValueKind == JsonValueKind.String
                    && item.GetString() is { Length: > 0 and <= TextLengthMax } word)
                {
                    words.Add(word);
                }
                else
                {
                    _problems.Add($"{_place}.{name}: expected texts that are not empty");
                }
            }

            return words;
        }

        public IReadOnlyList<JsonElement> Items(string name, int least, int most)
        {
            if (Find(name) is not { ValueKind: JsonValueKind.Array } list)
            {
                Missing(name, "a list");
                return [];
            }

            var count = list.GetArrayLength();
            if (count < least || count > most)
            {
                _problems.Add($"{_place}.{name}: {count} entries, expected {least} to {most}");
            }

            return [.. list.EnumerateArray().Take(most)];
        }

        JsonElement? Find(string name) =>
            _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(name, out var value) ? value : null;

        void Missing(string name, string expected)
        {
            if (_element.ValueKind == JsonValueKind.Object)
            {
                _problems.Add(Find(name) is { } value
                    ? $"{_place}.{name}: a JSON {Kind(value)}, expected {expected}"
                    : $"{_place}.{name}: it is missing, expected {expected}");
            }
        }

        static string Kind(JsonElement element) => element.ValueKind.ToString().ToLowerInvariant();
    }
}
