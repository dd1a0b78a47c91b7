using Beadswarm.EndToEnd.Tests.Chaos;
using Xunit.Runner.InProc.SystemConsole;

// The tests, unless a test has started this program as an orchestrator that it is about to kill: dozens of them are,
// and
// discovering all tests first would cost each of them more than the rest of its life.
return Orchestrator.IsWanted ? await Orchestrator.MainAsync() : await ConsoleRunner.Run(args);
