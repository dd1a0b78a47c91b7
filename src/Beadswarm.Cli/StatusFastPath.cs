using System.Globalization;
using System.Text;
using Beadswarm.Control;

namespace Beadswarm.Cli;

/// <summary>
/// <c>status</c> while a swarm runs: one request over the socket, the answer straight to standard output. It is what
/// shells and bars call all the time, so it starts like an empty program: no command tree, no tasks, no reflection, and
/// nothing generic over our own value types, which the ahead-of-time compiler leaves to the one at run time. Elsewhere
/// than on Linux the ordinary way answers.
/// </summary>
static class StatusFastPath
{
    const int ReceiveBytes = 64 * 1024;

    /// <summary>How long a hung swarm may keep a shell's prompt waiting.</summary>
    const int TimeoutMilliseconds = 5_000;

    static ReadOnlySpan<byte> JsonRequest => "{\"op\":\"status\"}\n"u8;

    /// <summary>
    /// Answers when the line is a plain <c>status</c> and a swarm runs; null leaves it to the command tree.
    /// </summary>
    public static int? TryRun(string[] args)
    {
        if (args.Length == 0 || args[0] != "status" || !OperatingSystem.IsLinux()
            || !TryParse(args, out var json, out var folder))
        {
            return null;
        }

        var root = RepositoryFolder.TryFind(folder);
        var path = root is null ? null : ControlSocket.Locate(ControlSocket.PathOf(root));
        if (path is null || Ask(path, json ? JsonRequest : TextRequest()) is not { } answer)
        {
            return null;
        }

        var result = answer.AsSpan(ControlProtocol.OkPrefix.Length..^1);
        if (json)
        {
            // The object's own brace closes the answer; its place is free for the line break.
            answer[^1] = (byte)'\n';
            LinuxTerminal.Write(answer.AsSpan(ControlProtocol.OkPrefix.Length));
        }
        else
        {
            LinuxTerminal.Write(Convert.FromBase64String(Encoding.ASCII.GetString(result[1..^1])));
        }

        return ExitCodes.Ok;
    }

    static byte[] TextRequest()
    {
        var width = (LinuxTerminal.Width() ?? CliHost.PlainWidth).ToString(CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(string.Concat("{\"op\":\"status-text\",\"limit\":", width, "}\n"));
    }

    static bool TryParse(string[] args, out bool json, out string folder)
    {
        json = false;
        folder = ".";
        for (var i = 1; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length)
            {
                return false;
            }

            switch (args[i], args[i + 1])
            {
                case ("--format", "json"):
                    json = true;
                    break;
                case ("--format", "text"):
                    json = false;
                    break;
                case ("--repo" or "-C", var path) when Directory.Exists(path):
                    folder = path;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>The whole answer without its line break; null when there is none or it is an error.</summary>
    static byte[]? Ask(string path, ReadOnlySpan<byte> request)
    {
        using var socket = LinuxSocket.TryConnect(path, TimeoutMilliseconds);
        if (socket is null || !socket.TrySend(request))
        {
            return null;
        }

        var buffer = new byte[ReceiveBytes];
        var length = 0;
        while (length < ControlProtocol.ResponseBytesMax)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var received = socket.Receive(buffer.AsSpan(length));
            if (received <= 0)
            {
                return null;
            }

            length += received;
            if (buffer[length - 1] == (byte)'\n')
            {
                var answer = buffer.AsSpan(0, length - 1);
                return answer.StartsWith(ControlProtocol.OkPrefix) ? answer.ToArray() : null;
            }
        }

        return null;
    }
}
