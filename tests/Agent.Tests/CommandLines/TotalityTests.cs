using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Tests.CommandLines.Generated;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

/// <summary>
/// Command lines of every shape that a reader could choke on. What is allocated is bounded by what was given, and what would
/// take squared time does not come to its end: some are as large as the kernel lets them be, others on each run.
/// </summary>
public class TotalityTests
{
    private const int Largest = 2 * 1024 * 1024;
    private const int Usual = 32 * 1024;

    /// <summary>Bytes that may be allocated for each that is read, of which the most is for lists of small things, and for a line that is short.</summary>
    private const int PerByte = 256;

    private const int AtLeast = 256 * 1024;

    private static readonly string[] Beginnings =
    [
        "docker run", "docker volume create", "docker build", "docker cp", "docker-compose", "kubectl run x --image=y", "kubectl get", "kubectl exec x", "kubectl debug", "kubectl set env", "kubectl",
        "podman run", "podman --runtime", "podman kube play", "nerdctl run", "ctr run", "ctr images pull x", "ctr", "crictl exec", "crictl create x",
    ];

    /// <summary>Words that are repeated, and the last ones.</summary>
    private static readonly (string Repeated, string Last)[] ManyWords =
    [
        ("a", "x"), ("--", "x"), ("-", "x"), ("-i", "x"), ("---", "x"), ("---a", "x"), ("-it", "x"), ("--rm", "x"), ("--privileged", "x"), ("--privileged=0", "x"),
        ("--nosuchflag", "x"), ("--nosuchflag a", "x"), ("--nosuchflag a a a", "-- sh"), ("-v /:/h", "x"), ("-v/:/h", "x"), ("--mount type=bind,src=/,dst=/h", "x"),
        ("--mount=type=bind,src=/", "x"), ("-e A", "x"), ("-e A_TOKEN=1", "x"), ("--env=A", "x"), ("--cap-add=all", "x"), ("--cap-add CAP_SYS_ADMIN", "x"), ("--network=host", "x"),
        ("--pid=host", "x"), ("--security-opt a=b", "x"), ("--device /dev/a", "x"), ("-o a=b", "x"), ("-f a", "x"), ("-n a", "x"), ("--local", "x"), ("--label=a", "x"), ("--as-group=a", "x"),
        ("-H a", "x"), ("--with-ns pid:/a", "x"), ("secrets/a", "-oyaml"), ("secrets/a -A", "-oyaml"), ("secrets/a -A", "x"), ("node/a", "--image=x"), ("A=b", "x"),
        ("env", "nsenter"), ("sudo -u", "nsenter"), ("timeout 1", "nsenter"), ("sh -c", "nsenter"), ("exec", "x"), ("container", "x"), ("compose", "x"), ("\"", "x"), ("", "x"),
    ];

    /// <summary>One word that is as long as all of them.</summary>
    private static readonly (string Before, string Repeated, string After)[] LongWords =
    [
        ("", "a", ""), ("", "-", ""), ("--", "a", ""), ("--", "a", "=b"), ("-", "i", ""), ("-", "i", "v/:/h"), ("-", "é", ""), ("-", "y", ""), ("--=", "=", ""), ("", "/", ""),
        ("-v", "/", ":/h"), ("-v", "/..", ":/h"), ("-v", "/a/..", ":/h"), ("-v", "/a", ":/h"), ("-v", ":", ""), ("-v", "a:", ""),
        ("--mount=", "type=bind,src=/,", ""), ("--mount=", "\"", ""), ("--mount=", "\"\",", ""), ("--mount=\"", "a", ""), ("--mount=", ",", ""), ("--mount=", "=", ""), ("--mount=type=volume,", "volume-opt=a=b,", ""),
        ("--mount=type=overlay,", "options=lowerdir=/a:", ""), ("--cap-add=", "all,", ""), ("--cap-add=", "a", ""), ("--cap-add=", ",", ""), ("--network=", "name=host,", ""), ("--network=", "a=b,", ""), ("--network=", "a=", ""), ("--net=", "host,", ""),
        ("--security-opt=", "seccomp=", ""), ("--security-opt=", ":", ""), ("--device=", "/a,", ""), ("--device=", ",", ""), ("--env=", "A,", ""), ("-e", "A=", ""), ("-e", "A_TOKEN", ""), ("--env-file=", "a,", ""), ("--filename=", "a,", ""), ("-f", "\"a\",", ""),
        ("--allow=", "network.host,", ""), ("--secret=", "src=a,", ""), ("--output=", "dest=a,", ""), ("--raw=", "/secrets", ""), ("", "secrets,", ""), ("", "secret/", ""), ("", "node/", ""), ("", "a:", ""), ("--image=", "a,", ""), ("--entrypoint=", "[\"a\",", ""), ("--entrypoint=[", "\"a\",", "\"a\"]"), ("--user=", ":", ""),
    ];

