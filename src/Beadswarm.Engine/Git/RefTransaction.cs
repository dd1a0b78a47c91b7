namespace Beadswarm.Git;

/// <summary>One line of a ref transaction.</summary>
abstract record RefChange
{
    RefChange() { }

    /// <summary>The ref must have this value; it is not moved.</summary>
    public sealed record Verify(string Name, string Id) : RefChange;

    /// <summary>Moves from <paramref name="Old"/> (null: whatever it is) to <paramref name="New"/>.</summary>
    public sealed record Move(string Name, string New, string? Old) : RefChange;

    /// <summary>The ref must not exist yet.</summary>
    public sealed record Create(string Name, string New) : RefChange;

    /// <summary>Deletes a ref that must have this value.</summary>
    public sealed record Delete(string Name, string Old) : RefChange;

    /// <summary>As <c>update-ref --stdin -z</c> reads it.</summary>
    public string Line() => this switch
    {
        Verify verify => $"verify {verify.Name}\0{verify.Id}\0",
        Move move => $"update {move.Name}\0{move.New}\0{move.Old ?? ""}\0",
        Create create => $"create {create.Name}\0{create.New}\0",
        Delete delete => $"delete {delete.Name}\0{delete.Old}\0",
    };
}

/// <summary>How a ref transaction ended.</summary>
abstract record RefTransaction
{
    RefTransaction() { }

    public sealed record Done : RefTransaction;

    /// <summary>A ref did not have the value it was expected to have; none was moved.</summary>
    public sealed record Refused(string Reason) : RefTransaction;

    /// <summary>Another git holds a lock, or a killed one left it; none was moved.</summary>
    public sealed record Locked(string Reason) : RefTransaction;
}
