namespace Beadswarm.Tests.Support.Forges;

/// <summary>GitHub's own program, which the tests of pull requests start.</summary>
static class Gh
{
    /// <summary>Where it is; where it is not, every test that needs it fails with the same words.</summary>
    public static string Program { get; } = Find();

    /// <summary>The folders that programs are looked for in.</summary>
    public static string SearchPath => System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";

    static string Find() =>
        SearchPath.Split(':').Select(folder => Path.Combine(folder, "gh")).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(
            "gh is not on PATH. Install it (Debian, as root: apt-get install gh) and run ./test again.");
}
