using Xunit.Sdk;
using Xunit.v3;

namespace Beadswarm.Tests.Support;

/// <summary>
/// Starts the classes first that take longest: one that starts last has a machine for itself and makes everybody wait.
/// xunit's own order is another one each time, so that how long a run takes was chance.
/// </summary>
abstract class LongestFirst(params Type[] longest) : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections
            .OrderBy(collection => Place(collection.TestCollectionDisplayName))
            .ThenBy(collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];

    /// <summary>What is not named comes after all that are. A class's collection is named after it.</summary>
    int Place(string collection)
    {
        var place = Array.FindIndex(
            longest, type => collection.Contains($" {type.FullName} (", StringComparison.Ordinal));
        return place < 0 ? longest.Length : place;
    }
}
