namespace Beadswarm.Storage;

/// <summary>
/// The store cannot be opened, read or written. The message names cause and remedy; nothing of the operation that threw
/// it was acknowledged, and what it wrote was rolled back, unless the message says that this is not known: a server
/// that went away in the middle of a commit.
/// </summary>
/// <param name="transient">The same operation may succeed later: the file was busy, the disk full.</param>
sealed class StoreException(string message, bool transient, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTransient { get; } = transient;
}
