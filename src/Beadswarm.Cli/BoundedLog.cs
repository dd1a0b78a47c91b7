using System.Text;

namespace Beadswarm.Cli;

/// <summary>
/// The log of a swarm without a terminal: appended to, and never larger than its bound. When it is full, what it holds
/// becomes the older log beside it and it begins again; the file itself stays, so whoever appends to it by another
/// descriptor, as the runtime does with its last words, goes on appending to it. What cannot be written is dropped: a
/// full disk must not end a swarm because of its log.
/// </summary>
sealed class BoundedLog : TextWriter
{
    readonly long _bytesMax;
    readonly Lock _lock = new();
    readonly FileStream _file;

    public BoundedLog(string path, long bytesMax)
    {
        Path = path;
        _bytesMax = bytesMax;
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    public string Path { get; }

    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>The older half of the log.</summary>
    public static string OlderOf(string path) => path + ".1";

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(buffer.Length)];
        var length = Encoding.UTF8.GetBytes(buffer, bytes);
        lock (_lock)
        {
            try
            {
                MakeRoom_NeedsLock(length);
                _file.Seek(0, SeekOrigin.End);
                _file.Write(bytes, 0, length);
            }
            catch (IOException)
            {
                // Dropped: the journal has it.
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    // Dying between the two leaves the same lines in both files, and the next time makes one of them go.
    void MakeRoom_NeedsLock(int bytes)
    {
        if (_file.Length == 0 || _file.Length + bytes <= _bytesMax)
        {
            return;
        }

        File.Copy(Path, OlderOf(Path), overwrite: true);
        _file.SetLength(0);
    }
}
