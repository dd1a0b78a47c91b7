using Beadswarm.Storage.Postgres;
using Npgsql;
using static Beadswarm.Benchmarks.MarkdownTable;

namespace Beadswarm.Benchmarks;

/// <summary>
/// What a long backlog, a long history and a transaction that stays open do to claims and completions, each in turns
/// with the same without.
/// </summary>
static class PostgresStrain
{
    const int Beads = 20_000;
    const int Agents = 4;
    const int Seconds = 8;

    // The identifiers sort after those of the backlog that is there.
    const string LongBacklog =
        """
        INSERT INTO beadswarm.beads (id, title, priority, unblocks, created_at, ordinal, rank, ready, state, stage,
          attempt, attempts_allowed, updated_at)
        SELECT 'long-' || n, 'title', n % 5, n % 7, 'epoch', n, 0, true, 'pending', 'contract', 1, 3, now()
        FROM generate_series(1, 80000) n;
        ANALYZE beadswarm.beads;
        """;

    const string LongHistory =
        """
        INSERT INTO beadswarm.stage_history (swarm, bead_id, agent_id, token, stage, attempt_number, status, workspace,
          branch, session_folder, base_commit, started_at, completed_at)
        SELECT 1, 'bench-' || n % 20000, n % 100, n, 'contract', 1, 'passed', 'w', 'b', 's', 'c', now(), now()
        FROM generate_series(1, 1000000) n;
        UPDATE beadswarm.journal_head SET last = last + 1000000;
        INSERT INTO beadswarm.journal (sequence, at, swarm, bead_id, agent_id, type, body)
        SELECT head.last - 1000000 + n, now(), 1, 'bench-' || n % 20000, 1, 'bead.renewed', '{}'
        FROM beadswarm.journal_head head, generate_series(1, 1000000) n;
        ANALYZE;
        """;

    static readonly (string Name, Func<PostgresAddress, Task<double>> Measure)[] Cases =
    [
        ("100,000 ready beads", place => PreparedAsync(place, LongBacklog)),
        ("1,000,000 rows of stage_history and of journal", place => PreparedAsync(place, LongHistory)),
        ("a snapshot open from before the first claim", BesideSnapshotAsync),
    ];

    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        await using var bench = await PostgresBench.StartAsync(Beads);
        var table = new MarkdownTable("with", "without, beads/s", "with, beads/s", "of without");
        foreach (var (name, measure) in Cases)
        {
            var (without, with) = (new List<double>(), new List<double>());
            for (var round = 0; round < options.Rounds; round++)
            {
                without.Add(await bench.FreshAsync(MeasureAsync));
                with.Add(await bench.FreshAsync(measure));
            }

            table.Add(
                name, Number(Median(without)), Number(Median(with)),
                Number(Median(without.Zip(with, (one, other) => other / one))));
        }

        await output.WriteLineAsync(
            $"### Claims in PostgreSQL under strain\n\nOne node of {Agents} agents, {Beads} beads, {Seconds} s each, "
            + $"median of {options.Rounds}.\n\n{table}");
    }

    static async Task<double> PreparedAsync(PostgresAddress place, string sql)
    {
        PostgresBench.Execute(place, sql);
        PostgresBench.Execute(place, "CHECKPOINT");
        return await MeasureAsync(place);
    }

    static async Task<double> BesideSnapshotAsync(PostgresAddress place)
    {
        await using var connection = new NpgsqlConnection(place.ConnectionString(keepStatements: false));
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead);
        await using var look = new NpgsqlCommand("SELECT count(*) FROM beadswarm.swarms", connection, transaction);
        await look.ExecuteScalarAsync();
        return await MeasureAsync(place);
    }

    static Task<double> MeasureAsync(PostgresAddress place) =>
        PostgresBench.StoresAsync(place, stores: 1, Agents, Seconds);
}
