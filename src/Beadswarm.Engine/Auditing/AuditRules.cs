namespace Beadswarm.Auditing;

/// <summary>
/// All rules of an audit. They are pure: a simulation asks them after each of its runs, <c>beadswarm audit</c> asks
/// them about what is really there.
/// </summary>
static class AuditRules
{
    public static readonly IReadOnlyList<AuditRule> All =
    [
        .. JournalRules.All,
        .. StateRules.All,
        .. HolderRules.All,
        .. ProgressRules.All,
        .. EvidenceRules.All,
        .. LandingRules.All,
        .. TargetRules.All,
        .. TrackerRules.All,
        .. SurroundingRules.All,
    ];

    public static AuditReport Examine(AuditInput input)
    {
        var view = new AuditView(input);
        var findings = new List<RuledFinding>();
        var skipped = new List<SkippedRule>();
        foreach (var rule in All)
        {
            if (WhyNot(rule.Needs, input) is { } why)
            {
                skipped.Add(new SkippedRule(rule, why));
            }
            else
            {
                findings.AddRange(rule.Find(view).Select(finding => new RuledFinding(rule, finding)));
            }
        }

        return new AuditReport(
            view.Moment, findings, skipped, All.Count - skipped.Count, JournalSeal.Of(input.Store.Journal));
    }

    static string? WhyNot(AuditNeeds needs, AuditInput input)
    {
        string Unseen(AuditNeeds what, string name) =>
            input.Unseen.GetValueOrDefault(what, $"{name} was not looked at");

        return needs.HasFlag(AuditNeeds.Rest) && input.Alive ? "a swarm is at work"
            : needs.HasFlag(AuditNeeds.Target) && input.Target is null ? Unseen(AuditNeeds.Target, "the target branch")
            : needs.HasFlag(AuditNeeds.Tracker) && input.Tracker is null ? Unseen(AuditNeeds.Tracker, "the tracker")
            : needs.HasFlag(AuditNeeds.Surroundings) && input.Surroundings is null
                ? Unseen(AuditNeeds.Surroundings, "what runs and lies around")
            : needs.HasFlag(AuditNeeds.Seal) && input.Earlier is null ? "no seal of an earlier audit was given"
            : null;
    }
}
