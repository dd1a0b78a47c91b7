using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>
/// The form of a verdict for programs that can hold their model to one. It reads like a result file, and is strict
/// enough for every vendor: each property is required and no other is allowed.
/// </summary>
static class VerdictSchema
{
    public const string FileName = "verdict.schema.json";

    public const string Json =
        """
        {"type":"object","additionalProperties":false,"required":["verdict","summary","findings"],"properties":{
        "verdict":{"type":"string","enum":["pass","fail"]},"summary":{"type":"string"},
        "findings":{"type":"array","items":{"type":"object","additionalProperties":false,
        "required":["severity","title","detail","file","line"],"properties":{
        "severity":{"type":"string","enum":["critical","major","minor","note"]},"title":{"type":"string"},
        "detail":{"type":["string","null"]},"file":{"type":["string","null"]},"line":{"type":["integer","null"]}}}}}}
        """;

    /// <summary>
    /// The end of an agent that has ended well: by what its program returned, or else by what it left as a file.
    /// </summary>
    /// <param name="returned">JSON that may be a verdict, or null.</param>
    public static (AgentEnd.Finished End, string? Verdict) Finished(string? returned, AgentResult left)
    {
        if (returned is not null
            && AgentResultFile.Parse(System.Text.Encoding.UTF8.GetBytes(returned)) is AgentResult.Said said)
        {
            return (new AgentEnd.Finished(said.Verdict, null), returned);
        }

        return (CommandRunner.Finished(left), null);
    }

    /// <summary>The element's text, for what is a verdict or nothing.</summary>
    public static string? TextOf(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } verdict ? verdict.GetRawText() : null;
}
