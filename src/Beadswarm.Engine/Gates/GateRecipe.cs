using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Beadswarm.Gates;

/// <summary>The hash of everything beside the tree that decides what a gate says.</summary>
static class GateRecipe
{
    // These differ between a terminal and a service, not between a good and a bad commit.
    static readonly HashSet<string> Irrelevant = new(StringComparer.Ordinal)
    {
        "TERM", "COLORTERM", "NO_COLOR", "TMPDIR", "SHELL", "USER", "LOGNAME", "XDG_RUNTIME_DIR",
    };

    /// <param name="environment">What the gate's command will see.</param>
    public static string Hash(GateSpec spec, IReadOnlyDictionary<string, string> environment)
    {
        string[] parts =
        [
            "beadswarm gate 1",
            spec.Run,
            spec.Timeout.Ticks.ToString(CultureInfo.InvariantCulture),
            spec.CountPattern ?? "",
            .. environment
                .Where(variable => !Irrelevant.Contains(variable.Key))
                .Select(variable => $"{variable.Key}={variable.Value}")
                .Order(StringComparer.Ordinal),
        ];

        // Each part with its length, so that no two recipes run together into the same text.
        var text = string.Concat(parts.Select(part => string.Create(
            CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(part)}:{part}")));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
