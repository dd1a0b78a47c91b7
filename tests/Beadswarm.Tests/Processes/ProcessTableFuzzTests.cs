using System.Text;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Processes;

/// <summary>Lines of the process table: a process may call itself anything.</summary>
public sealed class ProcessTableFuzzTests : IDisposable
{
    const string Rest =
        " S 4242 4243 4244 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654321 1 2 18446744073709551615 0 0\n";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Any_line_is_a_process_or_none() =>
        new Fuzz<ProcessEntry?>(
            FuzzInputs.Of($"17 (sh){Rest}", $"17 (a) Z 1 (b){Rest}", $"17 (tmux: \n){Rest}", "17 (cut) S 1 2"),
            ")", "(", " Z ", " 2147483648", " -1", "99999999999999999999")
        {
            Read = input => ProcessTable.Parse(17, Encoding.UTF8.GetString(input.Bytes)),
            Refused = entry => entry is null ? "none" : null,
            Holds = (_, entry) => Assert.Equal(17, entry?.Pid ?? 17),
            Count = 5000,
        }.RunAsync();

    [Fact]
    public Task Whatever_its_name_a_process_keeps_its_parent_group_session_and_start() =>
        new Fuzz<ProcessEntry?>(
            FuzzInputs.Of("sh", "a) Z 1 1 1", "(((", ")))", "\n17 (x) S 1 1 1", ""), ")", "(", " Z 1 ", "\n")
        {
            Read = input => ProcessTable.Parse(17, $"17 ({Encoding.UTF8.GetString(input.Bytes)}){Rest}"),
            Holds = (_, entry) => Assert.Equal(
                (4242, 4243, 4244, 987654321), (entry!.Value.Parent, entry.Value.Group, entry.Value.Session,
                    entry.Value.StartTicks)),
            Count = 3000,
        }.RunAsync();

    [Theory]
    [InlineData("17 (sh) S one 2 3 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 9 1")]
    [InlineData("17 (sh) S 1 2 3 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 99999999999999999999 1")]
    [InlineData("17 (sh) S 99999999999 2 3 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 9 1")]
    public void A_line_with_a_number_that_is_none_is_no_process(string line) =>
        Assert.Null(ProcessTable.Parse(17, line));

    [Theory]
    [InlineData("a) Z 1 1 1 (")]
    [InlineData("a\nb")]
    [InlineData("))))")]
    [InlineData(" ")]
    public async Task A_real_process_with_a_confusing_name_is_found(string name)
    {
        File.Copy("/bin/sleep", _folder[name]);
        using var child = ChildProcess.Start(
            new ChildSpec
            {
                FileName = _folder[name],
                Arguments = ["600"],
                WorkingDirectory = _folder.Path,
                Environment = new Dictionary<string, string>(),
                Tag = $"fuzz/{Path.GetFileName(_folder.Path)}",
                StandardOutputFile = _folder["out"],
                StandardErrorFile = _folder["err"],
            },
            TimeProvider.System);

        var entry = ProcessTable.Find(child.Identity.Pid)!.Value;

        Assert.Equal((child.Identity.Pid, child.Identity.StartTicks), (entry.Session, entry.StartTicks));
        Assert.False(entry.Zombie);
        Assert.Contains(ProcessSweep.Members(child.Tag), member => member.Key == entry.Key);
        await child.TerminateAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.False(child.Identity.IsRunning());
    }
}
