using Beadswarm.Benchmarks;

if (args is [SwarmChild.Verb, var repository])
{
    return await SwarmChild.RunAsync(repository);
}

if (BenchmarkOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(BenchmarkOptions.Usage);
    return 64;
}

await Console.Out.WriteLineAsync(await Machine.DescribeAsync());
foreach (var (name, runAsync) in BenchmarkOptions.Benchmarks)
{
    if (options.Wants(name))
    {
        await Console.Out.WriteLineAsync();
        await runAsync(options, Console.Out);
    }
}

return 0;
