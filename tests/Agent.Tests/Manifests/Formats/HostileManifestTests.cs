using System.Text;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests.Formats;

/// <summary>Texts that are made to hurt: what is counted is work and memory, not time.</summary>
public class HostileManifestTests
{
    private const int Mebibyte = 1024 * 1024;

    /// <summary>What one reading may allocate in all. A mebibyte of text is two in memory, and is copied a few times.</summary>
    private const long MostBytes = 64 * Mebibyte;

    private static readonly string[] Valid =
    [
        "kind: Pod\nmetadata: {annotations: {container.apparmor.security.beta.kubernetes.io/c: unconfined}}\nspec:\n  hostPID: true\n  volumes: [{name: r, hostPath: {path: /}}]\n  containers:\n  - &c {name: c, image: a, command: [sh, -c, 'chroot /host'], securityContext: {privileged: true, capabilities: {add: [ALL]}}}\n  - <<: *c\n---\nkind: Secret\n",
        """{"kind":"List","items":[{"kind":"Pod","spec":{"hostNetwork":true,"containers":[{"image":"a","volumeMounts":[{"name":"r","mountPath":"/h","subPath":"x"}]}]}}]}""",
        """[{"op":"add","path":"/spec/containers/0/securityContext/privileged","value":true},{"op":"replace","path":"/spec","value":{"hostPID":true}}]""",
        "x: &x {privileged: true}\nservices:\n  web:\n    <<: *x\n    image: ${IMAGE:-a}\n    volumes: ['/:/host', {type: bind, source: ~/x, target: /y}]\n    environment: [A=b]\n    build: {entitlements: [network.host]}\nvolumes: {v: {driver_opts: {o: bind, device: /}}}\n",
        "linux: {security_context: {namespace_options: {network: 2}, masked_paths: []}}\nmounts: [{host_path: /}]\n",
        """{"process":{"args":["nsenter"],"capabilities":{"bounding":["CAP_SYS_ADMIN"]}},"mounts":[{"type":"bind","source":"/"}],"linux":{"namespaces":[{"type":"pid","path":"/proc/1/ns/pid"}]}}""",
        "resources: [a]\npatches: [{patch: '- {op: add, path: /spec/hostPID, value: true}'}]\n",
        "# x\nexport A_TOKEN=\"x\ny\"\nB=c\n",
    ];

    public static TheoryData<string> Bombs() =>
    [
        "[", "{", "- ", "? ", "{a: ", "[[\n", "{? ", "a: ", "a", "a ", "a\n", "\"\n", "&a ", "!a ", "!%41 ", "%TAG !a! b\n", "#\n", "#", " ", "\n", "\t", "---\n",
        "...\n", "- a\n", "[a,", "*a ", "<<: ", "|", "\"a\":", "\"\\x41", "'", "${", "${A:-", "$A", "A=\"", "A=b\n", "\u0085", "\uFEFF", "\\", ",", ":", "]",
        "[{\"op\":\"add\",\"path\":\"/spec\",\"value\":", "{\"spec\":{\"containers\":[", "kind: Pod\n---\n",
    ];

    [Theory]
    [MemberData(nameof(Bombs))]
    public void The_same_over_and_over_is_bounded_work(string piece) =>
        AssertBounded(string.Concat(Enumerable.Repeat(piece, Mebibyte / 4 / Encoding.UTF8.GetByteCount(piece))));

    [Fact]
    public void A_long_path_is_looked_at_as_far_as_it_may_be_one_that_is_above()
    {
        string path = string.Concat(Enumerable.Repeat("/./a/..", 10_000));
        ManifestContent content = Manifest.Read(ManifestFormat.Compose, $"services: {{a: {{volumes: ['{path}/etc:/x']}}}}");
        Assert.Equal("/", Assert.Single(content.Facts).Path);
    }

    [Theory]
    [InlineData("a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n", "line 5: nodes may be 20,000, are more behind aliases")]
    [InlineData("a: &a {<<: *a}", "line 1: an alias stands for nothing that is complete before it")]
    [InlineData("a: &a [*a]", "line 1: an alias stands for nothing that is complete before it")]
    [InlineData("a: &a {b: &b {<<: *a}, <<: *b}", "line 1: an alias stands for nothing that is complete before it")]
    [InlineData("a: *nowhere", "line 1: an alias stands for nothing that is complete before it")]
    [InlineData("a: &a 1\n---\nb: *a", "line 3: an alias stands for nothing that is complete before it")]
    [InlineData("a: &a [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]", "line 2: nesting may be 32 deep, is deeper behind aliases")]
    [InlineData("? [a]\n: b", "line 1: a key must be a word")]
    public void What_is_beyond_a_bound_is_said(string text, string error)
    {
        foreach (ManifestFormat format in (ManifestFormat[])[ManifestFormat.Kubernetes, ManifestFormat.Compose])
        {
            Assert.Equal(error, Manifest.Read(format, text).Error);
        }
    }

