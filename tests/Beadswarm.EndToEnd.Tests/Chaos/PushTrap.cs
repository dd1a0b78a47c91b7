using System.Globalization;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>On which side of moving the branch the remote stops in the middle of a push.</summary>
enum PushMoment
{
    /// <summary>The remote has everything and has moved nothing.</summary>
    NotMoved,

    /// <summary>The branch has moved, and nobody has been told.</summary>
    Moved,
}

/// <summary>A push that waits in the trap.</summary>
/// <param name="Group">Its group of processes: git here, git there, and the hook.</param>
/// <param name="From">Where the target is before it.</param>
/// <param name="To">Where it moves the target.</param>
sealed record CaughtPush(int Group, string From, string To);

/// <summary>Hooks of the origin that stop one push of the target and say whose it is.</summary>
sealed class PushTrap : IDisposable
{
    const string Hook =
        """
        #!/bin/sh
        old=
        while read -r from to name; do
          [ "$name" != refs/heads/main ] || old=$from new=$to
        done
        [ "$old" ] || exit 0
        mv "$HERE/trap-$MOMENT" "$HERE/sprung" 2> /dev/null || exit 0
        read -r pid name state parent group rest < /proc/$$/stat
        echo $group $old $new > "$HERE/arrived"
        read -r go < "$HERE/go"
        exit 1

        """;

    readonly string _folder;
    readonly Fifo _arrived;
    readonly Fifo _go;
    Task<string> _next;

    /// <param name="repository">One that has an origin.</param>
    public PushTrap(GitRepository repository)
    {
        _folder = Path.Combine(repository.Root, "push");
        Directory.CreateDirectory(_folder);
        _arrived = new Fifo(Path.Combine(_folder, "arrived"));
        _go = new Fifo(Path.Combine(_folder, "go"));
        _next = _arrived.LineAsync();
        Install(repository, "pre-receive", PushMoment.NotMoved);
        Install(repository, "post-receive", PushMoment.Moved);
    }

    public void Lay(PushMoment moment) => File.WriteAllText(Path.Combine(_folder, $"trap-{moment}"), "");

    /// <param name="run">When it ends without having pushed, nobody will.</param>
    public async Task<CaughtPush> CaughtAsync(RunningSwarm run)
    {
        var first = await Task.WhenAny(_next, run.EndAsync());
        Assert.True(first == _next, $"nothing was pushed:\n{string.Join('\n', run.Lines.TakeLast(40))}");
        return await NextAsync() ?? throw new InvalidOperationException("the trap is gone");
    }

    /// <summary>The same, whoever pushes, whenever that is; null when the trap is gone.</summary>
    public async Task<CaughtPush?> NextAsync()
    {
        if ((await _next).Split(' ') is not [var group, var from, var to])
        {
            return null;
        }

        _next = _arrived.LineAsync();
        return new CaughtPush(int.Parse(group, CultureInfo.InvariantCulture), from, to);
    }

    public void Dispose()
    {
        // The reader still waits for a line; it must not outlive the pipe.
        _arrived.Write("over");
        _arrived.Dispose();
        _go.Dispose();
    }

    void Install(GitRepository repository, string name, PushMoment moment)
    {
        var hook = Path.Combine(repository.Origin, "hooks", name);
        Directory.CreateDirectory(Path.GetDirectoryName(hook)!); // a file in a folder
        File.WriteAllText(hook, Hook
            .Replace("$HERE", _folder, StringComparison.Ordinal)
            .Replace("$MOMENT", $"{moment}", StringComparison.Ordinal));
        File.SetUnixFileMode(hook, File.GetUnixFileMode(hook) | UnixFileMode.UserExecute);
    }
}
