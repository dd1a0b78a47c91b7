namespace Beadswarm.Pipelines;

/// <summary>
/// The names under which stages keep what they leave; the store takes any text, these are the ones in use.
/// </summary>
static class ArtifactKind
{
    public const string Plan = "implementation_plan";
    public const string Contract = "contract_document";
    public const string Verdict = "validation_report";
    public const string Findings = "failure_details";
    public const string TestOutput = "test_output";
    public const string GateReport = "quality_gate_report";
    public const string AgentLog = "stage_log";
    public const string Prompt = "prompt";
    public const string Feedback = "feedback";
    public const string RetryPacket = "retry_packet";
    public const string Handoff = "handoff";
    public const string Dossier = "dossier";

    /// <summary>A document that a stage of one's own leaves under a name of its own.</summary>
    public const string Document = "document";

    /// <summary>The kind of a document that an agent left, told by its file name.</summary>
    public static string OfFile(string name) => name switch
    {
        "plan.md" => Plan,
        "contract.md" => Contract,
        _ => Document,
    };
}
