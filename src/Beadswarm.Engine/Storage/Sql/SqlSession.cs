using System.Data.Common;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;

namespace Beadswarm.Storage.Sql;

/// <summary>
/// One connection of one driver, inside a transaction: what the operations are written against. Each names a statement,
/// which is the driver's file of that name. Used by one thread at a time.
/// </summary>
abstract class SqlSession : IDisposable
{
    /// <summary>The store's clock, for operations that only read.</summary>
    public abstract DateTimeOffset Now { get; }

    /// <summary>
    /// How many beads of each kind a claim looks at, so that it gets past those that other claimers are about to be
    /// granted; each is tried when the one before finds nothing.
    /// </summary>
    public virtual IReadOnlyList<int> ClaimReaches => [1];

    /// <summary>Runs an operation's statement and returns how many rows it changed.</summary>
    public abstract int Run(string name, params ReadOnlySpan<(string Name, object? Value)> arguments);

    /// <summary>
    /// As <see cref="Run"/>, where nobody asks how many: a driver may send it together with the next statement, and
    /// then it fails there.
    /// </summary>
    public abstract void Post(string name, params ReadOnlySpan<(string Name, object? Value)> arguments);

    /// <summary>Runs an operation's statement and reads its first row; the default where there is none.</summary>
    public abstract T? First<T>(
        string name, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> arguments);

    /// <summary>Runs an operation's statement and reads every row.</summary>
    public abstract List<T> All<T>(
        string name, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> arguments);

    /// <summary>Writes an entry of the journal with the transaction that is open.</summary>
    public abstract void Append(StoreInstant now, BeadId? bead, AgentNumber? agent, JournalEvent entry);

    public abstract void Dispose();
}
