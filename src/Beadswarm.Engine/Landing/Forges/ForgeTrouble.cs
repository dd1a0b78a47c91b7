using System.Globalization;

namespace Beadswarm.Landing.Forges;

/// <summary>Why a forge did not do what it was asked.</summary>
abstract record ForgeTrouble
{
    ForgeTrouble() { }

    /// <summary>Too many questions: none before this instant.</summary>
    public sealed record RateLimited(string Reason, DateTimeOffset Until) : ForgeTrouble;

    /// <summary>No answer, or one that says that the forge itself is in trouble.</summary>
    public sealed record Away(string Reason) : ForgeTrouble;

    /// <summary>It does not know us, or does not let us: a person has to do something.</summary>
    public sealed record Unauthorized(string Reason) : ForgeTrouble;

    /// <summary>It understood, and says no.</summary>
    public sealed record Refused(string Reason) : ForgeTrouble;
}

/// <summary>The forge did not do what it was asked; whether it did before it fell silent is not known.</summary>
sealed class ForgeException(ForgeTrouble trouble) : Exception(ReasonOf(trouble))
{
    public ForgeTrouble Trouble { get; } = trouble;

    static string ReasonOf(ForgeTrouble trouble) => trouble switch
    {
        ForgeTrouble.RateLimited limited => limited.Reason,
        ForgeTrouble.Away away => away.Reason,
        ForgeTrouble.Unauthorized unauthorized => unauthorized.Reason,
        ForgeTrouble.Refused refused => refused.Reason,
    };
}

/// <summary>Reads out of an answer of GitHub's API what is wrong, as its documentation says it is told.</summary>
static class ForgeTroubleRules
{
    const int TooMany = 429;
    const int ReasonCharactersMax = 500;

    /// <summary>Where a limit is told without its end: GitHub asks for a minute at least.</summary>
    static readonly TimeSpan LimitPause = TimeSpan.FromMinutes(1);

    static readonly string[] LimitWords = ["rate limit", "abuse detection"];

    static readonly string[] LoginWords = ["gh auth login", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "no oauth token"];

    /// <summary>Null: it did.</summary>
    public static ForgeTrouble? Of(GhAnswer answer, DateTimeOffset now) => answer.Status switch
    {
        0 when LoginWords.Any(words => Has(answer.Error, words)) => new ForgeTrouble.Unauthorized(Cut(answer.Error)),
        0 => new ForgeTrouble.Away(answer.Error.Length > 0 ? Cut(answer.Error) : "gh gave no answer"),
        >= 200 and < 300 => null,
        TooMany => Limited(answer, now),
        403 when Spent(answer) || LimitWords.Any(words => Has(answer.Message, words)) => Limited(answer, now),
        401 or 403 or 404 => new ForgeTrouble.Unauthorized(Said(answer)),
        >= 500 => new ForgeTrouble.Away(Said(answer)),
        _ => new ForgeTrouble.Refused(Said(answer)),
    };

    /// <summary>A limit, until when the answer says.</summary>
    public static ForgeTrouble.RateLimited Limited(GhAnswer answer, DateTimeOffset now)
    {
        var until = Number(answer, "retry-after") is { } seconds ? now.AddSeconds(seconds)
            : Spent(answer) && Number(answer, "x-ratelimit-reset") is { } reset
                ? DateTimeOffset.FromUnixTimeSeconds(reset)
            : now + LimitPause;
        return new ForgeTrouble.RateLimited(Said(answer), until > now ? until : now + LimitPause);
    }

    static bool Spent(GhAnswer answer) =>
        Number(answer, "retry-after") is not null || answer.Headers.GetValueOrDefault("x-ratelimit-remaining") == "0";

    // What no clock of the forge's would say is not believed.
    static long? Number(GhAnswer answer, string header) =>
        long.TryParse(
            answer.Headers.GetValueOrDefault(header), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number <= uint.MaxValue
            ? number
            : null;

    static string Said(GhAnswer answer)
    {
        var status = string.Create(CultureInfo.InvariantCulture, $"HTTP {answer.Status}");
        return answer.Message.Length > 0 ? Cut($"{status}: {answer.Message}") : status;
    }

    static string Cut(string text)
    {
        var line = string.Join(' ', text.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).Trim();
        return line.Length > ReasonCharactersMax ? line[..ReasonCharactersMax] : line;
    }

    static bool Has(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
}
