namespace Beadswarm.Supervision;

/// <summary>Something to tell of, on behalf of all of the same reason that have not been told.</summary>
/// <param name="Count">How many it stands for, itself included.</param>
/// <param name="Who">Some of those it happened to, the newest last.</param>
sealed record Told(string Reason, int Count, IReadOnlyList<string> Who);

/// <summary>
/// Keeps a storm, mostly of failures, from becoming one of messages: of each distinct reason the first few are told at
/// once, and those that follow within the pause are counted and told as one when it is over. Whatever happens, there is
/// a bounded number of messages for each reason and pause, and of reasons.
/// </summary>
/// <param name="first">How many of one reason are told at once within a pause.</param>
sealed class StormDigest(TimeSpan pause, int first = 1)
{
    /// <summary>Reasons told apart at one time; further ones are told as one.</summary>
    public const int ReasonsMax = 50;

    const int WhoMax = 5;
    const string Others = "\0others";

    readonly Dictionary<string, Entry> _entries = [];

    /// <summary>Whether something has been counted that is still to be told.</summary>
    public bool Pending => _entries.Values.Any(entry => entry.Count > 0);

    /// <summary>What to tell now; null when it is only counted.</summary>
    public Told? Note(string reason, string who, DateTimeOffset now)
    {
        var key = StormReasons.KeyOf(reason);
        if (!_entries.TryGetValue(key, out var entry))
        {
            Forget(now);
            key = _entries.Count < ReasonsMax ? key : Others;
            if (!_entries.TryGetValue(key, out entry))
            {
                _entries.Add(key, entry = new Entry());
            }
        }

        entry.Add(reason, who);
        if (now - entry.Since >= pause)
        {
            entry.Begin(now);
        }

        return entry.Told < first ? entry.Tell() : null;
    }

    /// <summary>What was counted and whose pause is over.</summary>
    public IReadOnlyList<Told> Due(DateTimeOffset now) => Tell(entry => now - entry.Since >= pause);

    /// <summary>All that was counted, because nothing will follow.</summary>
    public IReadOnlyList<Told> Rest() => Tell(_ => true);

    IReadOnlyList<Told> Tell(Func<Entry, bool> which) =>
        [.. _entries.Values.Where(entry => entry.Count > 0 && which(entry)).Select(entry => entry.Tell())];

    void Forget(DateTimeOffset now)
    {
        foreach (var (key, entry) in _entries.Where(pair => pair.Value.Count == 0).ToArray())
        {
            if (now - entry.Since >= pause)
            {
                _entries.Remove(key);
            }
        }
    }

    /// <summary>One reason.</summary>
    sealed class Entry
    {
        readonly Queue<string> _who = [];
        string _reason = "";

        /// <summary>Those that have not been told.</summary>
        public int Count { get; private set; }

        /// <summary>Messages since then.</summary>
        public int Told { get; private set; }

        /// <summary>When its pause began.</summary>
        public DateTimeOffset Since { get; private set; } = DateTimeOffset.MinValue;

        public void Begin(DateTimeOffset now) => (Since, Told) = (now, 0);

        public void Add(string reason, string who)
        {
            Count++;
            _reason = reason;
            _who.Enqueue(who);
            if (_who.Count > WhoMax)
            {
                _who.Dequeue();
            }
        }

        public Told Tell()
        {
            var told = new Told(_reason, Count, [.. _who]);
            Told++;
            Count = 0;
            _who.Clear();
            return told;
        }
    }
}

/// <summary>When two events have the same reason.</summary>
static class StormReasons
{
    const int KeyLengthMax = 160;

    /// <summary>
    /// The beginning of the text without its numbers: process ids, agents, ports and times differ, the reason does not.
    /// </summary>
    public static string KeyOf(string reason)
    {
        var key = new System.Text.StringBuilder();
        foreach (var c in reason)
        {
            if (!char.IsAsciiDigit(c))
            {
                key.Append(c);
            }
            else if (key.Length == 0 || key[^1] != '#')
            {
                key.Append('#');
            }

            if (key.Length >= KeyLengthMax)
            {
                break;
            }
        }

        return key.ToString();
    }
}
