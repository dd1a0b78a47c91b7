using Beadswarm.EndToEnd.Tests.Audit;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>
/// A real git repository in a folder of one test's own, with its tracker, an empty home and maybe an origin.
/// </summary>
sealed class GitRepository : IDisposable
{
    public const string TrackerFile = ".beads/issues.jsonl";

    /// <summary>What the folders below <see cref="Root"/> are called.</summary>
    public const string FolderName = "repository", HomeName = "home";

    const string Config = ".beadswarm/swarm.yaml";
    const int ShownMax = 8000;

    readonly string _root;
    readonly string _folder = FolderName;
    readonly Mount? _disk;
    readonly bool _isClone;

    public GitRepository()
        : this(create: true)
    {
    }

    GitRepository(bool create, int? megabytes = null)
    {
        _root = Directory.CreateTempSubdirectory("beadswarm-e2e-").FullName;
        _disk = megabytes is { } size ? Mount.SmallDisk(_root, size) : null;
        Directory.CreateDirectory(Home);
        Environment = Machine.Environment(Home);
        if (!create)
        {
            return;
        }

        Directory.CreateDirectory(Path);
        Git("init", "-q", "-b", "main");
        Git("config", "user.name", "Owner");
        Git("config", "user.email", "owner@example.org");
    }

    GitRepository(GitRepository of, string folder)
    {
        (_root, _folder, _isClone) = (of._root, folder, true);
        Environment = new Dictionary<string, string>(of.Environment);
        GitIn(_root, "clone", "-q", Origin, Path);
        Git("config", "user.name", "Owner");
        Git("config", "user.email", "owner@example.org");
        if (File.Exists(of[Config]))
        {
            Write(Config, of.Read(Config));
        }
    }

    /// <summary>Nothing is there yet: a program under test makes it.</summary>
    public static GitRepository ToBeMade() => new(create: false);

    /// <summary>On a disk of its own, which a test can fill.</summary>
    public static GitRepository OnDiskOf(int megabytes) => new(create: true, megabytes);

    /// <summary>The folder that holds everything of the test.</summary>
    public string Root => _root;

    public string Path => System.IO.Path.Combine(_root, _folder);

    public string Home => System.IO.Path.Combine(_root, HomeName);

    public string Origin => System.IO.Path.Combine(_root, "origin.git");

    public bool HasOrigin => Directory.Exists(Origin);

    public Dictionary<string, string> Environment { get; }

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Read(string relative) => File.ReadAllText(this[relative]);

    public GitRepository Write(string relative, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[relative])!);
        File.WriteAllText(this[relative], content);
        return this;
    }

    public GitRepository Tracker(ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(this[".beads"]);
        File.WriteAllBytes(this[TrackerFile], content);
        return this;
    }

    public GitRepository Tracker(params BeadLine[] beads) =>
        Tracker(System.Text.Encoding.UTF8.GetBytes(string.Concat(beads.Select(bead => bead.ToJson() + "\n"))));

    public GitRepository Commit(string message = "Start")
    {
        Git("add", "-A");

        // What a user would not commit either; git ignores it only once a swarm has run.
        Git("rm", "-r", "-q", "--cached", "--ignore-unmatch", ".beadswarm");
        Git("commit", "-q", "--allow-empty", "-m", message);
        return this;
    }

    /// <summary>A bare repository that main is pushed to and follows.</summary>
    public GitRepository AddOrigin()
    {
        GitIn(_root, "init", "-q", "--bare", "-b", "main", Origin);
        Git("remote", "add", "origin", Origin);
        Git("push", "-q", "-u", "origin", "main");
        return this;
    }

    /// <summary>
    /// Another clone of the origin with the same configuration, as on another machine. It goes with this one.
    /// </summary>
    public GitRepository CloneAs(string folder) => new(this, folder);

    public string Git(params string[] arguments) => GitIn(Path, arguments);

    /// <summary>Runs git and expects it to work.</summary>
    public string GitIn(string folder, params string[] arguments)
    {
        var output = Machine.Run(folder, Environment, "git", arguments);
        Assert.True(output.ExitCode == 0, $"git {string.Join(' ', arguments)}: {output}");
        return output.Out.TrimEnd('\n');
    }

    /// <summary>Runs the built command line here.</summary>
    public Task<Output> RunAsync(params string[] arguments) =>
        Machine.RunAsync(Directory.Exists(Path) ? Path : Root, Environment, Machine.Beadswarm, arguments);

    /// <summary>Runs it and expects this exit code; the rest of what it said is in the failure.</summary>
    public async Task<Output> MustAsync(int exitCode, params string[] arguments)
    {
        var output = await RunAsync(arguments);
        Assert.True(
            output.ExitCode == exitCode,
            $"beadswarm {string.Join(' ', arguments)}: expected exit code {exitCode}, got {Shown(output)}");
        return output;
    }

    public void Dispose()
    {
        if (_isClone)
        {
            return;
        }

        EndProcesses();
        if (System.Environment.GetEnvironmentVariable("BEADSWARM_TEST_KEEP") == "1")
        {
            return;
        }

        // Protected folders of the hub have no write permission, and a folder must be writable to be emptied.
        foreach (var folder in Directory.EnumerateDirectories(_root, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        }))
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.UserWrite);
        }

        _disk?.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>
    /// What a test that failed has left at work, a swarm or its agents, would disturb all that come after it.
    /// </summary>
    void EndProcesses()
    {
        // Whoever is killed is gone in a moment; what it had begun to start meanwhile is found by the next look.
        for (var look = 0; look < LooksMax; look++)
        {
            var left = SurroundingsAudit.Living(_root).ToArray();
            if (left.Length == 0)
            {
                return;
            }

            foreach (var process in left)
            {
                Machine.Signal(process.Id, Kill);
            }
        }
    }

    const int LooksMax = 500;
    const int Kill = 9;

    static string Shown(Output output)
    {
        var text = output.ToString();
        return text.Length > ShownMax ? text[..(ShownMax / 4)] + "\n[cut]\n" + text[^ShownMax..] : text;
    }
}