    [Theory]
    [InlineData("aliases", "line 103: aliases may be 100, are more")]
    [InlineData("quadratic", "line 11: nodes may be 20,000, are more behind aliases")]
    [InlineData("documents", "line 100: documents may be 50, are more")]
    [InlineData("nodes", "line 9,998: nodes may be 20,000, are more")]
    [InlineData("depth", "line 1: nesting may be 32 deep, is deeper")]
    public void So_are_the_other_bounds(string bound, string error)
    {
        string text = "spec: {hostPID: true, containers: [{}]}\n" + bound switch
        {
            "aliases" => "a0: &a x\n" + Lines(200, static i => $"b{i}: *a\n"),
            "quadratic" => "a0: &a [" + string.Concat(Enumerable.Repeat("x,", 2000)) + "]\n" + Lines(20, static i => $"b{i}: *a\n"),
            "documents" => Lines(200, static i => $"---\na{i}: b\n"),
            "nodes" => Lines(30_000, static i => $"a{i}: b\n"),
            _ => "",
        };
        text = bound == "depth" ? "{spec: {hostPID: true, containers: [{}]}, a: " + new string('[', 100) : text;
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, text);
        Assert.Equal("HOST_PID", Manifest.FactsOf(content));
        Assert.Equal(error.Replace(",", "", StringComparison.Ordinal), content.Error?.Replace(",", "", StringComparison.Ordinal));
        AssertBounded(text);
    }

    [Fact]
    public void Text_inside_text_is_bounded_too()
    {
        string patch = "- {op: add, path: /spec/hostPID, value: true}\n#" + new string('x', 300_000);
        string text = "x: &p |\n  " + patch.Replace("\n", "\n  ", StringComparison.Ordinal) + "\npatches:\n" + string.Concat(Enumerable.Repeat("- patch: *p\n", 90));
        ManifestContent content = Manifest.Read(ManifestFormat.Kustomization, text);
        Assert.Equal("HOST_PID", Manifest.FactsOf(content));
        Assert.Equal("manifests inside the manifest may be 1,048,576 characters, are more", content.Error);
        Assert.InRange(AllocatedBy(() => Manifest.Read(ManifestFormat.Kustomization, text), out _), 0, MostBytes);
    }

    [Fact]
    public void Volumes_and_mounts_of_one_name_are_no_more_than_both()
    {
        string volumes = string.Concat(Enumerable.Repeat("{name: x, hostPath: {path: /etc}},", 1300));
        string mounts = Lines(2000, static i => $"{{name: x, mountPath: /m{i}}},\n ");
        AssertBounded($"kind: Pod\nspec:\n volumes: [{volumes}]\n containers: [{{volumeMounts: [{mounts}]}}]\n");
    }

    [Fact]
    public void A_long_text_behind_aliases_is_bounded_work()
    {
        string path = string.Concat(Enumerable.Repeat("/./a/..", Mebibyte / 7));
        string mounts = string.Concat(Enumerable.Repeat("- {type: bind, source: *p, target: /x}\n", 90));
        ManifestContent content = Manifest.Read(ManifestFormat.Compose, $"x: &p {path[..1_000_000]}\nservices:\n a:\n  volumes:\n{mounts.Replace("- ", "  - ", StringComparison.Ordinal)}");
        Assert.Equal("line 24: nodes may be 20,000, are more behind aliases", content.Error);
        Assert.Equal("HOST_MOUNT(/)", Manifest.FactsOf(content));
    }

    [Fact]
    public void Variables_do_not_make_a_text_grow_without_bound()
    {
        string variable = "V=" + new string('x', 100_000);
        string text = "services: {a: {pid: host, command: '" + string.Concat(Enumerable.Repeat("$V", 100_000)) + "'}}";
        long bytes = AllocatedBy(() => Manifest.Read(ManifestFormat.Compose, text, variable), out ManifestContent content);
        Assert.Equal("HOST_PID", Manifest.FactsOf(content));
        Assert.Equal("values with variables may be 1,048,576 characters, are more", content.Error);
        Assert.InRange(bytes, 0, MostBytes);
    }

    [Fact]
    public void Long_keys_and_values_are_cut_in_what_is_kept()
    {
        string key = new('k', 900);
        string text = string.Create(null, $"services:\n  {key}: {{privileged: true, volumes: ['/{new string('v', 500_000)}:/x']}}\n");
        ManifestContent content = Manifest.Read(ManifestFormat.Compose, text);
        Assert.Equal(2, content.Facts.Length);
        Assert.All(content.Facts, static fact => Assert.InRange(fact.Evidence!.Length + fact.Value.Length + (fact.Path?.Length ?? 0), 0, 10_000));
    }

    [Fact]
    public void A_text_is_read_to_a_mebibyte_and_that_is_said()
    {
        string text = "kind: Pod\nspec: {hostPID: true}\n---\n#" + new string('x', Mebibyte) + "\nkind: Pod\nspec: {hostIPC: true}\n";
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, text);
        Assert.Equal("HOST_PID", Manifest.FactsOf(content));
        Assert.StartsWith("a manifest may be 1,048,576 bytes, is 1,0", content.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Utf16_is_read_by_its_mark()
    {
        const string Pod = "kind: Pod\nspec: {hostPID: true}\n";
        foreach (Encoding encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, (byte[])[.. encoding.GetPreamble(), .. encoding.GetBytes(Pod)]);
            Assert.Null(content.Error);
            Assert.Equal("HOST_PID", Manifest.FactsOf(content));
        }

        Assert.Equal("line 1: control characters are not allowed", Manifest.Read(ManifestFormat.Kubernetes, Encoding.Unicode.GetBytes(Pod)).Error);
    }

    [Fact]
    public void What_no_tool_reads_on_from_is_said()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, "kind: Pod\nspec: {hostPID: true}\n---\n\0\n---\nkind: Pod\nspec: {hostIPC: true}\n");
        Assert.Equal("HOST_PID", Manifest.FactsOf(content));
        Assert.Equal("line 4: control characters are not allowed", content.Error);

        content = Manifest.Read(ManifestFormat.Kubernetes, (byte[])[.. "kind: Pod\nspec: {hostPID: true, x: "u8, 0xff, .. "}\n"u8]);
        Assert.Equal("HOST_PID", Manifest.FactsOf(content));
        Assert.Equal("the text is not UTF-8", content.Error);
    }

    [Fact]
    public void Values_of_a_manifest_stay_in_it()
    {
        const string Canary = "hunter2";
        string[] texts =
        [
            $"kind: Secret\nstringData: {{a: {Canary}}}\n---\nkind: Pod\nspec: {{containers: [{{name: a, env: [{{name: A, value: {Canary}}}], command: [sh, -c, 'nsenter -t1 {Canary}'], args: [{Canary}]}}]}}\n",
            $"services: {{a: {{environment: [A={Canary}], labels: {{x: {Canary}}}, command: nsenter {Canary}, build: {{args: {{p: {Canary}}}}}}}}}\nsecrets: {{s: {{content: {Canary}}}}}",
            $"A={Canary}\nB=\"x\n{Canary}=\n\"\n",
            $$$"""{"process":{"env":["A={{{Canary}}}"],"args":["nsenter","{{{Canary}}}"]},"annotations":{"a":"{{{Canary}}}"}}""",
            $"envs: [{{key: A, value: {Canary}}}]\nargs: [nsenter, {Canary}]\n",
            $"a: {Canary}: {Canary}\n- {Canary}",
            $"a: *{Canary}",
            $"{{\"a\": {Canary}}}",
            $"a: !{Canary}!x b",
        ];
        foreach (ManifestFormat format in Enum.GetValues<ManifestFormat>())
        {
            // A line without "=" is a name: that of the last text is one.
            foreach (string text in texts.Where(text => format != ManifestFormat.EnvFile || text.StartsWith("A=", StringComparison.Ordinal)))
            {
                ManifestContent content = Manifest.Read(format, text);
                Assert.DoesNotContain(Canary, string.Join('\n', content.Facts) + content.Error, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Any_bytes_are_a_manifest()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["[", "{", "}", "]", ": ", "- ", "\n", "\n---\n", "&a ", "*a", "<<: ", "!!binary ", "!reset ", "|\n", ">", "\"", "'", "#", "%", "?", ",", "${A:-", "\\u", "\\ud800", "~", "...\n", "=", "\t", "\r", "\u0085", "\u2028", "\uFEFF"];
        foreach (ManifestFormat format in Enum.GetValues<ManifestFormat>())
        {
            for (int i = 0; i < 2000; i++)
            {
                byte[] bytes = Mutate(random, Valid[random.Next(Valid.Length)], pieces);
                try
                {
                    Manifest.Read(format, bytes);
                }
                catch (Exception e)
                {
                    Assert.Fail($"seed {seed}, {format}, round {i}: {Convert.ToHexString(bytes)}\n{e}");
                }
            }
        }
    }

    private static byte[] Mutate(Random random, string text, string[] pieces)
    {
        List<byte> bytes = [.. Encoding.UTF8.GetBytes(text)];
        for (int n = random.Next(1, 6); n > 0; n--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(4))
            {
                case 0:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 1:
                    bytes.RemoveRange(at, random.Next(Math.Min(20, bytes.Count - at) + 1));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]));
                    break;
                default:
                    int from = random.Next(bytes.Count + 1);
                    bytes.InsertRange(at, bytes.GetRange(from, random.Next(bytes.Count - from + 1)));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>One format for each parser and for each way to go through what it makes.</summary>
    private static void AssertBounded(string text)
    {
        foreach (ManifestFormat format in (ManifestFormat[])[ManifestFormat.Kubernetes, ManifestFormat.Compose, ManifestFormat.OciSpec, ManifestFormat.EnvFile])
        {
            long bytes = AllocatedBy(() => Manifest.Read(format, text), out ManifestContent content);
            Assert.True(bytes <= MostBytes, $"{format} allocates {bytes:N0} bytes");
            Assert.InRange(content.Facts.Length, 0, 20_000);
        }
    }

    private static long AllocatedBy(Func<ManifestContent> read, out ManifestContent content)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        content = read();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(1, count).Select(line));
}
