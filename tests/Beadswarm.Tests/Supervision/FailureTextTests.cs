using Beadswarm.Supervision;

namespace Beadswarm.Tests.Supervision;

/// <summary>What is kept of a failure for whoever looks for its cause.</summary>
public sealed class FailureTextTests
{
    [Fact]
    public void It_has_types_messages_and_our_frames_and_no_path_of_the_machine_it_was_built_on()
    {
        var error = Assert.Throws<InvalidOperationException>(Fail);

        var lines = FailureText.Of(error).Split('\n');

        Assert.StartsWith("System.InvalidOperationException: outer in /some/path", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains("System.FormatException", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith(
            "   at Beadswarm.Tests.Supervision.FailureTextTests.Fail() (FailureTextTests.cs:",
            StringComparison.Ordinal));
        Assert.All(
            lines.Where(line => line.StartsWith("   at ", StringComparison.Ordinal)),
            line =>
            {
                Assert.StartsWith("   at Beadswarm.", line, StringComparison.Ordinal);
                Assert.DoesNotContain("/", line, StringComparison.Ordinal);
            });
    }

    static void Fail()
    {
        try
        {
            _ = int.Parse("no number", System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (FormatException inner)
        {
            throw new InvalidOperationException("outer in /some/path", inner);
        }
    }
}
