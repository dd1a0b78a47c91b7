using System.Text;
using Beadswarm.Agents;

namespace Beadswarm.Tests.Agents;

public sealed class TranscriptReaderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("{\"a\":1}\n{\"a\":2}\n", "1 2")]
    [InlineData("{\"a\":1}\r\n\n  {\"a\":2}", "1 2")]
    [InlineData("warning: {x}\n{\"a\":1}\n{\"a\":\n[3]\n{\"a\":2}trail\n{\"a\":4}", "1 4")]
    public void Objects_are_read_and_everything_else_is_passed_over(string text, string expected) =>
        Assert.Equal(expected, Values(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Long_lines_are_read_and_those_beyond_the_limit_passed_over_without_growing_for_them()
    {
        var stream = new LongLines(
            [("{\"a\":1,\"b\":\"", 3_000_000, "\"}\n"), ("{\"a\":2,\"b\":\"", 20_000_000, "\"}\n"),
                ("{\"a\":3,\"b\":\"", 10, "\"}\n")]);
        var seen = new List<long>();

        TranscriptReader.Read(stream, line => seen.Add(line.Number("a")));

        Assert.Equal([1, 3], seen);
    }

    [Fact]
    public void File_that_is_not_there_or_is_none_has_nothing_in_it()
    {
        TranscriptReader.Read("/nonexistent/file", _ => Assert.Fail());
        TranscriptReader.Read("/proc", _ => Assert.Fail());
    }

    static string Values(byte[] bytes)
    {
        var seen = new List<long>();
        TranscriptReader.Read(new MemoryStream(bytes), line => seen.Add(line.Number("a")));
        return string.Join(' ', seen);
    }

    /// <summary>Lines that are made while they are read.</summary>
    sealed class LongLines(IEnumerable<(string Start, int Middle, string End)> lines) : Stream
    {
        readonly IEnumerator<byte> _bytes = lines.SelectMany(line =>
            Encoding.UTF8.GetBytes(line.Start).Concat(Enumerable.Repeat((byte)'x', line.Middle))
                .Concat(Encoding.UTF8.GetBytes(line.End))).GetEnumerator();

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => 0; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var i = 0;
            for (; i < count && _bytes.MoveNext(); i++)
            {
                buffer[offset + i] = _bytes.Current;
            }

            return i;
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
