using System.Globalization;
using System.Text;

namespace Beadswarm.Tests.Support;

/// <summary>
/// Gives a reader thousands of inputs that are almost right and checks what must hold of every input: an answer or a
/// refusal that is documented and clear, in bounded memory and time, and whatever else the test says.
///
/// Input number S is made from S and the corpus alone, so its number replays a failure. <c>BEADSWARM_FUZZ</c> is how
/// many inputs each reader gets, <c>BEADSWARM_FUZZ_SEED</c> the number of the first one.
/// </summary>
sealed class Fuzz<T>(IReadOnlyList<byte[]> corpus, params string[] tokens)
{
    /// <summary>Far more than any input takes on a loaded machine: what takes longer will not end.</summary>
    static readonly TimeSpan InputTimeMax = TimeSpan.FromMinutes(2);

    /// <summary>Different failures after which a run ends; they are told together.</summary>
    const int FailuresMax = 8;

    const int MessageLengthMax = 1500;

    /// <summary>What the first repetition is called instead of its seed; the others are called less.</summary>
    const int FirstRepetition = -2;

    int _accepted;
    int _refused;

    /// <summary>What is tried, and measured.</summary>
    public required Func<FuzzInput, T> Read { get; init; }

    /// <summary>The words of an exception that is a documented refusal; null: it is a defect.</summary>
    public Func<Exception, string?>? Thrown { get; init; }

    /// <summary>The words of an answer that is a refusal; null: the input was accepted.</summary>
    public Func<T, string?>? Refused { get; init; }

    /// <summary>What must hold of every answer, refusals included.</summary>
    public Action<FuzzInput, T> Holds { get; init; } = (_, _) => { };

    public int Count { get; init; } = 2000;

    public int BytesMax { get; init; } = 64 * 1024;

    /// <summary>
    /// Each token is also given repeated to this length: a reader that looks at every part again for every part is
    /// still at it when the time is over.
    /// </summary>
    public int RepeatedBytesMax { get; init; } = 1024 * 1024;

    /// <summary>What the reader may allocate for an input of no bytes at all.</summary>
    public int AllocatedAtRestMax { get; init; } = 512 * 1024;

    /// <summary>Bytes that the reader may allocate for each byte of its input.</summary>
    public int AllocatedPerByteMax { get; init; } = 64;

