namespace Beadswarm.Agents;

/// <summary>
/// One thing that an agent did, as a person reads it: what its program printed, without the program's form.
/// </summary>
abstract record TranscriptEntry
{
    TranscriptEntry() { }

    /// <summary>Its model said this.</summary>
    public sealed record Said(string Text) : TranscriptEntry;

    /// <summary>Its model thought this aloud.</summary>
    public sealed record Thought(string Text) : TranscriptEntry;

    /// <summary>It ran a command.</summary>
    public sealed record Ran(string Command) : TranscriptEntry;

    /// <summary>It changed files.</summary>
    /// <param name="How">The tool or the kind of change.</param>
    public sealed record Changed(string How, IReadOnlyList<string> Files) : TranscriptEntry;

    /// <summary>It used another tool.</summary>
    /// <param name="What">Its input, in short.</param>
    public sealed record Called(string Tool, string What) : TranscriptEntry;

    /// <summary>What a command or tool answered.</summary>
    public sealed record Answered(bool Failed, string Text) : TranscriptEntry;

    /// <summary>What a turn, or all of them, cost. Cached input is a part of the input.</summary>
    public sealed record Used(long Input, long Cached, long Output, decimal? CostUsd) : TranscriptEntry;

    /// <summary>Something that its program tells: a session, a retry, an end.</summary>
    public sealed record Noted(string Text) : TranscriptEntry;

    /// <summary>A line that is no more than it looks like.</summary>
    public sealed record Plain(string Line) : TranscriptEntry;
}
