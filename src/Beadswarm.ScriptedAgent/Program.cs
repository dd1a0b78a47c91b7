using System.Text.Json;
using Beadswarm.ScriptedAgent;

// Exit codes: 0 done, 64 wrong use, 65 a script that cannot be read; otherwise what the script asks for.
try
{
    var options = Options.Parse(args);
    var task = AgentTask.FromEnvironment();
    var script = options.ScriptPath is { } path ? Script.Read(path) : Script.Empty;
    var actions = script.ActionsFor(task) ?? Chance.ActionsFor(task, options) ?? DefaultActions.For(task);
    return new Actor(task).Perform(actions);
}
catch (UsageException wrong)
{
    Console.Error.WriteLine($"beadswarm-scripted-agent: {wrong.Message}");
    return 64;
}
catch (Exception broken) when (broken is JsonException or FormatException or IOException)
{
    Console.Error.WriteLine($"beadswarm-scripted-agent: {broken.Message}");
    return 65;
}
