using System.Text.RegularExpressions;
using Beadswarm.Processes;

namespace Beadswarm.Landing.Forges;

/// <summary>
/// Cuts the log of a CI job down to what failed: without the times before each line, and without what the job tidied
/// up afterwards.
/// </summary>
static partial class JobLog
{
    public const int BytesMax = 12 * 1024;

    const string Error = "##[error]";

    public static string Trim(string log)
    {
        var lines = Stamp().Replace(log, "").Split('\n');
        var last = Array.FindLastIndex(lines, line => line.Contains(Error, StringComparison.Ordinal));
        return OutputTrimming.Trim(string.Join('\n', last < 0 ? lines : lines[..(last + 1)]), BytesMax);
    }

    [GeneratedRegex(@"^\uFEFF?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z ?", RegexOptions.Multiline)]
    private static partial Regex Stamp();
}
