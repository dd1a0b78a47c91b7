using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Costs;

namespace Beadswarm.Cli.Commands;

/// <summary>Tells what agents have used: tokens and money, by what is asked for, and together.</summary>
static class CostsCommand
{
    static readonly (string Word, CostBy By)[] Words =
    [
        ("bead", CostBy.Bead), ("stage", CostBy.Stage), ("agent", CostBy.Agent), ("model", CostBy.Model),
        ("runner", CostBy.Runner), ("swarm", CostBy.Swarm), ("day", CostBy.Day),
    ];

    public static Command Create(CliHost host)
    {
        var by = new Option<string>("--by")
        {
            Description = "Tell them apart by this; days are those of the store's clock in UTC",
            DefaultValueFactory = _ => "stage",
        };
        by.AcceptOnlyFromAmong([.. Words.Select(pair => pair.Word)]);
        var bead = BeadOptions.Bead("Only executions for this bead");
        var newest = new Option<bool>("--swarm") { Description = "Only executions of the newest swarm" };
        var today = new Option<bool>("--today") { Description = "Only executions that ended today, in UTC" };
        var prices = new Option<bool>("--prices")
        {
            Description = "Show the prices of models instead, where each comes from and of which day it is",
        };
        var command = new Command("costs", "Show the tokens and the money that agents have used")
        {
            by, bead, newest, today, prices,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            if (call.Get(prices))
            {
                var sources = await Settings.ReadAsync(call.RepositoryPath, host, [], cancellationToken);
                var table = Settings.Load(sources).Config.Prices;
                call.Print(call.Json ? PricesJson(table) : PricesText(table, host.Width));
                return ExitCodes.Ok;
            }

            await using var swarm = SwarmReader.Open(call);
            var word = Words.First(pair => pair.Word == call.Get(by));
            var query = new CostQuery
            {
                By = word.By,
                Bead = call.Get(bead),
                ThisSwarm = call.Get(newest),
                Today = call.Get(today),
            };
            var groups = await swarm.ReadAsync((store, token) => store.ReadCostsAsync(query, token), cancellationToken);
            var sum = groups.Aggregate(CostSum.None, (all, group) => all + group.Sum);
            call.Print(call.Json ? FormatJson(word.Word, groups, sum) : FormatText(word.Word, groups, sum, host.Width));
            return ExitCodes.Ok;
        });
        return command;
    }

    static string PricesJson(PriceTable prices) =>
        string.Concat(prices.Used.Select(each => JsonLine.Object(json =>
        {
            json.WriteString("model", each.Model);
            json.WriteNumber("input", each.Price.Input);
            json.WriteNumber("output", each.Price.Output);
            json.WriteNumber("cacheRead", each.Price.CacheRead);
            json.WriteNumber("cacheWrite", each.Price.CacheWrite);
            json.WriteString("source", each.Source.Place);
            json.WriteString("listedOn", each.Source.On?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        }) + "\n"));

    static string PricesText(PriceTable prices, int width)
    {
        static string Dollars(decimal usd) => usd.ToString("0.00##", CultureInfo.InvariantCulture);

        var table = new TextTable(
            "model", new TextColumn("input", Right: true), new TextColumn("output", Right: true),
            new TextColumn("cache read", Right: true), new TextColumn("cache write", Right: true),
            new TextColumn("from", Flexible: true));
        foreach (var (model, price, source) in prices.Used)
        {
            table.Add(
                model, Dollars(price.Input), Dollars(price.Output), Dollars(price.CacheRead),
                Dollars(price.CacheWrite), source.ToString());
        }

        return table.Format(width) + "\nUS dollars for a million tokens; 'prices' in the configuration comes first\n";
    }

    static string FormatJson(string by, IReadOnlyList<CostGroup> groups, CostSum sum) =>
        string.Concat(groups.Select(group => Line(by, group.Key.Length == 0 ? null : group.Key, group.Sum)))
        + Line("all", null, sum);

    static string Line(string by, string? key, CostSum sum) =>
        JsonLine.Object(json =>
        {
            json.WriteString("by", by);
            json.WriteString("key", key);
            CostText.Write(json, sum);
        }) + "\n";

    static string FormatText(string by, IReadOnlyList<CostGroup> groups, CostSum sum, int width)
    {
        if (sum.Executions == 0)
        {
            return "no agent has been run\n";
        }

        var table = new TextTable(
            new TextColumn(by, Right: by == "agent", Flexible: by == "bead"), new TextColumn("executions", Right: true),
            new TextColumn("calls", Right: true), new TextColumn("input", Right: true),
            new TextColumn("output", Right: true), new TextColumn("cache read", Right: true),
            new TextColumn("cache write", Right: true), new TextColumn("cost", Right: true));
        foreach (var (key, each) in groups.Select(group => (group.Key.Length == 0 ? "-" : group.Key, group.Sum))
            .Append(("all", sum)))
        {
            table.Add(
                key, each.Executions.ToString(CultureInfo.InvariantCulture),
                each.Calls.ToString(CultureInfo.InvariantCulture), CostText.Tokens(each.Tokens.Input),
                CostText.Tokens(each.Tokens.Output), CostText.Tokens(each.Tokens.CacheRead),
                CostText.Tokens(each.Tokens.CacheWrite), CostText.Cost(each));
        }

        return table.Format(width)
            + (sum.Unpriced == 0
                ? ""
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"\nthe cost of {sum.Unpriced} of {sum.Executions} executions is unknown and not in the sums: the ")
                    + "agent CLI does not say it,\nand its model has no price; 'prices' in the configuration gives "
                    + "one. Budgets count its tokens at\nthe dearest price of its vendor\n");
    }
}
