namespace Beadswarm.Storage.Postgres.Servers;

/// <summary>Why no server could be made, started or ended.</summary>
enum ServerTrouble
{
    /// <summary>A program that it takes is not there, or does not work on this machine.</summary>
    ToolMissing,

    /// <summary>The program is there, and refused.</summary>
    Refused,
}

/// <summary>
/// A server of a repository's own could not be made, started or ended. Names the cause and the remedy.
/// </summary>
sealed class ServerException(ServerTrouble trouble, string message, string remedy) : Exception(message)
{
    public ServerTrouble Trouble { get; } = trouble;

    public string Remedy { get; } = remedy;
}
