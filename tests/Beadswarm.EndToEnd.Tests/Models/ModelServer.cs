using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>
/// Stands in for the vendors' APIs on this machine: real agent CLIs talk with it as with the real ones, and a script
/// decides what the model answers. What it answers follows from the call, so any number of agents may ask at once.
/// </summary>
sealed class ModelServer : IAsyncDisposable
{
    // Somebody else may take a port between our choosing and our using it.
    const int PortsTriedMax = 20;

    static readonly ModelWire[] Wires = [ModelWire.Anthropic, ModelWire.OpenAi];

    readonly HttpListener _listener;
    readonly Func<ModelRequest, ModelReply> _script;
    readonly CancellationTokenSource _over = new();
    readonly ConcurrentQueue<ModelRequest> _requests = [];
    readonly ConcurrentQueue<Exception> _defects = [];
    readonly ConcurrentDictionary<Task, bool> _answering = [];
    readonly Channel<ModelRequest> _coming = Channel.CreateUnbounded<ModelRequest>();
    readonly Task _listening;
    int _answers;

    ModelServer(HttpListener listener, string address, Func<ModelRequest, ModelReply> script)
    {
        (_listener, Address, _script) = (listener, address, script);
        _listening = ListenAsync();
    }

    /// <summary>Where the agents are to be pointed to.</summary>
    public string Address { get; }

    /// <summary>Every call so far, in the order of their coming.</summary>
    public IReadOnlyList<ModelRequest> Requests
    {
        get
        {
            Assert.Empty(_defects);
            return [.. _requests];
        }
    }

    public static ModelServer Start(Func<ModelRequest, ModelReply> script)
    {
        for (var tried = 1; ; tried++)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{UnusedPort()}");
            var listener = new HttpListener();
            listener.Prefixes.Add(address + "/");
            try
            {
                listener.Start();
                return new ModelServer(listener, address, script);
            }
            catch (Exception taken) when (taken is HttpListenerException or SocketException && tried < PortsTriedMax)
            {
                listener.Close();
            }
        }
    }

    /// <summary>Waits until it has been asked so many times more.</summary>
    public async Task AskedAsync(int times)
    {
        for (var asked = 0; asked < times; asked++)
        {
            await _coming.Reader.ReadAsync(Machine.Cancel).AsTask()
                .WaitAsync(Machine.Patience, TimeProvider.System, Machine.Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Abort();
        await _listening;
        await Task.WhenAll(_answering.Keys);
        _over.Dispose();
    }

    static int UnusedPort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port; // bound
    }

    async Task ListenAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception) when (_over.IsCancellationRequested)
            {
                return;
            }

            var answer = AnswerAsync(context);
            _answering.TryAdd(answer, true);
            _ = answer.ContinueWith(
                done => _answering.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default);
        }
    }

    async Task AnswerAsync(HttpListenerContext context)
    {
        await Task.Yield();
        using var response = context.Response;
        try
        {
            if (Wires.FirstOrDefault(wire => wire.Path == context.Request.Url!.AbsolutePath) is not { } wire)
            {
                response.StatusCode = (int)HttpStatusCode.NotFound;
                return;
            }

            using var body = await JsonDocument.ParseAsync(context.Request.InputStream, default, _over.Token);
            await AnswerAsync(response, wire, body.RootElement);
        }
        catch (Exception gone) when (gone is HttpListenerException or IOException or ObjectDisposedException
            or OperationCanceledException)
        {
            // The agent is gone, or the test is over.
            response.Abort();
        }
    }

    async Task AnswerAsync(HttpListenerResponse response, ModelWire wire, JsonElement body)
    {
        ModelRequest request;
        ModelReply reply;
        (string Event, object Data)[] events;
        try
        {
            request = ModelRequest.Of(wire, body);
            _requests.Enqueue(request);
            _coming.Writer.TryWrite(request);
            reply = _script(request);
            events = reply is ModelReply.Refuse or ModelReply.Wait
                ? []
                : [.. wire.Answer(request, reply, Interlocked.Increment(ref _answers))];
        }
        catch (Exception defect)
        {
            // A script that fails must fail its test, and not be tried again by the agent for minutes.
            _defects.Enqueue(defect);
            await RefuseAsync(response, wire.Refuse(new ModelFault.Invalid($"script: {defect.Message}")));
            return;
        }

        switch (reply)
        {
            case ModelReply.Refuse refuse:
                await RefuseAsync(response, wire.Refuse(refuse.Fault));
                break;
            case ModelReply.Wait:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _over.Token);
                break;
            default:
                await StreamAsync(response, events);
                break;
        }
    }

    async Task RefuseAsync(HttpListenerResponse response, Refusal refusal)
    {
        response.StatusCode = refusal.Status;
        response.ContentType = "application/json";
        foreach (var (name, value) in refusal.Headers)
        {
            response.Headers[name] = value;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(refusal.Body);
        response.ContentLength64 = body.Length;
        await response.OutputStream.WriteAsync(body, _over.Token);
    }

    async Task StreamAsync(HttpListenerResponse response, IEnumerable<(string Event, object Data)> events)
    {
        response.ContentType = "text/event-stream";
        response.SendChunked = true;
        foreach (var (name, data) in events)
        {
            var frame = $"event: {name}\ndata: {JsonSerializer.Serialize(data)}\n\n";
            await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(frame), _over.Token);
        }
    }
}
