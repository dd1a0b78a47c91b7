using Beadswarm.Processes;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Processes;

public sealed class LinuxMachineTests : IDisposable
{
    const long Mi = 1L << 20;

    readonly TemporaryFolder _folder = new();

    public LinuxMachineTests() => Write(
        "proc/meminfo",
        "MemTotal:       8388608 kB\nMemFree:          100000 kB\nMemAvailable:   4194304 kB\nBuffers: 1 kB\n");

    [Fact]
    public void This_machine_has_memory()
    {
        var memory = new LinuxMachine().Memory();

        Assert.InRange(memory.TotalBytes, 64 * Mi, long.MaxValue / 2);
        Assert.InRange(memory.AvailableBytes, 0, memory.TotalBytes);
    }

    [Fact]
    public void Without_control_groups_the_kernel_says_what_is_available() => Check(8192 * Mi, 4096 * Mi);

    [Fact]
    public void A_group_without_a_limit_changes_nothing()
    {
        Write("proc/self/cgroup", "0::/user.slice/me\n");
        Group("user.slice/me", ("memory.max", "max"), ("memory.high", "max"), ("memory.current", "1"));

        Check(8192 * Mi, 4096 * Mi);
    }

    [Fact]
    public void The_tightest_group_above_us_counts_and_files_it_caches_can_go()
    {
        Write("proc/self/cgroup", "0::/user.slice/me/here\n");
        Group("user.slice", ("memory.max", $"{6144 * Mi}"), ("memory.high", "max"), ("memory.current", $"{1024 * Mi}"));
        Group(
            "user.slice/me", ("memory.max", $"{2048 * Mi}"), ("memory.current", $"{1536 * Mi}"),
            ("memory.stat", $"anon 7\nfile 9\ninactive_file {100 * Mi}\nactive_file {200 * Mi}\n"));

        Check(2048 * Mi, (2048 - 1536 + 100 + 100) * Mi);
    }

    [Fact]
    public void The_mark_above_which_a_group_is_slowed_down_is_a_limit()
    {
        Write("proc/self/cgroup", "0::/me\n");
        Group("me", ("memory.max", "max"), ("memory.high", $"{512 * Mi}"), ("memory.current", $"{500 * Mi}"));

        Check(512 * Mi, 12 * Mi);
    }

    [Fact]
    public void A_container_that_sees_its_group_at_the_root_under_another_name_is_limited_by_it()
    {
        Write("proc/self/cgroup", "12:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc\n");
        Group(
            "memory", ("memory.limit_in_bytes", $"{1024 * Mi}"), ("memory.usage_in_bytes", $"{1000 * Mi}"),
            ("memory.stat", $"inactive_file 1\ntotal_inactive_file {50 * Mi}\ntotal_active_file 0\n"));

        Check(1024 * Mi, 74 * Mi);
    }

    [Fact]
    public void Version_1_without_a_limit_says_so_with_a_huge_number()
    {
        Write("proc/self/cgroup", "4:memory:/\n");
        Group("memory", ("memory.limit_in_bytes", "9223372036854771712"), ("memory.usage_in_bytes", "1"));

        Check(8192 * Mi, 4096 * Mi);
    }

    [Fact]
    public void A_group_over_its_limit_has_nothing_left()
    {
        Write("proc/self/cgroup", "0::/me\n");
        Group("me", ("memory.max", "1000"), ("memory.current", "2000"));

        Check(1000, 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense\n0::\n:::\n4:memory\n")]
    public void Whatever_stands_in_these_files_there_is_an_answer(string groups)
    {
        Write("proc/self/cgroup", groups);
        Write("proc/meminfo", "MemTotal: many kB\n");

        Check(long.MaxValue, long.MaxValue);
    }

    public void Dispose() => _folder.Dispose();

    void Check(long total, long available) => Assert.Equal(
        new MachineMemory(total, available), new LinuxMachine(_folder["proc"], _folder["cgroup"]).Memory());

    void Group(string name, params (string File, string Text)[] files)
    {
        foreach (var (file, text) in files)
        {
            Write($"cgroup/{name}/{file}", text);
        }
    }

    void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!); // a file of a folder
        File.WriteAllText(_folder[file], text);
    }
}
