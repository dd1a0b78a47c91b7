using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>How a scenario's repository is to be judged.</summary>
sealed record AuditTerms
{
    public string Target { get; init; } = "main";

    /// <summary>Names and commands of the gates that guard the target.</summary>
    public IReadOnlyDictionary<string, string> Gates { get; init; } =
        new Dictionary<string, string> { ["check"] = "sh gate.sh" };

    /// <summary>Where the scripted agent's usual work of a bead is, and what it contains.</summary>
    public Func<string, (string Path, string Text)?> ContentOf { get; init; } =
        bead => ($"src/{bead}.txt", "status: done");

    /// <summary>The tracker's file is committed, so the target's tip holds the same states as the checkout.</summary>
    public bool TrackerCommitted { get; init; } = true;
}

/// <summary>
/// Every invariant of the blueprint that can be seen from outside on a repository whose swarm has ended: by git, by
/// the tracker's file, by the journal, by the processes of the machine and by what else lies around.
/// </summary>
static class OutsideAudit
{
    /// <summary>What is wrong; nothing when all holds.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(
        GitRepository repository, Baseline before, AuditTerms terms)
    {
        var records = await SwarmRecords.ReadAsync(repository);
        var where = repository.HasOrigin ? repository.Origin : repository.Path;
        var target = new TargetAudit(repository, new TargetExpectation(
            where, terms.Target, before.Tip, [.. terms.Gates.Values], terms.ContentOf));
        var after = await File.ReadAllBytesAsync(repository[GitRepository.TrackerFile], Machine.Cancel);
        return
        [
            .. await target.CheckAsync(records.Landed, TrackerLines.Parse(before.Tracker)),
            .. TrackerAudit.Check(before.Tracker, after, records.Landed.Keys.ToHashSet(), records.Told),
            .. terms.TrackerCommitted ? Committed(repository, where, terms.Target, after) : [],
            .. new JournalAudit([.. terms.Gates.Keys]).Check(records.Journal, records.Beads),
            .. Trees(repository, where, records),
            .. SurroundingsAudit.Check(repository, before, terms.Target),
        ];
    }

    public static async Task PassAsync(GitRepository repository, Baseline before, AuditTerms? terms = null)
    {
        var findings = await FindAsync(repository, before, terms ?? new AuditTerms());
        Assert.True(findings.Count == 0, string.Join('\n', findings));
    }

    static IEnumerable<string> Committed(GitRepository repository, string where, string target, byte[] file)
    {
        var committed = repository.GitIn(where, "rev-parse", $"{target}:{GitRepository.TrackerFile}");
        var here = repository.Git("hash-object", "--no-filters", repository[GitRepository.TrackerFile]);
        if (committed != here)
        {
            yield return $"tracker: the file ({file.Length} bytes) is not what the tip of {target} holds";
        }
    }

    /// <summary>The gates were run on a tree; that tree must be the one that landed.</summary>
    static IEnumerable<string> Trees(GitRepository repository, string where, SwarmRecords records)
    {
        var green = new HashSet<string>();
        foreach (var entry in records.Journal)
        {
            var commit = entry.Event switch
            {
                JournalEvent.LandingIntended intended => intended.BatchCommit ?? intended.Candidate,
                JournalEvent.TrackerCommitted committed => committed.Commit,
                _ => null,
            };
            if (entry.Event is JournalEvent.GateRan { Status: "passed" } gate)
            {
                green.Add(gate.Tree);
            }

            if (commit is null)
            {
                continue;
            }

            // What was intended and never moved is in nobody's history; only what is there counts.
            var tree = Machine.Run(
                where, repository.Environment, "git", "rev-parse", "-q", "--verify", $"{commit}^{{tree}}");
            if (tree.ExitCode == 0 && !green.Contains(tree.Out.Trim()))
            {
                yield return $"journal: entry {entry.Sequence} is about {commit}, whose tree had passed no gate";
            }
        }
    }
}
