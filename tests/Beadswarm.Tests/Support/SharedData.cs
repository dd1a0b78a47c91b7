using System.Runtime.CompilerServices;

namespace Beadswarm.Tests.Support;

/// <summary>
/// Finds the recorded data that lies beside the project: real backlogs and what the trackers printed.
/// </summary>
static class SharedData
{
    /// <summary>
    /// The path of a file or folder under <c>shared/data</c>, or null where that folder is not beside the project.
    /// </summary>
    public static string? Path(string relative, [CallerFilePath] string here = "")
    {
        for (var folder = Directory.GetParent(here); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
            {
                return System.IO.Path.Combine(candidate, relative);
            }
        }

        return null;
    }
}
