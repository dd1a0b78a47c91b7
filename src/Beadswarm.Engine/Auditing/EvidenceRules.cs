using Beadswarm.Journal;
using Beadswarm.Storage;

namespace Beadswarm.Auditing;

/// <summary>That verdicts are about what they say that they are about.</summary>
static class EvidenceRules
{
    const string Remedy = "do not trust the verdict: run the gates on that commit by hand, and report this";

    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("gate.tree", "I8", "a verdict on a commit is a verdict on that commit's tree", Remedy, AuditNeeds.Nothing,
            Trees),
        new("gate.baseline", "I8", "a baseline only falls", Remedy, AuditNeeds.Nothing, Baselines),
        new("target.tested", "I5", "what the swarm put onto the target had passed every gate as exactly that tree",
            "run the gates on the target now; if one is red, revert that commit. Report this", AuditNeeds.Target,
            Tested),
    ];

    static IEnumerable<AuditFinding> Trees(AuditView view)
    {
        var known = new Dictionary<string, string>();
        foreach (var commit in view.Input.Target?.Commits ?? [])
        {
            known[commit.Id] = commit.Tree;
        }

        foreach (var entry in view.Store.Journal)
        {
            var (commit, tree) = entry.Event switch
            {
                JournalEvent.GateRan gate => (gate.Commit, gate.Tree),
                JournalEvent.LandingIntended intended => (intended.Candidate, intended.Tree),
                _ => (null, null), // nothing else names a commit with its tree
            };
            if (commit is not null && tree is not null && !known.TryAdd(commit, tree) && known[commit] != tree)
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} takes {commit} for tree {tree}", $"it is {known[commit]}");
            }
        }
    }

    static IEnumerable<AuditFinding> Baselines(AuditView view)
    {
        var last = new Dictionary<string, int>();
        foreach (var (entry, lowered, _) in view.Of<JournalEvent.BaselineLowered>())
        {
            if (last.TryGetValue(lowered.Gate, out var before) && lowered.Count >= before)
            {
                yield return new AuditFinding(
                    null, $"entry {entry.Sequence} sets the baseline of gate {lowered.Gate} to {lowered.Count}",
                    $"it was {before}");
            }

            last[lowered.Gate] = lowered.Count;
        }
    }

    static IEnumerable<AuditFinding> Tested(AuditView view)
    {
        var trees = (view.Input.Target?.Commits ?? []).ToDictionary(commit => commit.Id, commit => commit.Tree);
        var required = new Dictionary<string, string>();
        var passed = new HashSet<(string Gate, string? Recipe, string Tree)>();
        foreach (var entry in view.Store.Journal)
        {
            if (entry.Event is JournalEvent.SwarmStarted)
            {
                required.Clear();
            }
            else if (entry.Event is JournalEvent.GateRequired gate)
            {
                required[gate.Gate] = gate.Recipe;
            }
            else if (entry.Event is JournalEvent.GateRan { Status: "passed" } ran)
            {
                passed.Add((ran.Gate, ran.Recipe, ran.Tree));
            }

            if (CommitOf(entry.Event) is not { } commit || !trees.TryGetValue(commit, out var tree))
            {
                continue;
            }

            foreach (var (name, recipe) in required.Where(gate => !passed.Contains((gate.Key, gate.Value, tree))))
            {
                yield return new AuditFinding(
                    entry.Bead, $"entry {entry.Sequence} puts {commit} onto {view.Input.Target?.Branch}, and gate "
                        + $"{name} had not passed on its tree",
                    $"tree {tree}, recipe {recipe}");
            }
        }
    }

    static string? CommitOf(JournalEvent happened) => happened switch
    {
        JournalEvent.LandingIntended intended => intended.BatchCommit ?? intended.Candidate,
        JournalEvent.EffectIntended effect
            when EffectRules.Is(effect, EffectKind.TrackerCommit) || EffectRules.Is(effect, EffectKind.Promotion) =>
            effect.To,
        _ => null, // nothing else moves the target
    };
}
