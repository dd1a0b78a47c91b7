using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

public sealed class ReadingVerbTests
{
    static readonly string[][] Verbs =
    [
        ["status"], ["progress"], ["agents"], ["failures"], ["queue"], ["history"],
        ["history", "--bead", "demo-7"], ["history", "--agent", "1", "--limit", "1"], ["costs"],
    ];

    [Fact]
    public async Task Verbs_read_a_running_swarm()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());

        Snapshot.Match(await RunAllAsync(bench, json: false));
    }

    [Fact]
    public async Task Verbs_read_a_running_swarm_as_json()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());

        Snapshot.Match(await RunAllAsync(bench, json: true));
    }

    [Fact]
    public async Task Verbs_say_that_there_is_nothing_where_no_swarm_ever_ran()
    {
        await using var bench = new CliBench();

        Snapshot.Match(await RunAllAsync(bench, json: false) + await RunAllAsync(bench, json: true));
    }

    [Fact]
    public async Task A_narrow_terminal_gets_shorter_lines()
    {
        await using var bench = new CliBench { Width = 60 }.Running(FixedReader.Busy());

        var output = (await bench.InvokeAsync("history")).Output;

        Assert.All(output.Split('\n'), line => Assert.InRange(line.Length, 0, 90));
        Assert.Contains("…", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_show_the_newest_stage_of_each_agent_or_all_of_a_bead()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());
        WriteLog(bench, 2, "stdout.log", "checking\n\u001b[31mred\u001b[0m \u001b]0;title\u0007and \u0000 plain\nlast");
        WriteLog(bench, 2, "stderr.log", "warning: none\n");
        WriteLog(bench, 1, "stdout.log", string.Concat(Enumerable.Range(1, 300).Select(i => $"line {i}\n")));
        WriteLog(bench, 5, "stdout.log", "one\r\ntwo\r\n");

        Snapshot.Match(
            await bench.RunAsync("logs") + await bench.RunAsync("logs", "--bead", "demo-9", "--tail", "2")
            + await bench.RunAsync("logs", "--agent", "2", "--format", "json")
            + await bench.RunAsync("logs", "--bead", "demo-404"));
    }

    [Fact]
    public async Task Following_logs_ends_with_the_swarm_and_misses_nothing()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());
        WriteLog(bench, 5, "stdout.log", "before\nunfin");
        var firstSeen = new TaskCompletionSource();
        var output = new SignalWriter("before", firstSeen);

        var following = Beadswarm.Cli.CommandTree.InvokeAsync(
            ["logs", "--agent", "2", "--follow"], bench.Host(output, TextWriter.Null));
        await firstSeen.Task.WaitAsync(TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(
            bench[".beadswarm/sessions/5/stdout.log"], "ished\nafter\nno line break",
            TestContext.Current.CancellationToken);
        await bench.StopAsync();

        Assert.Equal(0, await following);
        var text = output.ToString();
        Assert.Contains("before\n", text, StringComparison.Ordinal);
        Assert.Contains("ished\nafter\nno line break\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_without_a_terminal_prints_plain_lines_until_the_swarm_ends()
    {
        await using var bench = new CliBench().Running(FixedReader.Busy());
        var seen = new TaskCompletionSource();
        var output = new SignalWriter("claimed", seen);

        var watching = Beadswarm.Cli.CommandTree.InvokeAsync(["watch"], bench.Host(output, TextWriter.Null));
        await seen.Task.WaitAsync(TestContext.Current.CancellationToken);
        await bench.StopAsync();

        Assert.Equal(0, await watching);
        Assert.StartsWith(
            "20:00:00 swarm started with 5 agents, target 25\n"
            + "20:01:00 agent 1 demo-1.2 claimed at implement, attempt 1\n",
            output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output.ToString());
    }

    static async Task<string> RunAllAsync(CliBench bench, bool json)
    {
        var text = "";
        foreach (var verb in Verbs)
        {
            text += await bench.RunAsync(json ? [.. verb, "--format", "json"] : verb) + "\n";
        }

        return text;
    }

    static void WriteLog(CliBench bench, int run, string name, string text)
    {
        Directory.CreateDirectory(bench[$".beadswarm/sessions/{run}"]);
        File.WriteAllText(bench[$".beadswarm/sessions/{run}/{name}"], text);
    }

    /// <summary>Tells when a word was written.</summary>
    sealed class SignalWriter(string word, TaskCompletionSource seen) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains(word, StringComparison.Ordinal) is true)
            {
                seen.TrySetResult();
            }
        }
    }
}
