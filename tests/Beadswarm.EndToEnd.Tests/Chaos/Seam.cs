using System.Collections.Concurrent;
using System.Reflection;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Gates;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// Stands between the orchestrator and one of its seams and tells before and after every effect that goes through.
/// Made by reflection, so that an operation added to a seam is a boundary the day it is added.
/// </summary>
class Seam<T> : DispatchProxy where T : class
{
    // Both are given by Around, the only way to make one.
    T _real = null!;
    Action<Boundary> _reach = null!;
    readonly ConcurrentDictionary<EffectId, string> _effects = [];

    public static T Around(T real, Action<Boundary> reach)
    {
        var made = Create<T, Seam<T>>();
        var seam = (Seam<T>)(object)made;
        seam._real = real;
        seam._reach = reach;
        return made;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (!Boundary.IsEffect(method))
        {
            return Call(method, arguments);
        }

        var operation = $"{typeof(T).Name}.{method.Name}{EffectOf(arguments)}";
        _reach(new Boundary(operation, Side.Before));
        var after = new Boundary(operation, Side.After);
        var call = Call(method, arguments);
        return method.ReturnType.IsGenericType
            ? Answering.MakeGenericMethod(method.ReturnType.GetGenericArguments())
                .Invoke(this, BindingFlags.DoNotWrapExceptions, null, [call, after], null)
            : AfterAsync((Task)call!, after);
    }

    /// <summary>Which effect is written down, also where only its number is said.</summary>
    string EffectOf(object?[]? arguments) =>
        arguments?.OfType<NewEffect>().SingleOrDefault() is { } effect ? $":{effect.Kind}"
        : arguments?.OfType<EffectId>().ToArray() is [var id] ? $":{_effects.GetValueOrDefault(id, "Earlier")}"
        : "";

    static readonly MethodInfo Answering =
        typeof(Seam<T>).GetMethod(nameof(AnswerAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;

    object? Call(MethodInfo method, object?[]? arguments) =>
        method.Invoke(_real, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    async Task AfterAsync(Task call, Boundary after)
    {
        await call;
        _reach(after);
    }

    async Task<TAnswer> AnswerAsync<TAnswer>(Task<TAnswer> call, Boundary after)
    {
        var answer = await call;
        if (answer is EffectId effect)
        {
            _effects[effect] = after.Operation[Boundary.Intending.Length..];
        }

        _reach(after);
        return answer is IAgentSession session
            ? (TAnswer)Seam<IAgentSession>.Around(session, _reach)
            : answer;
    }
}

/// <summary>Puts a seam around everything that a swarm works with.</summary>
static class Seams
{
    public static SwarmSurroundings Around(SwarmSurroundings real, Action<Boundary> reach) => real with
    {
        Store = Seam<IStore>.Around(real.Store, reach),
        Tracker = Seam<IBeadTracker>.Around(real.Tracker, reach),
        Workspaces = Seam<IWorkspaces>.Around(real.Workspaces, reach),
        Agents = Seam<IAgentHost>.Around(real.Agents, reach),
        Gates = Seam<IGateCommands>.Around(real.Gates, reach),
        Target = Seam<ILandingRepository>.Around(real.Target, reach),
        Integration = real.Integration is { } integration
            ? Seam<ILandingRepository>.Around(integration, reach)
            : null,
    };
}
