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
/// <param name="Operation">Seam and method, for example <c>IStore.FinishStageAsync</c>.</param>
readonly record struct Boundary(string Operation, Side Side)
{
    /// <summary>
    /// Reading changes nothing, so dying there is dying before whatever comes next. The last two change something only
    /// when time has passed; what they change is proven where time can be made to pass.
    /// </summary>
    static readonly string[] NoEffect =
    [
        "Read", "Find", "Tip", "Tree", "Changes",
        nameof(IStore.RenewAsync), nameof(IStore.ReapExpiredAsync),
    ];

    /// <summary>
    /// One side of every operation, by its name: a sample with all operations in it, and both sides about equally
    /// often.
    /// </summary>
    public bool InSample => Side == (Hash(Operation) % 2 == 0 ? Side.Before : Side.After);

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
