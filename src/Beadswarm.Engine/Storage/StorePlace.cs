using Beadswarm.Storage.Postgres;
using Beadswarm.Storage.Sqlite;

namespace Beadswarm.Storage;

/// <summary>Where a swarm keeps its state: a file of one machine, or a database that many can reach.</summary>
abstract record StorePlace
{
    StorePlace() { }

    /// <summary>SQLite, in one file.</summary>
    public sealed record InFile(string Path) : StorePlace
    {
        public override string ToString() => Path;
    }

    /// <summary>PostgreSQL, in one schema of a database.</summary>
    public sealed record InServer(PostgresAddress Address) : StorePlace
    {
        public override string ToString() => Address.ToString();
    }

    /// <summary>What the <c>store</c> key of a configuration means.</summary>
    /// <param name="setting"><c>sqlite</c>, or the address of a database.</param>
    /// <param name="file">Where SQLite's file lies.</param>
    /// <exception cref="StoreException">The address is wrong.</exception>
    public static StorePlace Of(string setting, string file, IReadOnlyDictionary<string, string> environment)
    {
        if (!PostgresAddress.IsMeant(setting))
        {
            return new InFile(file);
        }

        try
        {
            return new InServer(PostgresAddress.Parse(setting, environment));
        }
        catch (FormatException wrong)
        {
            throw new StoreException($"the address of the store is wrong: {wrong.Message}", transient: false, wrong);
        }
    }

    /// <summary>Opens it for writing, makes it where it is missing, and migrates it where it is old.</summary>
    /// <param name="node">Who writes.</param>
    public async Task<IStore> OpenAsync(string node, TimeProvider time, CancellationToken cancellationToken) =>
        this switch
        {
            InFile file => await SqliteStore.OpenAsync(file.Path, time, cancellationToken),
            InServer server => await PostgresStore.OpenAsync(
                server.Address, node, new PostgresLimits(), time, cancellationToken),
        };

    /// <summary>Opens it for looking only; null where there is none.</summary>
    public async Task<IStore?> OpenReadOnlyAsync(TimeProvider time, CancellationToken cancellationToken) => this switch
    {
        InFile file => File.Exists(file.Path)
            ? await SqliteStore.OpenReadOnlyAsync(file.Path, time, cancellationToken)
            : null,
        InServer server => await IsThereAsync(server, time, cancellationToken)
            ? await PostgresStore.OpenReadOnlyAsync(server.Address, new PostgresLimits(), time, cancellationToken)
            : null,
    };

    /// <summary>Opens it for looking at one moment of it; null where there is none.</summary>
    public async Task<IStore?> OpenStillAsync(TimeProvider time, CancellationToken cancellationToken) => this switch
    {
        InFile file => File.Exists(file.Path)
            ? await SqliteStore.OpenStillAsync(file.Path, time, cancellationToken)
            : null,
        InServer server => await IsThereAsync(server, time, cancellationToken)
            ? await PostgresStore.OpenStillAsync(server.Address, new PostgresLimits(), time, cancellationToken)
            : null,
    };

    /// <summary>
    /// What there is in the file, or in all schemas of the database, at a glance; empty where there is nothing.
    /// </summary>
    public async Task<IReadOnlyList<SwarmGlance>> GlanceAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        IEnumerable<(string Name, StorePlace Place)> places = this switch
        {
            InFile file => [(Path.GetFileName(file.Path), this)],
            InServer server => (await PostgresStore.ListAsync(
                server.Address, new PostgresLimits(), time, cancellationToken))
                .Select(schema => (schema, (StorePlace)new InServer(server.Address with { Schema = schema }))),
        };
        var glances = new List<SwarmGlance>();
        foreach (var (name, place) in places)
        {
            try
            {
                await using var store = await place.OpenReadOnlyAsync(time, cancellationToken);
                if (store is not null)
                {
                    glances.Add(new SwarmGlance.Seen(name, place, await store.ReadStatusAsync(cancellationToken)));
                }
            }
            catch (StoreException unreadable) when (!unreadable.IsTransient)
            {
                // Another version's, or one that this user may not read: the others are shown all the same.
                glances.Add(new SwarmGlance.Unreadable(name, place, unreadable.Message));
            }
        }

        return glances;
    }

    /// <summary>Whether anything was ever kept there.</summary>
    public async Task<bool> ExistsAsync(TimeProvider time, CancellationToken cancellationToken) => this switch
    {
        InFile file => File.Exists(file.Path),
        InServer server => await IsThereAsync(server, time, cancellationToken),
    };

    static async Task<bool> IsThereAsync(InServer server, TimeProvider time, CancellationToken cancellationToken) =>
        await PostgresStore.FindAsync(server.Address, new PostgresLimits(), time, cancellationToken) is not null;
}
