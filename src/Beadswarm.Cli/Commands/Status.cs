using System.CommandLine;
using System.Text;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Storage;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Shows counts and agents at this moment. While a swarm runs, the fast path has answered before this.
/// </summary>
static class StatusCommand
{
    public static Command Create(CliHost host)
    {
        var tree = new Option<bool>("--tree") { Description = "Show who supervises whom, and how often each failed" };
        var all = new Option<bool>("--all")
        {
            Description = "List every swarm that the store's database keeps, each in a schema of its own",
        };
        var command = new Command("status", "Show the state of the swarm, its counts and its agents") { tree, all };
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            if (call.Get(all))
            {
                call.Print(await ListAsync(call, swarm, cancellationToken));
                return ExitCodes.Ok;
            }

            var json = await swarm.ReadStatusJsonAsync(cancellationToken);
            var view = StatusView.Parse(json);
            call.Print(call.Json ? Encoding.UTF8.GetString(json) + "\n"
                : call.Get(tree) ? TreeText.Format(view)
                : view.Format(host.Time.GetUtcNow().UtcDateTime, host.Width));
            return ExitCodes.Ok;
        });
        return command;
    }

    static async Task<string> ListAsync(VerbCall call, SwarmReader swarm, CancellationToken cancellationToken)
    {
        var place = StoreChoice.Of(call);
        var found = await place.GlanceAsync(call.Host.Time, cancellationToken);

        // Only of its own repository's swarm this machine can know more than the store says.
        SwarmLife LifeOf(SwarmGlance one) => $"{one.Place}" == $"{place}" ? swarm.Life : new SwarmLife.Gone();

        return call.Json ? SwarmList.FormatJson(found, LifeOf) : SwarmList.FormatText(found, LifeOf, call.Host.Width);
    }
}
