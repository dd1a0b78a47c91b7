using Beadswarm.Agents;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;

namespace Beadswarm.Swarms;

/// <summary>Which runner an agent is to use now.</summary>
abstract record RunnerPick
{
    RunnerPick() { }

    public sealed record Use(string Runner) : RunnerPick;

    /// <summary>None of them takes work before then: the agent waits, without a process.</summary>
    public sealed record Rest(DateTimeOffset Until, string Reason) : RunnerPick;
}

/// <summary>That the vendor behind a runner takes no work for a while.</summary>
/// <param name="Strikes">How often in a row; where the vendor names no time, the wait grows with it.</param>
sealed record RunnerHold(DateTimeOffset Until, string Reason, int Strikes);

/// <summary>
/// Decides who waits for a vendor. An account is shared by all agents of a runner: when one is refused, all of them
/// wait or use the fallback, instead of each finding out at the price of a process.
/// </summary>
static class RunnerHoldRules
{
    /// <summary>Fallbacks in a row; the loader refuses circles, and this is for none that it lets through.</summary>
    const int FallbacksMax = 8;

    /// <summary>The first of the runner and its fallbacks that is not held; else the one that is free first.</summary>
    public static RunnerPick Pick(
        string runner, IReadOnlyDictionary<string, RunnerSpec> specs, IReadOnlyDictionary<string, RunnerHold> holds,
        DateTimeOffset now)
    {
        RunnerPick.Rest? first = null;
        for (var (name, i) = ((string?)runner, 0); name is not null && i < FallbacksMax; i++)
        {
            if (!holds.TryGetValue(name, out var hold) || hold.Until <= now)
            {
                return new RunnerPick.Use(name);
            }

            first = first is null || hold.Until < first.Until
                ? new RunnerPick.Rest(hold.Until, $"runner {name} is {hold.Reason}")
                : first;
            name = specs.GetValueOrDefault(name)?.Fallback;
        }

        return first ?? (RunnerPick)new RunnerPick.Use(runner);
    }

    /// <summary>What an end says about its runner; null: it takes work.</summary>
    /// <param name="jitter">Drawn from [0, 1).</param>
    public static RunnerHold? After(
        RunnerHold? before, AgentEnd end, RetryLimits limits, DateTimeOffset now, double jitter)
    {
        // Refusals of those that were under way when the first one came are no news.
        var strikes = before is null ? 1 : now < before.Until ? before.Strikes : before.Strikes + 1;
        RunnerHold Until(DateTimeOffset at, string reason) =>
            new(before is not null && before.Until > at ? before.Until : at, PipelineRules.OneLine(reason), strikes);

        return end switch
        {
            AgentEnd.RateLimited limited => Until(
                limited.Until is { } reset
                    ? PipelineRules.Reset(reset, limits, now, jitter)
                    : now + PipelineRules.Delay(strikes, limits, jitter),
                $"rate limited: {limited.Detail}"),
            AgentEnd.Overloaded overloaded => Until(
                now + PipelineRules.Delay(strikes, limits, jitter), $"overloaded: {overloaded.Detail}"),
            AgentEnd.Unauthorized refused => Until(now + limits.DelayMax, $"not authorized: {refused.Detail}"),
            AgentEnd.Finished or AgentEnd.Failed or AgentEnd.MaxTurns or AgentEnd.ContextExhausted => null,
            _ => before,
        };
    }
}

/// <summary>What is known of the vendors behind the runners. Shared by all agents of one orchestrator.</summary>
sealed class RunnerHolds(IReadOnlyDictionary<string, RunnerSpec> specs, RetryLimits limits)
{
    readonly Lock _lock = new();
    readonly Dictionary<string, RunnerHold> _holds = new(StringComparer.Ordinal);

    public RunnerPick Pick(string runner, DateTimeOffset now)
    {
        lock (_lock)
        {
            return RunnerHoldRules.Pick(runner, specs, _holds, now);
        }
    }

    /// <summary>
    /// Takes note of how an agent has ended. Only of CLIs with an account: whatever else refuses, refuses one call.
    /// </summary>
    public void Note(string runner, AgentEnd end, DateTimeOffset now, double jitter)
    {
        if (specs.GetValueOrDefault(runner) is not { } spec || RunnerDetection.OfKind(spec.Kind) is null)
        {
            return;
        }

        lock (_lock)
        {
            if (RunnerHoldRules.After(_holds.GetValueOrDefault(runner), end, limits, now, jitter) is { } hold)
            {
                _holds[runner] = hold;
            }
            else
            {
                _holds.Remove(runner);
            }
        }
    }
}
