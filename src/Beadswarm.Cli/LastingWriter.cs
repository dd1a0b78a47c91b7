using System.Text;

namespace Beadswarm.Cli;

/// <summary>
/// Output of something that goes on whether or not anybody reads it: after the first failure (the reader has left, the
/// terminal is closed, the disk is full) what is written is dropped.
/// </summary>
sealed class LastingWriter(TextWriter inner) : TextWriter
{
    volatile bool _lost;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void Flush() => Try(inner.Flush);

    void Try(Action write)
    {
        if (_lost)
        {
            return;
        }

        try
        {
            write();
        }
        catch (Exception lost) when (lost is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _lost = true;
        }
    }
}