    /// <summary>One word behind "sh -c".</summary>
    private static readonly (string Repeated, string Last)[] Scripts =
    [
        ("a", ""), (" ", ""), ("a ", ""), ("nsenter;", ""), ("(", ""), ("$(", ""), ("`", ""), ("'", ""), ("\"", ""), ("\\", ""), ("sh -c '", ""), ("sh -c \"", ""), ("sh -c a;", ""), ("sh -c ", "a"), ("env ", "a"), ("#", ""), ("a\n", ""), ("chroot /a;", ""), ("A=b ", "a"), ("<<a ", ""), ("|", ""), ("cat /proc/1/root;", ""),
        ("eval ", "a"), ("su -c ", "a"), ("su ", "a"), ("watch ", "a"), ("find -exec ", "a"), ("find a -exec b \\; ", "a"), ("chroot a ", "a"), ("echo a|", "sh"), ("sh|", "sh"), ("<<a\n", ""), ("<<a\na\n", ""), ("cat <<a|sh\n", ""),
        ("A=aaaaaaaaaaaaaaaa$A;", "$A"), ("A=$A$A$A;", ""), ("A=aaaaaaaaaaaaaaaa;B=$A$A$A$A;A=$B$B$B$B;", "$A"), ("$A", ""), ("${", ""), ("$((", ""), ("\"$(", ""), ("\"`", ""), ("<(", ""), (">a ", ""), ("cd a;", "chroot ."), ("cd a;chroot .;", ""), ("case a in a)", ""),
        ("{ ", ""), ("grep -e a ", "a"), ("sh -c '\"$@\"' ", "a"), ("echo $(cat <<a\n$(sh <<a\n", ""),
    ];

    /// <summary>What stands behind the beginning, of about so many bytes.</summary>
    private static readonly Func<int, string[]>[] Shapes =
    [
        .. ManyWords.Select(static each => (Func<int, string[]>)(size => Repeat(each.Repeated, each.Last, size))),
        .. LongWords.Select(static each => (Func<int, string[]>)(size => [each.Before + Fill(each.Repeated, size) + each.After, "x"])),
        .. Scripts.Select(static each => (Func<int, string[]>)(size => ["x", "sh", "-c", Fill(each.Repeated, size) + each.Last])),
        .. Scripts.Select(static each => (Func<int, string[]>)(size => ["--", "sh", "-c", Fill(each.Repeated, size) + each.Last])),
    ];

    public static TheoryData<string> AllBeginnings => [.. Beginnings];

    [Theory]
    [MemberData(nameof(AllBeginnings))]
    public void No_command_line_costs_more_than_its_size(string beginning)
    {
        foreach (Func<int, string[]> shape in Shapes)
        {
            Read(beginning, shape(Usual));
        }
    }

    [Fact]
    public void Nor_does_one_as_large_as_the_kernel_lets_it_be()
    {
        var random = new Random(Setting.Seed);
        for (int i = 0; i < 30; i++)
        {
            Read(Beginnings[random.Next(Beginnings.Length)], Shapes[random.Next(Shapes.Length)](Largest));
        }
    }

    [Theory]
    [InlineData("docker")]
    [InlineData("kubectl")]
    [InlineData("podman")]
    [InlineData("nerdctl")]
    [InlineData("ctr")]
    [InlineData("crictl")]
    public void A_command_line_with_bytes_and_words_out_of_place_is_one_too(string tool)
    {
        GrammarData grammar = GrammarData.Load(tool);
        var generator = new LineGenerator(grammar, FactTable.Load(tool), static _ => true, static _ => true);
        for (int i = 0; i < 5000; i++)
        {
            var random = new Random(unchecked((Setting.Seed * 1_000_003) + i));
            List<byte[]> words = [.. generator.Make(random).Argv.Select(Encoding.UTF8.GetBytes)];
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                Change(words, random);
            }

            byte[] area = [.. words.SelectMany(static word => word.Append((byte)0))];
            try
            {
                CommandLineReader.Read(Executables.All.First(each => each.Name == tool), Argv.FromArea(area), "/srv");
            }
            catch (Exception e)
            {
                Assert.Fail($"TALLYMAN_SEED={Setting.Seed}, line {i}: {Encoding.UTF8.GetString(area).Replace('\0', ' ')}\n{e}");
            }
        }
    }

    private static void Read(string beginning, string[] words)
    {
        var argv = Argv.Of([.. beginning.Split(' '), .. words]);
        string shape = $"TALLYMAN_SEED={Setting.Seed}: {beginning} {string.Join(' ', words.Take(8).Select(static word => word[..Math.Min(80, word.Length)]))} … of {argv.Length} bytes";
        Executable executable = Executables.OfPath(argv[0])!;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            CommandLineReader.Read(executable, argv, "/srv");
        }
        catch (Exception e)
        {
            Assert.Fail($"{shape}\n{e}");
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= AtLeast + ((long)argv.Length * PerByte), $"{shape} cost {allocated} bytes");
    }

    private static string[] Repeat(string text, string last, int size)
    {
        string[] words = text.Split(' ');
        return [.. Enumerable.Repeat(words, size / (text.Length + 1)).SelectMany(static each => each), .. last.Split(' ')];
    }

    private static string Fill(string text, int size) => string.Concat(Enumerable.Repeat(text, size / Encoding.UTF8.GetByteCount(text)));

    private static void Change(List<byte[]> words, Random random)
    {
        int place = random.Next(words.Count);
        switch (random.Next(5))
        {
            case 0 when words.Count > 1:
                words.RemoveAt(place);
                break;
            case 1:
                words.Insert(place, words[random.Next(words.Count)]);
                break;
            case 2:
                words[place] = [.. words[place], .. words[random.Next(words.Count)]];
                break;
            case 3:
                words[place] = words[place][..random.Next(words[place].Length + 1)];
                break;
            default:
                words[place] = [.. words[place].Select(b => random.Next(4) == 0 ? (byte)random.Next(1, 256) : b)];
                break;
        }
    }
}
