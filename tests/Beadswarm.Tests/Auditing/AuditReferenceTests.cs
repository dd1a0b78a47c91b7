using System.Runtime.CompilerServices;
using System.Text;
using Beadswarm.Auditing;

namespace Beadswarm.Tests.Auditing;

/// <summary>Keeps docs/reference/audit.md the same as the rules. <c>UPDATE_SNAPSHOTS=1</c> writes it.</summary>
public sealed class AuditReferenceTests
{
    [Fact]
    public async Task The_reference_lists_every_rule_with_what_it_needs()
    {
        var path = Path.Combine(Root(), "docs", "reference", "audit.md");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(path, Reference(), TestContext.Current.CancellationToken);
            return;
        }

        Assert.True(File.Exists(path), $"there is no {path}; run with UPDATE_SNAPSHOTS=1 and review the new file");
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), Reference());
    }

    static string Reference()
    {
        var text = new StringBuilder("""
            # Rules of the audit

            Generated from `AuditRules` by a test; do not edit. `beadswarm audit` checks these on a swarm that has
            ended, was stopped or killed, or is at work; a simulation checks them after every run. The numbers are
            those of `docs/guides/audit.md`. A rule that cannot be checked now is named with the reason.

            | rule | numbers | what must hold | not while a swarm works | looks at, beside the store |
            |---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var rule in AuditRules.All)
        {
            text.Append($"| `{rule.Name}` | {rule.Invariants} | {rule.Holds} | ")
                .Append(rule.Needs.HasFlag(AuditNeeds.Rest) ? "x" : "").Append(" | ")
                .AppendJoin(", ", Looks(rule.Needs)).Append(" |\n");
        }

        return text.ToString();
    }

    static IEnumerable<string> Looks(AuditNeeds needs) =>
        new (AuditNeeds Need, string Name)[]
        {
            (AuditNeeds.Target, "target"), (AuditNeeds.Tracker, "tracker"),
            (AuditNeeds.Surroundings, "processes and folders"), (AuditNeeds.Seal, "an earlier seal"),
        }.Where(look => needs.HasFlag(look.Need)).Select(look => look.Name);

    static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
