using System.Data.Common;
using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Swarms;

namespace Beadswarm.Storage.Sql;

/// <summary>
/// Rows as the types of the domain. Columns are read in the order of the statement's file. A driver keeps instants and
/// spans in its own types where it has them, otherwise as microseconds.
/// </summary>
static class Rows
{
    public static BeadId Bead(this DbDataReader row, int column) => BeadId.Parse(row.GetString(column));

    public static string? Text(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    public static int? Number(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInt32(column);

    public static DateTimeOffset At(this DbDataReader row, int column) =>
        row.GetFieldType(column) == typeof(long)
            ? StoreTime.FromMicros(row.GetInt64(column))
            : row.GetFieldValue<DateTimeOffset>(column);

    public static DateTimeOffset? MaybeAt(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.At(column);

    public static TimeSpan Span(this DbDataReader row, int column) =>
        row.GetFieldType(column) == typeof(long)
            ? StoreTime.SpanFromMicros(row.GetInt64(column))
            : row.GetFieldValue<TimeSpan>(column);

    public static AgentNumber Agent(this DbDataReader row, int column) => new(row.GetInt32(column));

    public static AgentNumber? MaybeAgent(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.Agent(column);

    /// <summary>SelectSwarm.</summary>
    public static SwarmRecord Swarm(DbDataReader row) => new(
        row.GetInt64(0), new SwarmEpoch(row.GetInt64(1)), StoredNames.ToSwarmStatus(row.GetString(2)), row.Text(3),
        row.GetString(4), row.Number(5), row.Number(6), row.At(7), row.MaybeAt(8), row.GetBoolean(9));

    /// <summary>SelectBead and SelectBeads.</summary>
    public static BeadWork BeadWork(DbDataReader row) => new(
        row.Bead(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3), row.At(4), row.GetInt64(5), row.GetBoolean(6),
        State(row), row.GetInt32(15), row.GetInt32(16), row.GetInt32(17), row.GetBoolean(18), row.Text(19),
        row.Text(20), row.Text(21), row.MaybeAgent(22), row.At(23))
    {
        Begun = row.GetBoolean(24),
    };

    /// <summary>ClaimNext and AdoptClaim.</summary>
    public static Claim Claim(DbDataReader row, AgentNumber agent) => new(
        new ClaimKey(row.Bead(0), agent, new FencingToken(row.GetInt64(1))), new StageName(row.GetString(2)),
        row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.At(6), row.Text(7), row.Text(8));

    /// <summary>SelectQueue.</summary>
    public static LandingEntry QueuedLanding(DbDataReader row) => Landing(row) with
    {
        Wish = row.Text(27) is { } wish ? StoredNames.ToWish(wish, row.Text(28)) : null,
    };

    /// <summary>SelectPause.</summary>
    public static QueuePause Pause(DbDataReader row) => new(row.Text(0), row.At(1));

    /// <summary>SelectLandings, and the beginning of SelectQueue.</summary>
    public static LandingEntry Landing(DbDataReader row) => new(
        new LandingId(row.GetInt64(0)), row.Bead(1), row.GetString(2), row.GetInt32(3), row.GetInt32(4),
        row.GetInt32(5), row.Agent(6), row.GetString(7), row.GetString(8), row.GetString(9), row.GetString(10),
        LandingState(row), row.At(18), row.At(19))
    {
        PullRequest = row.IsDBNull(20)
            ? null
            : new PullRequest(
                row.GetInt32(20), row.GetString(21), row.GetString(22), row.GetString(23), row.GetString(24)),
    };

    /// <summary>SelectProposed.</summary>
    public static ProposedBead Proposed(DbDataReader row) =>
        new(row.Bead(0), row.GetInt32(1), row.GetString(2), row.GetString(3));

    /// <summary>SelectHistory.</summary>
    public static StageRun StageRun(DbDataReader row) => new(
        new StageRunId(row.GetInt64(0)), row.Agent(1), row.Bead(2), new StageName(row.GetString(3)), row.GetInt32(4),
        StoredNames.ToStageStatus(row.GetString(5)), row.Text(6), row.Text(7), row.Text(8), row.Text(9),
        row.GetString(10), row.GetString(11), row.GetString(12), row.At(13), row.MaybeAt(14))
    {
        Tokens = row.IsDBNull(15) ? null : row.Tokens(15),
        CostUsd = row.IsDBNull(19) ? null : CostOperations.Dollars(row.GetInt64(19)),
    };

    /// <summary>Four columns: input, output, read from and written to the cache.</summary>
    public static TokenCount Tokens(this DbDataReader row, int column) => new(
        row.GetInt64(column), row.GetInt64(column + 1), row.GetInt64(column + 2), row.GetInt64(column + 3));

    /// <summary>SelectOpenStages.</summary>
    public static OpenStage OpenStage(DbDataReader row)
    {
        var start = new StageStart(
            new StageName(row.GetString(1)), row.GetInt32(2), row.GetString(3), row.GetString(4), row.GetString(5),
            row.GetString(6));
        var process = row.IsDBNull(7)
            ? null
            : new AgentProcess(
                new ProcessIdentity(row.GetInt32(7), row.GetInt64(8), row.GetString(9)), row.GetString(10),
                row.GetString(11));
        var claim = new Claim(
            new ClaimKey(row.Bead(13), row.Agent(14), new FencingToken(row.GetInt64(15))),
            new StageName(row.GetString(16)), row.GetInt32(17), row.GetInt32(18), row.GetInt32(19), row.At(20),
            row.Text(21), row.Text(22))
        {
            External = row.GetBoolean(23),
        };
        return new OpenStage(claim, new StageRunId(row.GetInt64(0)), start, process, row.At(12));
    }

    /// <summary>FindRequest.</summary>
    public static DoneRequest Request(DbDataReader row) => new(
        new RequestId(row.GetString(0)), row.GetString(1),
        new ClaimKey(row.Bead(2), row.Agent(3), new FencingToken(row.GetInt64(4))), new StageName(row.GetString(5)),
        row.GetInt32(6), row.Text(7));

    /// <summary>SelectArtifacts.</summary>
    public static StoredArtifact Artifact(DbDataReader row) => new(
        row.GetInt64(0), row.Bead(1), row.IsDBNull(2) ? null : new StageRunId(row.GetInt64(2)), row.GetString(3),
        row.GetString(4), row.GetString(5), row.GetFieldValue<byte[]>(6), row.At(7));

    /// <summary>FindGateResult.</summary>
    public static GateResult GateResult(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3),
        StoredNames.ToGateStatus(row.GetString(4)), row.Number(5), row.GetString(6), row.GetString(7), row.GetString(8),
        row.GetString(9), row.Number(10), row.At(11), row.Span(12));

    /// <summary>SelectGates.</summary>
    public static GateSummary GateSummary(DbDataReader row) => new(
        row.GetString(0), checked((int)row.GetInt64(1)), checked((int)row.GetInt64(2)),
        checked((int)row.GetInt64(3)), checked((int)row.GetInt64(4)), row.Span(5), row.At(6));

    /// <summary>SelectOutbox.</summary>
    public static OutboxEntry Outbox(DbDataReader row) =>
        new(row.GetInt64(0), StoredNames.Change(row.Bead(1), row.GetString(2), row.Text(3)));

    /// <summary>SelectEffects and DeleteEffect.</summary>
    public static OpenEffect Effect(DbDataReader row) => new(
        new EffectId(row.GetInt64(0)),
        new NewEffect(StoredNames.ToEffectKind(row.GetString(1)), row.GetString(2))
        {
            Bead = row.IsDBNull(3) ? null : row.Bead(3),
            Agent = row.MaybeAgent(4),
            From = row.Text(5),
            To = row.Text(6),
        },
        row.At(7));

    /// <summary>SelectJournal, SelectJournalOfBead and SelectLatest.</summary>
    public static JournalEntry Journal(DbDataReader row) => new(
        row.GetInt64(0), row.At(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.Bead(3), row.MaybeAgent(4),
        Event(row.GetInt64(0), row.GetString(5)));

    static JournalEvent Event(long sequence, string json)
    {
        try
        {
            return StoredEvent.Read(json);
        }
        catch (JsonException broken)
        {
            throw new StoreException(
                $"entry {sequence} of the journal cannot be read: {broken.Message}; it was written by another version, "
                + "use that one, or restore the store from a backup", transient: false);
        }
    }

    /// <summary>SelectAgents.</summary>
    public static AgentSnapshot AgentSnapshot(DbDataReader row) => new(
        row.Agent(0), row.GetString(1), StoredNames.ToAgentStatus(row.GetString(2)),
        row.IsDBNull(5) ? null : row.Bead(5), row.IsDBNull(6) ? null : new StageName(row.GetString(6)), row.Number(7),
        row.At(4), row.Text(3))
    {
        Node = row.Text(8),
    };

    /// <summary>SelectNodes, HoldNode and LoseNodes.</summary>
    public static NodeRecord Node(DbDataReader row) => new(
        new NodeGrant(row.GetString(0), row.GetInt64(4)), row.GetString(1), row.GetString(2), row.GetInt32(3),
        row.Text(5), row.GetString(6), new AgentBlock(row.GetInt32(7), row.GetInt32(8)), row.At(9), row.At(10),
        row.At(11), row.Text(12) switch
        {
            null => null,
            "left" => NodeEnd.Left,
            "lost" => NodeEnd.Lost,
            var end => throw new StoreException($"the store holds an unknown end of a node, '{end}'", transient: false),
        });

    static BeadState State(DbDataReader row) => row.GetString(7) switch
    {
        "pending" => new BeadState.Pending(new StageName(row.GetString(8)), row.MaybeAt(9)),
        "held" => new BeadState.Held(
            row.Agent(10), new FencingToken(row.GetInt64(11)), new StageName(row.GetString(8)), row.At(12))
        {
            External = row.GetBoolean(25),
        },
        "landing" => new BeadState.Landing(),
        "completed" => new BeadState.Completed(row.GetString(13), row.At(14)),
        "left" => new BeadState.Left(row.GetString(13)),
        "blocked" => new BeadState.Blocked(row.GetString(13)),
        "withdrawn" => new BeadState.Withdrawn(),
        var state => throw new StoreException($"the store holds an unknown bead state, '{state}'", transient: false),
    };

    static LandingState LandingState(DbDataReader row) => row.GetString(11) switch
    {
        "queued" => new LandingState.Queued(),
        "intended" => new LandingState.Intended(new LandingIntent(
            row.GetString(12), row.GetString(13), row.GetString(14), ReadPaths(row.GetString(15)))
        {
            Batch = Batch(row),
        }),
        "integrated" => new LandingState.Integrated(row.GetString(16)) { Batch = Batch(row) },
        "landed" => new LandingState.Landed(row.GetString(17), row.At(19)),
        "left" => new LandingState.Left(row.GetString(17)),
        "returned" => new LandingState.Returned(row.GetString(17)),
        var state => throw new StoreException($"the store holds an unknown landing state, '{state}'", transient: false),
    };

    static LandingBatch? Batch(DbDataReader row) =>
        row.Text(25) is { } onto ? new LandingBatch(onto, row.GetString(26)) : null;

    static string[] ReadPaths(string json) =>
        JsonSerializer.Deserialize(json, StoredListsContext.Default.StringArray) ?? [];
}
