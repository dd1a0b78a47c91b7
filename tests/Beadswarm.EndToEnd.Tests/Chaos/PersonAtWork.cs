using System.Diagnostics;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>A real git that a person has started in his checkout, in the middle of moving a branch.</summary>
sealed class PersonAtWork : IDisposable
{
    readonly Process _git;

    PersonAtWork(Process git) => _git = git;

    /// <summary>Takes git's own lock of the ref and keeps it.</summary>
    public static PersonAtWork Holding(GitRepository repository, string name)
    {
        var person = Standing(repository, "");
        person._git.StandardInput.WriteLine($"verify {name} {repository.Git("rev-parse", name)}\nprepare");
        person._git.StandardInput.Flush();
        Assert.Equal("prepare: ok", person._git.StandardOutput.ReadLine());
        return person;
    }

    /// <summary>Is about to do something in this folder of the repository.</summary>
    public static PersonAtWork Standing(GitRepository repository, string folder)
    {
        var start = new ProcessStartInfo("git", ["update-ref", "--stdin"])
        {
            WorkingDirectory = repository[folder],
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        foreach (var (variable, value) in repository.Environment)
        {
            start.Environment[variable] = value;
        }

        var git = Process.Start(start)!; // not by the shell: there is always one
        git.StandardInput.NewLine = "\n";
        git.StandardInput.WriteLine("start");
        git.StandardInput.Flush();
        Assert.Equal("start: ok", git.StandardOutput.ReadLine());
        return new PersonAtWork(git);
    }

    public async Task LetGoAsync()
    {
        await _git.StandardInput.WriteLineAsync("abort");
        _git.StandardInput.Close();
        await _git.WaitForExitAsync(Machine.Cancel);
    }

    public void Dispose()
    {
        if (!_git.HasExited)
        {
            _git.Kill();
        }

        _git.Dispose();
    }
}
