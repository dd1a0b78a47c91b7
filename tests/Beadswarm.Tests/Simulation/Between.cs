using System.Reflection;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// Stands between the engine and one of its seams: whatever is asked for goes on as it is, but for what somebody has
/// taken it upon himself to do otherwise.
/// </summary>
class Between<T> : DispatchProxy where T : class
{
    T? _inner;
    Func<string, object?[], Func<object?>, object?> _on = (_, _, goOn) => goOn();

    /// <param name="on">By the name of the operation and its arguments; the last goes on as it was asked for.</param>
    public static T Of(T inner, Func<string, object?[], Func<object?>, object?> on)
    {
        var proxy = Create<T, Between<T>>();
        var between = (Between<T>)(object)proxy;
        (between._inner, between._on) = (inner, on);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var (method, given) = (targetMethod!, args ?? []);
        return _on(method.Name, given, () => method.Invoke(_inner, given));
    }
}
