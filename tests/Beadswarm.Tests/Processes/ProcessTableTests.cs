using Beadswarm.Processes;

namespace Beadswarm.Tests.Processes;

public sealed class ProcessTableTests
{
    [Theory]
    [InlineData("7 (a) S 1 7 8 34816 7 4194560 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0", false, true, false)]
    [InlineData("7 (x) y) (z) S 1 7 8 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0", false, false, false)]
    [InlineData("7 (a) Z 1 7 8 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0", true, false, false)]
    [InlineData("7 (a) Z 1 7 8 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 3 0 99 0 0", false, false, false)]
    [InlineData("7 (kworker/0:1) I 1 7 8 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0", false, false, true)]
    public void A_line_of_the_table_is_read_whatever_the_name_and_a_process_with_living_threads_is_no_zombie(
        string line, bool zombie, bool terminal, bool kernel) =>
        Assert.Equal(new ProcessEntry(7, 1, 7, 8, 99, zombie, terminal, kernel), ProcessTable.Parse(7, line));

    [Theory]
    [InlineData("7 (a) R 1 7 8 0 -1 4194636 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0", true)]
    [InlineData("7 (a) R 1 7 8 0 -1 4194636 0 0 0 0 0 0 0 0 20 0 3 0 99 0 0", false)]
    [InlineData("7 (a) R 1 7 8 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0", false)]
    public void A_process_without_other_threads_that_has_begun_to_exit_is_on_its_way_out(string line, bool exiting) =>
        Assert.Equal(exiting, ProcessTable.Parse(7, line)!.Value.Exiting); // a whole line

    [Fact]
    public async Task What_is_found_on_its_way_out_is_waited_for_and_no_leak()
    {
        var looks = new Queue<IReadOnlyList<ProcessEntry>>(
        [
            [Line(exiting: 4)], [Line(exiting: 0)], [],
        ]);

        var report = await ProcessSweep.KillAsync(
            looks.Dequeue, _ => true, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.Empty(looks);
        Assert.Equal([Gone + 0], report.Ended.Select(left => left.Pid));
        Assert.Empty(report.Remaining);
    }

    /// <summary>No process has such an id: above what the kernel gives.</summary>
    const int Gone = 1 << 23;

    static ProcessEntry Line(int exiting) => ProcessTable.Parse(
        Gone + exiting, $"{Gone} (a) R 1 7 8 0 -1 {4194560 + exiting} 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0")!.Value; // whole

    [Theory]
    [InlineData("")]
    [InlineData("7 (a) S 1 7 8")]
    public void Half_a_line_is_no_process(string line) => Assert.Null(ProcessTable.Parse(7, line));

    [Fact]
    public void We_ourselves_are_in_the_table()
    {
        var self = Environment.ProcessId;

        Assert.Contains(ProcessTable.All(), entry => entry.Pid == self && !entry.Zombie && !entry.Kernel);
        Assert.Equal(Libc.geteuid(), ProcessTable.UserOf(self));
        Assert.Equal(Libc.RealPath(Directory.GetCurrentDirectory()), ProcessTable.WorkingDirectory(self));
        Assert.Contains("PATH", ProcessTable.VariableNames(self));
        Assert.InRange(ProcessTable.ProportionalMemoryBytes(self) ?? 0, 1_000_000, ProcessTable.MemoryBytes(self) * 2);
    }
}
