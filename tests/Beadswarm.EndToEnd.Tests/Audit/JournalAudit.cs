using Beadswarm.Claims;
using Beadswarm.Journal;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>What must be true of any journal of a swarm that has ended, whatever happened on the way.</summary>
sealed class JournalAudit(IReadOnlyList<string> landingGates)
{
    readonly List<string> _findings = [];
    readonly HashSet<(string Gate, string Tree)> _green = [];
    readonly Dictionary<long, JournalEvent.LandingIntended> _intended = [];

    /// <summary>By the commit that takes in several: the tree of the last of them, which is what was tested.</summary>
    readonly Dictionary<string, string> _batches = [];
    readonly Dictionary<string, long> _tokens = [];
    readonly Dictionary<string, int> _attempts = [];
    readonly Dictionary<long, string> _openRuns = [];
    readonly HashSet<string> _landed = [];

    /// <param name="journal">All of it.</param>
    /// <param name="beads">The store's tables.</param>
    public IReadOnlyList<string> Check(IReadOnlyList<JournalEntry> journal, IReadOnlyCollection<BeadWork> beads)
    {
        foreach (var (entry, index) in journal.Select((entry, index) => (entry, index)))
        {
            if (entry.Sequence != index + 1)
            {
                _findings.Add($"journal: entry {index + 1} has the sequence {entry.Sequence}");
                break;
            }
        }

        foreach (var entry in journal)
        {
            Take(entry);
        }

        _findings.AddRange(_openRuns.Values.Select(bead => $"journal: a stage of {bead} began and never ended"));
        var differences = JournalFold.Differences(JournalFold.Fold(journal), beads);
        _findings.AddRange(differences.Select(line => $"journal: {line}"));
        _findings.AddRange(
            from bead in beads
            where bead.State is BeadState.Held or BeadState.Landing
            select $"journal: the swarm has ended and {bead.Id} is {bead.State}");
        return _findings;
    }

    void Take(JournalEntry entry)
    {
        var bead = entry.Bead?.Value ?? "";
        switch (entry.Event)
        {
            case JournalEvent.GateRan { Status: "passed" } gate:
                _green.Add((gate.Gate, gate.Tree));
                break;
            case JournalEvent.BeadClaimed claimed:
                Token(entry, bead, claimed.Token);
                Attempt(entry, bead, claimed.Attempt);
                break;
            case JournalEvent.BeadAdopted adopted:
                Token(entry, bead, adopted.Token);
                break;
            case JournalEvent.StageStarted started:
                Attempt(entry, bead, started.Attempt);
                _openRuns[started.Run] = bead;
                break;
            case JournalEvent.StageEnded ended:
                Attempt(entry, bead, ended.NextAttempt ?? ended.Attempt);
                if (!_openRuns.Remove(ended.Run))
                {
                    _findings.Add($"journal: entry {entry.Sequence} ends run {ended.Run} of {bead}, which is not open");
                }

                break;
            case JournalEvent.BeadReleased:
            case JournalEvent.LeaseExpired:
                // Whoever loses a claim loses the stage with it: the run is closed as interrupted.
                Close(bead);
                break;
            case JournalEvent.LandingReturned returned:
                Attempt(entry, bead, returned.NextAttempt ?? _attempts.GetValueOrDefault(bead));
                break;
            case JournalEvent.BeadRevived revived:
                Attempt(entry, bead, revived.Attempt ?? _attempts.GetValueOrDefault(bead));
                _landed.Remove(bead);
                break;
            case JournalEvent.LandingIntended intended:
                _intended[intended.Landing] = intended;
                _batches[intended.BatchCommit ?? intended.Candidate] = intended.Tree;
                break;
            case JournalEvent.BeadLanded landed:
                Landed(entry, bead, landed);
                break;
        }
    }

    void Landed(JournalEntry entry, string bead, JournalEvent.BeadLanded landed)
    {
        if (!_landed.Add(bead))
        {
            _findings.Add($"journal: entry {entry.Sequence} lands {bead} again");
        }

        if (!_intended.TryGetValue(landed.Landing, out var intended) || intended.Candidate != landed.Commit)
        {
            _findings.Add($"journal: entry {entry.Sequence} lands {bead} as {landed.Commit}, which was never intended");
            return;
        }

        var tested = _batches[intended.BatchCommit ?? intended.Candidate];
        foreach (var gate in landingGates.Where(gate => !_green.Contains((gate, tested))))
        {
            _findings.Add($"journal: entry {entry.Sequence} lands {bead} without gate {gate} having passed its tree");
        }
    }

    void Token(JournalEntry entry, string bead, long token)
    {
        if (token <= _tokens.GetValueOrDefault(bead))
        {
            _findings.Add($"journal: entry {entry.Sequence} grants {bead} with token {token}, which does not grow");
        }

        _tokens[bead] = token;
    }

    void Attempt(JournalEntry entry, string bead, int attempt)
    {
        if (attempt < _attempts.GetValueOrDefault(bead))
        {
            _findings.Add(
                $"journal: entry {entry.Sequence} takes {bead} from attempt {_attempts[bead]} back to {attempt}");
        }

        _attempts[bead] = attempt;
    }

    void Close(string bead)
    {
        foreach (var run in _openRuns.Where(run => run.Value == bead).Select(run => run.Key).ToArray())
        {
            _openRuns.Remove(run);
        }
    }
}
