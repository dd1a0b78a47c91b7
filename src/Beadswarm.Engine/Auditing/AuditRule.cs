using Beadswarm.Beads;

namespace Beadswarm.Auditing;

/// <summary>How much a finding matters.</summary>
enum AuditSeverity
{
    /// <summary>Worth knowing: somebody else's doing, or something that the next run settles.</summary>
    Note,

    /// <summary>Something that must always hold does not.</summary>
    Violation,
}

/// <summary>One thing that does not agree.</summary>
/// <param name="Found">The values that disagree, where they are not in <paramref name="What"/> already.</param>
/// <param name="Remedy">What to do; null: what the rule says.</param>
sealed record AuditFinding(
    BeadId? Bead, string What, string? Found = null, string? Remedy = null,
    AuditSeverity Severity = AuditSeverity.Violation);

/// <summary>What a rule must be able to look at, beside the store.</summary>
[Flags]
enum AuditNeeds
{
    Nothing = 0,

    /// <summary>No orchestrator lives.</summary>
    Rest = 1,
    Target = 2,
    Tracker = 4,
    Surroundings = 8,

    /// <summary>The seal that an earlier audit gave.</summary>
    Seal = 16,
}

/// <summary>One thing that must hold, and how it is checked.</summary>
/// <param name="Name">Stable, for scripts: <c>claim.tokens</c>.</param>
/// <param name="Invariants">The numbers under which the reliability documents know it.</param>
/// <param name="Holds">What must be true, as one clause.</param>
/// <param name="Remedy">What to do where it is not.</param>
sealed record AuditRule(
    string Name, string Invariants, string Holds, string Remedy, AuditNeeds Needs,
    Func<AuditView, IEnumerable<AuditFinding>> Find);

/// <summary>A finding with the rule that made it.</summary>
sealed record RuledFinding(AuditRule Rule, AuditFinding Finding)
{
    public string Remedy => Finding.Remedy ?? Rule.Remedy;
}

/// <summary>A rule that could not be checked, and why.</summary>
sealed record SkippedRule(AuditRule Rule, string Why);

/// <summary>What came of an audit.</summary>
sealed record AuditReport(
    AuditMoment Moment, IReadOnlyList<RuledFinding> Findings, IReadOnlyList<SkippedRule> Skipped, int Checked,
    JournalSeal Seal)
{
    public int Violations => Findings.Count(found => found.Finding.Severity == AuditSeverity.Violation);
}
