using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Planning;

/// <summary>
/// Where the planning of one bead lies: under <c>.beadswarm/plans/</c>. A proposal that was read and checked is saved
/// before the tracker is told, so that it is asked for once, whenever the program dies.
/// </summary>
sealed record PlanPlace(string Folder)
{
    // An id may hold any sign; a name of a file may not, and has no more than 255.
    const int NameLengthMax = 120;

    const string Sessions = "session-";

    public static PlanPlace Of(string swarmFolder, BeadId bead) =>
        new(Path.Combine(swarmFolder, "plans", NameOf(bead)));

    /// <summary>Of every bead that was ever planned here.</summary>
    public static IEnumerable<PlanPlace> All(string swarmFolder) =>
        Path.Combine(swarmFolder, "plans") is var plans && Directory.Exists(plans)
            ? Directory.EnumerateDirectories(plans).Order(StringComparer.Ordinal)
                .Select(folder => new PlanPlace(folder))
            : [];

    /// <summary>A clone of the repository; nothing in it is kept.</summary>
    public string Workspace => Path.Combine(Folder, "workspace");

    /// <summary>Marks every process of a planning of this bead.</summary>
    public string Tag => "plan-" + Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(Folder))))[..16];

    string Saved => Path.Combine(Folder, "proposal.json");

    /// <summary>Sessions of which nobody has recorded what was used.</summary>
    public IEnumerable<(string Folder, OpenPlan Open)> Unrecorded =>
        from folder in Directory.Exists(Folder) ? Directory.EnumerateDirectories(Folder, Sessions + "*") : []
        orderby folder
        let open = OpenPlan.TryRead(folder)
        where open is not null
        select (folder, open);

    public string Session(int attempt) =>
        Path.Combine(Folder, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Sessions}{attempt}"));

    /// <summary>
    /// The right to plan this bead, for as long as it is not disposed of; it ends with the process, however that ends.
    /// Null: somebody else has it.
    /// </summary>
    public IDisposable? TryHold()
    {
        Directory.CreateDirectory(Folder);
        try
        {
            return new FileStream(
                Path.Combine(Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

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

    static string NameOf(BeadId bead)
    {
        var escaped = Uri.EscapeDataString(bead.Value);
        return "bead-" + (escaped.Length <= NameLengthMax
            ? escaped
            : escaped[..NameLengthMax] + Convert.ToHexStringLower(
                System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(bead.Value)))[..16]);
    }
}
