namespace Beadswarm.Processes;

/// <summary>One process of one boot of one machine: a pid alone is reused, these three together are not.</summary>
/// <param name="StartTicks">Field 22 of <c>/proc/PID/stat</c>.</param>
readonly record struct ProcessIdentity(int Pid, long StartTicks, string BootId);
