using System.Text;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Processes;

/// <summary>What programs print: colours, half characters, endless lines, secrets.</summary>
public sealed class OutputFuzzTests
{
    const string Secret = "s3cr3t-value";

    static readonly byte[][] Corpus =
    [
        .. FuzzInputs.Of(
            "\u001b[31merror\u001b[0m: a.c:1:2: no\r\nok 1\nnot ok 2\n", "\u001b]0;title\u0007 text\n",
            $"TOKEN={Secret} https://u:{Secret}@host/\nAuthorization: Bearer abcdefghijklmnopqrstuvwxyz\n",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n",
            "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2Q 😀 ghp_0123456789abcdefghij\n",
            ""),
        .. FuzzInputs.Recorded("agents/claude", "*.stderr", 5),
    ];

    static readonly string[] Tokens =
        ["\u001b[", "\u001b]", "m", "\n", "error", Secret, "eyJ", "-eyJ", "x-", ".", "://", ":", "@", "-----BEGIN ",
        "bearer "];

    [Fact]
    public Task Any_output_is_trimmed_to_plain_text_within_its_limit() =>
        new Fuzz<string>(Corpus, Tokens)
        {
            Read = input => OutputTrimming.Trim(input.Text, Limit(input)),
            Holds = (input, text) =>
            {
                Assert.InRange(Encoding.UTF8.GetByteCount(text), 0, Limit(input));
                Assert.DoesNotContain(text, c => char.IsControl(c) && c is not ('\n' or '\t'));
                Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
                Assert.Equal(text, OutputTrimming.Trim(text, Limit(input)));
            },
            Count = 2000,
            AllocatedPerByteMax = 256,
        }.RunAsync();

    [Fact]
    public Task No_known_secret_is_left_in_any_output() =>
        new Fuzz<string>(Corpus, Tokens)
        {
            Read = input => Redaction.Apply(input.Text, [Secret]),
            // Its automaton grows with what it meets, within a bound of its own.
            AllocatedAtRestMax = 16 * 1024 * 1024,
            Holds = (_, text) => Assert.DoesNotContain(Secret, text, StringComparison.Ordinal),
            Count = 2000,
        }.RunAsync();

    static int Limit(FuzzInput input) => 64 << (input.Bytes.Length % 8);
}
