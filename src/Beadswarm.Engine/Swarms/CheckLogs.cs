using Beadswarm.Landing.Forges;
using Beadswarm.Pipelines;

namespace Beadswarm.Swarms;

/// <summary>Fetches what failed checks printed, as far as the forge itself ran them.</summary>
sealed class CheckLogs(GitHub api)
{
    /// <summary>Of so many; further ones are told by name.</summary>
    const int LogsMax = 3;

    public async Task<IReadOnlyList<ForgeCheck>> ReadAsync(
        IReadOnlyList<ForgeCheck> failed, CancellationToken cancellationToken)
    {
        var read = new List<ForgeCheck>();
        foreach (var check in failed)
        {
            read.Add(check.Job is { } job && read.Count(one => one.Job is not null) < LogsMax
                ? await ReadAsync(check, job, cancellationToken)
                : check);
        }

        return read;
    }

    async Task<ForgeCheck> ReadAsync(ForgeCheck check, long job, CancellationToken cancellationToken)
    {
        try
        {
            return check with { Log = await api.JobLogAsync(job, cancellationToken) };
        }
        catch (ForgeException trouble)
        {
            // The bead goes back all the same: the check's own words and its address are there.
            return check with
            {
                Detail = $"{check.Detail}\n\nIts log could not be read: {PipelineRules.OneLine(trouble.Message)}",
            };
        }
    }
}
