using System.Text.Json;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// What names this clone of the repository among all clones on all machines. It is made once and kept in the swarm's
/// folder; a folder that was copied or moved elsewhere gets one of its own.
/// </summary>
sealed record CloneName(string Id, string Host, string Path)
{
    const string FileName = "clone.json";

    /// <summary>To be called under the repository's lock.</summary>
    public static string Of(SwarmPaths paths)
    {
        var file = System.IO.Path.Combine(paths.Folder, FileName);
        if (Read(file) is { } known && known.Host == Environment.MachineName && known.Path == paths.Repository)
        {
            return known.Id;
        }

        var made = new CloneName($"{Guid.NewGuid():N}", Environment.MachineName, paths.Repository);
        SmallFile.Write(file, JsonSerializer.Serialize(made));
        return made.Id;
    }

    static CloneName? Read(string file)
    {
        try
        {
            return SmallFile.Read(file) is { } text
                && JsonSerializer.Deserialize<CloneName>(text) is { Id.Length: > 0 } known ? known : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
