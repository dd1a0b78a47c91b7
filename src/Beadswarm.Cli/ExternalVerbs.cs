using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Asks the running swarm on behalf of an external agent, and prints its answer: JSON unless text is asked for. A
/// question that takes long is asked again under its id until it is answered.
/// </summary>
static class ExternalVerbs
{
    static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Verbs that speak JSON when nothing else is asked for.</summary>
    public static readonly IReadOnlyList<string> Names = ["claim", "heartbeat", "stage", "done"];

    public static async Task<int> AskAsync(VerbCall call, ExternalCall asked, CancellationToken cancellationToken)
    {
        var answer = await AskSwarmAsync(call, asked, cancellationToken);
        return Print(call, answer);
    }

    /// <summary>The swarm's answer; an answer of type <c>error</c> is one too.</summary>
    /// <exception cref="UserError">There is no swarm.</exception>
    public static async Task<JsonObject> AskSwarmAsync(
        VerbCall call, ExternalCall asked, CancellationToken cancellationToken)
    {
        var client = new ControlClient(new SwarmPaths(call.RepositoryPath).Socket);
        while (true)
        {
            try
            {
                if (await client.AskExternalAsync(asked, cancellationToken) is { } answer)
                {
                    return JsonNode.Parse(answer) as JsonObject
                        ?? throw new ControlException(ControlErrorKind.Failed, "its answer is no object");
                }
            }
            catch (ControlException busy) when (busy.Kind == ControlErrorKind.Busy)
            {
                await Task.Delay(BusyPause, call.Host.Time, cancellationToken);
            }
            catch (ControlException gone) when (gone.Kind == ControlErrorKind.Gone)
            {
                throw new UserError(
                    "no swarm runs here",
                    "start one with 'beadswarm start', with --agents 0 when it needs no agents of its own; then ask "
                    + $"again with --request-id {asked.Id}",
                    ExitCodes.NoSwarm);
            }
        }
    }

    /// <summary>Asks once a second until it is over or there is no time left; once at least.</summary>
    public static async Task<T> UntilAsync<T>(
        CliHost host, TimeSpan? wait, Func<Task<T>> ask, Func<T, bool> over, CancellationToken cancellationToken)
    {
        var began = host.Time.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (over(answer) || host.Time.GetElapsedTime(began) + Pause >= (wait ?? TimeSpan.Zero))
            {
                return answer;
            }

            await Task.Delay(Pause, host.Time, cancellationToken);
        }
    }

    /// <summary>Prints an answer where it belongs, and says the exit code.</summary>
    public static int Print(VerbCall call, JsonObject answer)
    {
        if ((string?)answer["type"] == "error")
        {
            return Refuse(call, answer);
        }

        if (answer["promptFile"] is { } file && File.Exists((string?)file))
        {
            answer["prompt"] = File.ReadAllText((string)file!);
        }

        if (AsText(call))
        {
            foreach (var (name, value) in answer.Where(field => field.Key is not ("type" or "prompt")))
            {
                call.PrintLine(SafeText.Line($"{name}: {value}"));
            }

            call.Print(answer["prompt"] is { } prompt ? $"\n{SafeText.Lines((string)prompt!)}\n" : "");
        }
        else
        {
            call.PrintLine(answer.ToJsonString(Plain));
        }

        return answer["passed"] is { } passed && !(bool)passed ? ExitCodes.NotPassed : ExitCodes.Ok;
    }

    public static bool AsText(VerbCall call) => call.Has(GlobalOptions.Format) && !call.Json;

    static int Refuse(VerbCall call, JsonObject answer)
    {
        var code = (string?)answer["reason"] switch
        {
            "nothing-ready" => ExitCodes.NothingReady,
            "fenced" => ExitCodes.Fenced,
            "refused" => ExitCodes.Refused,
            "stopping" => ExitCodes.NoSwarm,
            _ => ExitCodes.Io,
        };
        answer["code"] = code;
        call.Note(AsText(call)
            ? SafeText.Line($"beadswarm: {(string?)answer["message"]}")
            : answer.ToJsonString(Plain));
        return code;
    }
}