    public async Task RunAsync()
    {
        var hung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = new CancellationTokenSource();
        var running = 0;
        await using var told = watch.Token.Register(() => hung.TrySetException(
            new TimeoutException(Invariant($"input {running} takes longer than {InputTimeMax.TotalSeconds} s"))));
        // A thread of its own: one that hangs must not take one of the pool's along.
        var work = Task.Factory.StartNew(
            () => Work(seed =>
            {
                running = seed;
                watch.CancelAfter(InputTimeMax);
            }),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await await Task.WhenAny(work, hung.Task);
    }

    void Work(Action<int> begins)
    {
        var inputs = new FuzzInputs(corpus, tokens, BytesMax);
        var count = FuzzInputs.Number("BEADSWARM_FUZZ") ?? Count;
        var first = FuzzInputs.Number("BEADSWARM_FUZZ_SEED") ?? 0;
        var failures = new Dictionary<string, string>();
        foreach (var sample in corpus)
        {
            // Whatever is made once and kept is made before anything is measured.
            Try(new FuzzInput(sample, -1), measured: false);
        }

        (_accepted, _refused) = (0, 0);
        for (var seed = first; seed < first + count && failures.Count < FailuresMax; seed++)
        {
            begins(seed);
            var input = new FuzzInput(inputs.Make(seed), seed);
            if (Try(input) is { } error && !failures.ContainsKey(Place(error)))
            {
                failures[Place(error)] = Tell(Shrink(input, error), input, error);
            }
        }

        var repetitions = FuzzInputs.Repetitions(tokens, RepeatedBytesMax).ToArray();
        for (var i = 0; i < repetitions.Length && failures.Count < FailuresMax; i++)
        {
            var seed = FirstRepetition - i;
            begins(seed);
            var error = Try(new FuzzInput(repetitions[i], seed), whole: false);
            if (error is not null && !failures.ContainsKey(Place(error)))
            {
                failures[Place(error)] = Invariant($"repetition of {FuzzInputs.Show(repetitions[i][..40])}: {error}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            Invariant($"{count} inputs: {_accepted} accepted, {_refused} refused"));
        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Values));
        // One that only ever meets the first check of the reader tests nothing else.
        Assert.True(count < 500 || _accepted >= count / 100, Invariant($"{_accepted} of {count} were accepted"));
        Assert.True(
            count < 500 || (Thrown, Refused) == (null, null) || _refused >= count / 100,
            Invariant($"{_refused} of {count} were refused"));
    }

    /// <summary>What is wrong with the reader's answer to this input, or null.</summary>
    /// <param name="measured">Whether memory counts.</param>
    /// <param name="whole">Whether everything must hold, or only what holds of the answer itself.</param>
    Exception? Try(FuzzInput input, bool measured = true, bool whole = true)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        T answer;
        try
        {
            answer = Read(input);
        }
        catch (Exception error)
        {
            var spent = GC.GetAllocatedBytesForCurrentThread() - before;
            return Thrown?.Invoke(error) is not { } message ? error : Failure(() =>
            {
                CheckMemory(spent, input, measured);
                CheckClear(message);
            });
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return Failure(() =>
        {
            CheckMemory(allocated, input, measured);
            CheckClear(Refused?.Invoke(answer));
            if (whole)
            {
                Holds(input, answer);
            }
        });
    }

    static Exception? Failure(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    void CheckClear(string? message)
    {
        if (message is null)
        {
            _accepted++;
            return;
        }

        _refused++;
        Assert.True(
            message.Length <= MessageLengthMax && !string.IsNullOrWhiteSpace(message),
            Invariant($"a refusal of {message.Length} characters: {message[..Math.Min(message.Length, 200)]}"));
    }

    void CheckMemory(long allocated, FuzzInput input, bool measured)
    {
        var max = AllocatedAtRestMax + ((long)AllocatedPerByteMax * input.Bytes.Length);
        Assert.True(
            !measured || allocated <= max,
            Invariant($"{allocated} bytes were allocated for an input of {input.Bytes.Length}, allowed are {max}"));
    }

    /// <summary>A shorter input that fails in the same place, found by leaving out pieces.</summary>
    FuzzInput Shrink(FuzzInput input, Exception error)
    {
        var place = Place(error);
        var tries = 1000;
        for (var size = input.Bytes.Length / 2; size > 0; size /= 2)
        {
            for (var at = 0; at + size <= input.Bytes.Length && tries > 0;)
            {
                var shorter = input with { Bytes = [.. input.Bytes[..at], .. input.Bytes[(at + size)..]] };
                tries--;
                if (Try(shorter) is { } same && Place(same) == place)
                {
                    input = shorter;
                }
                else
                {
                    at += size;
                }
            }
        }

        return input;
    }

    /// <summary>Two errors are the same when they come from the same line of ours.</summary>
    static string Place(Exception error) =>
        error.GetType().Name + error.StackTrace?.Split('\n').FirstOrDefault(
            line => line.Contains("Beadswarm.", StringComparison.Ordinal)
                && !line.Contains("Fuzz`1", StringComparison.Ordinal));

    static string Tell(FuzzInput shrunk, FuzzInput whole, Exception error)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"seed {whole.Seed}: {error}\n");
        text.Append(CultureInfo.InvariantCulture, $"input of {whole.Bytes.Length} bytes, of which these suffice: ");
        text.Append(FuzzInputs.Show(shrunk.Bytes)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"replay: BEADSWARM_FUZZ=1 BEADSWARM_FUZZ_SEED={whole.Seed}");
        return text.ToString();
    }

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One input of a fuzzed reader.</summary>
/// <param name="Seed">Its number; -1 for a piece of the corpus as it is.</param>
sealed record FuzzInput(byte[] Bytes, int Seed)
{
    /// <summary>
    /// The bytes as text; where they are none, also halves of surrogate pairs, which no UTF-8 can hold.
    /// </summary>
    public string Text
    {
        get
        {
            var text = Encoding.UTF8.GetString(Bytes).ToCharArray();
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = text[i] != '\ufffd' ? text[i] : (i % 3) switch
                {
                    0 => '\ufffd',
                    1 => '\ud83d',
                    _ => '\ude00'
                };
            }

            return new string(text);
        }
    }

    /// <summary>For choices that belong to the input: the same ones whenever it is tried.</summary>
    public Random Choices() => new(~Seed);
}
