using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Planning;

/// <summary>
/// Where the planning of one bead lies: under <c>.beadswarm/plans/</c>. A proposal that was read and checked is saved
/// before the tracker is told, so that it is asked for once, whenever the program dies.
/// </summary>
sealed record PlanPlace(string SwarmFolder, BeadId Bead)
{
    // An id may hold any sign; a name of a file may not, and has no more than 255.
    const int NameLengthMax = 120;

    string Folder => Path.Combine(SwarmFolder, "plans", Name);

    /// <summary>A clone of the repository; nothing in it is kept.</summary>
    public string Workspace => Path.Combine(Folder, "workspace");

    /// <summary>Marks every process of a planning of this bead.</summary>
    public string Tag => "plan-" + Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(Folder))))[..16];

    string Saved => Path.Combine(Folder, "proposal.json");

    string Name
    {
        get
        {
            var escaped = Uri.EscapeDataString(Bead.Value);
            return "bead-" + (escaped.Length <= NameLengthMax
                ? escaped
                : escaped[..NameLengthMax] + Convert.ToHexStringLower(
                    System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Bead.Value)))[..16]);
        }
    }

    public string Session(int attempt) =>
        Path.Combine(Folder, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"session-{attempt}"));

    /// <summary>The proposal that was saved and not yet written; null: none.</summary>
    public string? ReadSaved() => File.Exists(Saved) ? File.ReadAllText(Saved) : null;

    public void Save(string proposal)
    {
        Directory.CreateDirectory(Folder);
        var temporary = Saved + ".tmp";
        File.WriteAllText(temporary, proposal);
        File.Move(temporary, Saved, overwrite: true);
    }

    /// <summary>The tracker has it.</summary>
    public void Forget() => File.Delete(Saved);
}
