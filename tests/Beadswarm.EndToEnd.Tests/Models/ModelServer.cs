using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>
/// Stands in for the vendors' APIs on this machine: real agent CLIs talk with it as with the real ones, and a script
/// decides what the model answers. A script has no state of its own, so any number of agents may ask at once.
/// </summary>
sealed class ModelServer : IAsyncDisposable
{
    readonly WebApplication _application;
    readonly Func<ModelRequest, ModelReply> _script;
    readonly ConcurrentQueue<ModelRequest> _requests = [];
    readonly ConcurrentQueue<Exception> _defects = [];
    int _answers;

    ModelServer(Func<ModelRequest, ModelReply> script)
    {
        _script = script;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = null);
        _application = builder.Build();
        _application.MapPost(ModelWire.Anthropic.Path, context => AnswerAsync(context, ModelWire.Anthropic));
        _application.MapPost(ModelWire.OpenAi.Path, context => AnswerAsync(context, ModelWire.OpenAi));
    }

    /// <summary>Where the agents are to be pointed to.</summary>
    public string Address => _application.Urls.First();

    /// <summary>Every call so far, in the order of their coming.</summary>
    public IReadOnlyList<ModelRequest> Requests
    {
        get
        {
            Assert.Empty(_defects);
            return [.. _requests];
        }
    }

    public static async Task<ModelServer> StartAsync(Func<ModelRequest, ModelReply> script)
    {
        var server = new ModelServer(script);
        await server._application.StartAsync(CancellationToken.None);
        return server;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    async Task AnswerAsync(HttpContext context, ModelWire wire)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(
                context.Request.Body, default, context.RequestAborted);
            var request = ModelRequest.Of(wire, body.RootElement);
            _requests.Enqueue(request);
            var reply = _script(request);
            await (reply is ModelReply.Refuse refuse
                ? RefuseAsync(context, wire, refuse.Fault, "")
                : StreamAsync(context, wire.Answer(request, reply, Interlocked.Increment(ref _answers))));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The agent is gone.
        }
        catch (Exception defect) when (defect is not BadHttpRequestException)
        {
            // A script that fails must fail its test, and not be tried again by the agent for minutes.
            _defects.Enqueue(defect);
            await RefuseAsync(context, wire, ModelFault.Invalid, $"script: {defect.Message}");
        }
    }

    static async Task RefuseAsync(HttpContext context, ModelWire wire, ModelFault fault, string detail)
    {
        var refusal = wire.Refuse(fault, detail);
        context.Response.StatusCode = refusal.Status;
        if (fault == ModelFault.RateLimited && wire == ModelWire.Anthropic)
        {
            // Longer than Claude Code waits by itself; Codex would wait.
            context.Response.Headers.RetryAfter = "3600";
        }

        await context.Response.WriteAsJsonAsync(refusal.Body, context.RequestAborted);
    }

    static async Task StreamAsync(HttpContext context, IEnumerable<(string Event, object Data)> events)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var (name, data) in events)
        {
            var frame = $"event: {name}\ndata: {JsonSerializer.Serialize(data)}\n\n";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(frame), context.RequestAborted);
        }
    }
}
