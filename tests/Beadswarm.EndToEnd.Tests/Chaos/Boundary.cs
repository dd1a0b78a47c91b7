using System.Reflection;
using Beadswarm.Storage;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>On which side of a call.</summary>
enum Side
{
    /// <summary>Everything that led to it has happened, and nothing of it.</summary>
    Before,

    /// <summary>It has happened, and nobody has heard of it.</summary>
    After,
}

/// <summary>
/// A line that the orchestrator crosses when it changes something outside of its own memory: a transaction of the
/// store,
/// or an effect on git, processes, workspaces or the tracker.
/// </summary>
/// <param name="Operation">
/// Seam and method, for example <c>IStore.FinishStageAsync</c>; for an effect that is written down also which,
/// for example <c>IStore.IntendEffectAsync:Gate</c>.
/// </param>
readonly record struct Boundary(string Operation, Side Side)
{
    /// <summary>
    /// Reading changes nothing, so dying there is dying before whatever comes next. The last two change something only
    /// when time has passed; what they change is proven where time can be made to pass.
    /// </summary>
    static readonly string[] NoEffect =
    [
        "Read", "Find", "Tip", "TreeAsync", "Changes", "Content", "CommonContent", "Landings", "History", "IsAncestor",
        "Knows", "Observe", "Probe",
        nameof(IStore.RenewAsync), nameof(IStore.ReapExpiredAsync),
    ];

    /// <summary>
    /// One side of every operation, by its name: a sample with all operations in it, and both sides about equally
    /// often. Of an effect it is that between what is written down and what is done.
    /// </summary>
    public bool InSample => Side == (
        Operation.StartsWith(Intending, StringComparison.Ordinal) ? Side.After
        : Operation.StartsWith(Settling, StringComparison.Ordinal) ? Side.Before
        : Hash(Operation) % 2 == 0 ? Side.Before : Side.After);

    /// <summary>An effect is written down as intended, or as done.</summary>
    public bool IsOf(EffectKind kind) => Operation == Intending + kind || Operation == Settling + kind;

    public const string Intending = $"{nameof(IStore)}.{nameof(IStore.IntendEffectAsync)}:";
    public const string Settling = $"{nameof(IStore)}.{nameof(IStore.SettleEffectAsync)}:";

    public static bool IsEffect(MethodInfo method) =>
        typeof(Task).IsAssignableFrom(method.ReturnType)
        && !NoEffect.Any(name => method.Name.StartsWith(name, StringComparison.Ordinal));

    public static Boundary Parse(string text) =>
        text.Split(' ') is [var operation, var side]
            ? new(operation, Enum.Parse<Side>(side))
            : throw new FormatException($"'{text}' is no boundary");

    public override string ToString() => $"{Operation} {Side}";

    // FNV-1a: string.GetHashCode differs from process to process.
    static uint Hash(string text) => text.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u);
}
