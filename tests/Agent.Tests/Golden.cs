using Xunit;

namespace Tallyman.Agent.Tests;

/// <summary>
/// Answers that are long, kept as files beside the tests. "make golden" writes them anew: look at the difference before it
/// is committed.
/// </summary>
internal static class Golden
{
    public static void Check(string file, string actual)
    {
        string path = Repository.Path("tests/Agent.Tests/golden/" + file);
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
    }
}
