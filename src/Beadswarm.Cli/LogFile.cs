using System.Text;

namespace Beadswarm.Cli;

/// <summary>
/// Reads a log that may still be written: the last lines first, then what is added. A log that does not exist yet is
/// empty.
/// </summary>
sealed class LogFile(string path)
{
    /// <summary>Most of a log's end that is looked at for its last lines, and read at once when it grows.</summary>
    const int BytesMax = 4 * 1024 * 1024;

    /// <summary>A line longer than this is shown in pieces; what an agent's tool answers is one line.</summary>
    const int LineBytesMax = 1024 * 1024;

    const int BufferBytes = 64 * 1024;

    readonly List<byte> _partial = [];
    long _offset;

    /// <summary>
    /// The last whole lines, and the unfinished one behind them if there is one. Reading goes on behind them.
    /// </summary>
    public IReadOnlyList<string> ReadTail(int lines)
    {
        using var file = Open();
        if (file is null)
        {
            return [];
        }

        _offset = Math.Max(0, file.Length - BytesMax);
        var cut = _offset > 0;
        var all = new List<string>(Read(file));
        if (_partial.Count > 0)
        {
            all.Add(TakePartial());
        }

        // The first line of a log that was not read from its start is only the end of one.
        return all[Math.Max(cut && all.Count > 0 ? 1 : 0, all.Count - lines)..];
    }

    /// <summary>The lines that became whole since the last call.</summary>
    public IReadOnlyList<string> ReadNew()
    {
        using var file = Open();
        return file is null ? [] : [.. Read(file)];
    }

    /// <summary>What is left of an unfinished line when nothing will follow.</summary>
    public IReadOnlyList<string> ReadRest() => _partial.Count > 0 ? [TakePartial()] : [];

    IEnumerable<string> Read(FileStream file)
    {
        if (file.Length < _offset)
        {
            // Truncated by somebody: what is there now is new.
            _offset = 0;
        }

        file.Position = _offset;
        var buffer = new byte[BufferBytes];
        for (var left = BytesMax; left > 0;)
        {
            var read = file.Read(buffer, 0, Math.Min(buffer.Length, left));
            if (read == 0)
            {
                yield break;
            }

            left -= read;
            _offset += read;
            for (var i = 0; i < read; i++)
            {
                if (buffer[i] == (byte)'\n')
                {
                    yield return TakePartial();
                }
                else
                {
                    _partial.Add(buffer[i]);
                    if (_partial.Count >= LineBytesMax)
                    {
                        yield return TakePartial();
                    }
                }
            }
        }
    }

    string TakePartial()
    {
        var line = Encoding.UTF8.GetString([.. _partial]);
        _partial.Clear();
        return line.TrimEnd('\r');
    }

    FileStream? Open()
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
