using Beadswarm.Beads;

namespace Beadswarm.Claims;

/// <summary>Where a bead stands in the line of those that may be had: the smallest is next.</summary>
/// <param name="New">Not begun in this swarm: those that are come first.</param>
/// <param name="Untouched">Nobody ever worked on it.</param>
/// <param name="Rank">Its place in the tracker's order, when the swarm follows that; otherwise 0.</param>
readonly record struct ClaimPlace(
    bool New, bool Untouched, long Rank, int Priority, int Unblocks, DateTimeOffset CreatedAt, BeadId Id)
    : IComparable<ClaimPlace>
{
    public static ClaimPlace Of(BeadWork bead, bool followTracker) => new(
        !bead.Begun, bead.LastAgent is null, followTracker ? bead.Ordinal : 0, bead.Priority, bead.Unblocks,
        bead.CreatedAt, bead.Id);

    public int CompareTo(ClaimPlace other)
    {
        var order = New.CompareTo(other.New);
        order = order != 0 ? order : Untouched.CompareTo(other.Untouched);
        order = order != 0 ? order : Rank.CompareTo(other.Rank);
        order = order != 0 ? order : Priority.CompareTo(other.Priority);
        order = order != 0 ? order : other.Unblocks.CompareTo(Unblocks); // what unblocks most comes first
        order = order != 0 ? order : CreatedAt.CompareTo(other.CreatedAt);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }
}
