using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Beadswarm.Tests.Support.Forges;

/// <summary>A request over HTTP/1.1.</summary>
/// <param name="Path">With its query.</param>
sealed record HttpRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>An answer; null in its place ends the connection without one.</summary>
sealed record HttpReply(int Status, string Body, params (string Name, string Value)[] Headers);

/// <summary>
/// HTTPS on the loopback, with a certificate that is trusted by whoever is told <see cref="CertificatePath"/>. Reads
/// what a client of our own sends: one request for each connection, its length given or its body in chunks.
/// </summary>
sealed class HttpsListener : IAsyncDisposable
{
    const int LineMax = 16 * 1024;

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly TemporaryFolder _folder = new();
    readonly X509Certificate2 _certificate;
    readonly CancellationTokenSource _end = new();
    readonly List<Task> _answering = [];
    readonly Func<HttpRequest, Task<HttpReply?>> _answer;
    readonly Task _accepting;

    public HttpsListener(Func<HttpRequest, Task<HttpReply?>> answer)
    {
        _answer = answer;
        _certificate = Certify();
        File.WriteAllText(CertificatePath, _certificate.ExportCertificatePem());
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>For the variable SSL_CERT_FILE of a client.</summary>
    public string CertificatePath => Path.Combine(_folder.Path, "forge.pem");

    public string Host => string.Create(
        CultureInfo.InvariantCulture, $"localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested)
        {
            return;
        }

        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_answering);
        _certificate.Dispose();
        _folder.Dispose();
    }

    static X509Certificate2 Certify()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        // Through a file format once: a key that is only in memory is not taken for a server everywhere.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                _answering.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _end.Token);
                var request = await ReadAsync(stream);
                if (await _answer(request).WaitAsync(_end.Token) is { } reply)
                {
                    await WriteAsync(stream, reply);
                }
            }
            catch (Exception error) when (error is IOException or OperationCanceledException
                or System.Security.Authentication.AuthenticationException or SocketException)
            {
                // The client is gone, or the test is over.
            }
        }
    }

    async Task<HttpRequest> ReadAsync(Stream stream)
    {
        var first = (await LineAsync(stream)).Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(stream) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var body = new MemoryStream();
        if (headers.TryGetValue("Content-Length", out var length))
        {
            await CopyAsync(stream, body, int.Parse(length, CultureInfo.InvariantCulture));
        }
        else if (headers.GetValueOrDefault("Transfer-Encoding") == "chunked")
        {
            while (Hex(await LineAsync(stream)) is > 0 and var size)
            {
                await CopyAsync(stream, body, size);
                await LineAsync(stream);
            }

            await LineAsync(stream);
        }

        return new HttpRequest(first[0], first[1], headers, Encoding.UTF8.GetString(body.ToArray()));
    }

    static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    async Task CopyAsync(Stream from, MemoryStream to, int count)
    {
        var bytes = new byte[count];
        await from.ReadExactlyAsync(bytes, _end.Token);
        to.Write(bytes);
    }

    async Task<string> LineAsync(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < LineMax)
        {
            await stream.ReadExactlyAsync(one, _end.Token);
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        throw new IOException("a line without an end");
    }

    async Task WriteAsync(Stream stream, HttpReply reply)
    {
        var body = Encoding.UTF8.GetBytes(reply.Body);
        var head = new StringBuilder().Append(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {reply.Status} Said\r\nContent-Length: {body.Length}\r\n")
            .Append("Content-Type: application/json; charset=utf-8\r\nConnection: close\r\n");
        foreach (var (name, value) in reply.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), _end.Token);
        await stream.WriteAsync(body, _end.Token);
        await stream.FlushAsync(_end.Token);
    }
}
