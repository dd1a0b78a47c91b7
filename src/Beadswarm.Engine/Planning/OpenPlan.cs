using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Processes;

namespace Beadswarm.Planning;

/// <summary>
/// Lies beside the files of a planner's session from before it is started until what it used is recorded. Whoever finds
/// it after the program was killed reads what was used from what the planner printed.
/// </summary>
/// <param name="Session">Under which it is recorded: twice is once.</param>
sealed record OpenPlan(string Session, string Bead, int Attempt, string Runner)
{
    const string Name = "unrecorded.json";
    const int BytesMax = 64 * 1024;

    public void Write(string sessionFolder)
    {
        Directory.CreateDirectory(sessionFolder);
        var path = Path.Combine(sessionFolder, Name);
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(this));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Null: there is none that can be read.</summary>
    public static OpenPlan? TryRead(string sessionFolder)
    {
        try
        {
            return UntrustedFile.ReadHead(Path.Combine(sessionFolder, Name), BytesMax) is { } bytes
                && JsonSerializer.Deserialize<OpenPlan>(bytes) is
                { Session.Length: > 0, Runner.Length: > 0, Attempt: > 0 } open && BeadId.TryParse(open.Bead, out _)
                ? open
                : null;
        }
        catch (Exception broken) when (broken is JsonException or IOException)
        {
            return null;
        }
    }

    public static void Remove(string sessionFolder) => File.Delete(Path.Combine(sessionFolder, Name));
}
