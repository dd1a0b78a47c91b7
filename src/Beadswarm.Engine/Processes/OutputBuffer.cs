namespace Beadswarm.Processes;

/// <summary>Collects output up to a bound.</summary>
sealed class OutputBuffer(int bytesMax)
{
    const int BytesAtFirst = 4096;

    byte[] _bytes = [];
    int _length;

    /// <summary>Appends all of it, or nothing when the bound would be passed.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > bytesMax - _length)
        {
            return false;
        }

        Append(bytes);
        return true;
    }

    /// <summary>Appends it and forgets the oldest bytes beyond the bound.</summary>
    public void AppendKeepingTail(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[Math.Max(0, bytes.Length - bytesMax)..];
        var excess = _length + bytes.Length - bytesMax;
        if (excess > 0)
        {
            _bytes.AsSpan(excess, _length - excess).CopyTo(_bytes);
            _length -= excess;
        }

        Append(bytes);
    }

    public byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

    void Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length < _length + bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Math.Max(BytesAtFirst, _length * 2), _length + bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
