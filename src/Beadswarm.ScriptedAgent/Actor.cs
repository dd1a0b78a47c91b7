using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Beadswarm.ScriptedAgent;

/// <summary>Does what a script says, really: files, commits, results, and every way an agent can go wrong.</summary>
sealed partial class Actor(AgentTask task)
{
    /// <returns>The exit code.</returns>
    public int Perform(IReadOnlyList<ScriptAction> actions)
    {
        foreach (var action in actions)
        {
            if (action.Name == "exit")
            {
                return (int)action.Number("code", 1);
            }

            Perform(action);
        }

        return 0;
    }

    void Perform(ScriptAction action)
    {
        switch (action.Name)
        {
            case "write":
                WriteFile(action, append: false);
                break;
            case "append":
                WriteFile(action, append: true);
                break;
            case "edit":
                Edit(action);
                break;
            case "delete":
                File.Delete(InWorkspace(action));
                break;
            case "commit":
                Commit(task.Fill(action.Text("message") ?? "Work on {{bead}}"));
                break;
            case "merge":
                Merge();
                break;
            case "result":
                WriteResult(action);
                break;
            case "print":
                Print(action);
                break;
            case "sleep":
                Misbehaviour.Sleep(action.Number("ms", 1000));
                break;
            case "wait":
                Misbehaviour.WaitFor(InWorkspace(action));
                break;
            case "default":
                Perform(DefaultActions.For(task));
                break;
            case "behave":
                Perform(DefaultActions.For(task, action.Required("as")));
                break;
            case "broken-result":
                WriteResult("{\"verdict\": \"pass\", \"findings\": [");
                break;
            case "wrong-branch":
                Git.Run(task.Workspace, "checkout", "-q", "-b", $"elsewhere/{task.Bead}-{task.Attempt}");
                break;
            case "detached":
                Git.Run(task.Workspace, "checkout", "-q", "--detach");
                break;
            case "outside":
                File.WriteAllText(
                    Path.Combine(task.Workspace, "..", $"outside-{task.Bead}.txt"), "written outside the workspace\n");
                break;
            case "edit-beads":
                Directory.CreateDirectory(Path.Combine(task.Workspace, ".beads"));
                File.AppendAllText(
                    Path.Combine(task.Workspace, ".beads", "issues.jsonl"),
                    task.Fill("{\"id\":\"{{bead}}-forged\"}\n"));
                break;
            case "leak":
                Misbehaviour.Leak();
                break;
            case "hang":
                Misbehaviour.Hang();
                break;
            case "hang-with-output":
                Misbehaviour.HangWithOutput(action.Number("every", 100));
                break;
            case "ignore-term":
                Misbehaviour.IgnoreRequestsToEnd();
                break;
            case "flood":
                Misbehaviour.Flood(action.Number("bytes", long.MaxValue));
                break;
            case "crash":
                Misbehaviour.Crash();
                break;
            default:
                throw new FormatException($"unknown action '{action.Name}'");
        }
    }

    string InWorkspace(ScriptAction action)
    {
        var path = Path.Combine(task.Workspace, task.Fill(action.Required("path")));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // A path below the workspace has a folder.
        return path;
    }

    void WriteFile(ScriptAction action, bool append)
    {
        var content = task.Fill(action.Required("content"));
        if (append)
        {
            File.AppendAllText(InWorkspace(action), content);
        }
        else
        {
            File.WriteAllText(InWorkspace(action), content);
        }
    }

    void Edit(ScriptAction action)
    {
        var path = InWorkspace(action);
        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        var find = task.Fill(action.Required("find"));
        var replacement = task.Fill(action.Required("replace"));

        // What is no longer there has been edited by somebody else: an agent would add its line all the same.
        var at = text.IndexOf(find, StringComparison.Ordinal);
        File.WriteAllText(
            path, at < 0 ? text + replacement + "\n" : text[..at] + replacement + text[(at + find.Length)..]);
    }

    // A commit that is refused (by a hook, or because nothing changed) leaves the changes where they are, as with a
    // real agent that gives up on it: the orchestrator's own look at the workspace decides.
    void Commit(string message)
    {
        Git.Run(task.Workspace, "add", "-A");
        const int NoIdentity = 128;
        if (Git.Run(task.Workspace, "commit", "-q", "-m", message) == NoIdentity)
        {
            Git.Run(
                task.Workspace,
                "-c", $"user.name=agent {task.Agent}", "-c", $"user.email=agent-{task.Agent}@beadswarm.invalid",
                "commit", "-q", "-m", message);
        }
    }

    // Only a bead that came back from landing with a conflict has been told what to merge. The target's side of every
    // conflict is taken: the actions that follow then do this bead's part on top of it.
    void Merge()
    {
        var told = Path.Combine(task.Context, "conflict.md");
        if (File.Exists(told) && MergeAsked().Match(File.ReadAllText(told)) is { Success: true } asked)
        {
            Git.Run(task.Workspace, "merge", "-q", "--no-edit", "-X", "theirs", asked.Groups[1].Value);
        }
    }

    void WriteResult(ScriptAction action)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("verdict", action.Text("verdict") ?? "pass");
            json.WriteString("summary", task.Fill(action.Text("summary") ?? ""));
            if (action.Details.TryGetProperty("findings", out var findings))
            {
                json.WritePropertyName("findings");
                json.WriteRawValue(task.Fill(findings.GetRawText()));
            }

            json.WriteEndObject();
        }

        WriteResult(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    void WriteResult(string text) => File.WriteAllText(task.ResultPath, text + "\n");

    void Print(ScriptAction action)
    {
        var text = task.Fill(action.Required("text"));
        for (var i = 0L; i < action.Number("times", 1); i++)
        {
            Console.WriteLine(text);
        }
    }

    [GeneratedRegex("`git merge ([0-9a-f]{40,64})`")]
    private static partial Regex MergeAsked();
}
