using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Actors;
using Tallyman.Agent.Native;
using Tallyman.Agent.Sources.Ebpf;
using Xunit;

namespace Tallyman.Agent.Tests.Native;

/// <summary>
/// The mirrors of C structs are compared with the C structs by the C compiler: every size, offset and value becomes a static
/// assertion.
/// </summary>
public class LayoutTests
{
    [Fact]
    public void The_records_of_the_probe_are_those_of_exec_h()
    {
        var assertions = new StringBuilder();
        AssertLayout<RawExecKey>(assertions, "struct exec_key");
        AssertLayout<FileKey>(assertions, "struct file_key");
        AssertLayout<ExecHead>(assertions, "struct exec_head");
        AssertFields<ExecChunk>(assertions, "struct exec_chunk");
        assertions.AppendLine($"_Static_assert(offsetof(struct exec_chunk, data) == {Unsafe.SizeOf<ExecChunk>()}, \"exec_chunk.data\");");
        AssertValues<ExecRecord>(assertions, "EXEC_", static value => (ulong)value);
        AssertValues<ExecStream>(assertions, "STREAM_", static value => (ulong)value);
        AssertValues<ExecMatch>(assertions, "MATCH_", static value => (ulong)value);
        AssertValues<ExecFlags>(assertions, "FLAG_", static value => (ulong)value);
        AssertValues<ProbeCounter>(assertions, "COUNTER_", static value => (ulong)value);
        assertions.AppendLine($"_Static_assert(COUNTERS == {Enum.GetValues<ProbeCounter>().Length}, \"COUNTERS\");");
        assertions.AppendLine($"_Static_assert(NAME_SIZE == {ExecSizes.Name}, \"NAME_SIZE\");");
        assertions.AppendLine($"_Static_assert(CHUNK_SIZE == {ExecSizes.Chunk}, \"CHUNK_SIZE\");");
        assertions.AppendLine($"_Static_assert(ARGV_WHOLE == {ExecSizes.ArgvWhole}, \"ARGV_WHOLE\");");
        assertions.AppendLine($"_Static_assert(ARGV_END == {ExecSizes.ArgvEnd}, \"ARGV_END\");");
        assertions.AppendLine($"_Static_assert(ENVIRONMENT_SENT == {ExecSizes.EnvironmentSent}, \"ENVIRONMENT_SENT\");");

        Compile($"#include <stddef.h>\n#include <linux/types.h>\n#include \"{Repository.Path("bpf/exec.h")}\"\n{assertions}");
    }

    [Fact]
    public void The_structs_of_the_C_library_are_its_own()
    {
        var assertions = new StringBuilder();
        foreach (FieldInfo field in typeof(LibC.Statx).GetFields())
        {
            if (!field.Name.StartsWith("__", StringComparison.Ordinal))
            {
                assertions.AppendLine($"_Static_assert(offsetof(struct statx, {field.Name}) == {Marshal.OffsetOf<LibC.Statx>(field.Name)}, \"{field.Name}\");");
            }
        }

        assertions.AppendLine($"_Static_assert(sizeof(struct statx) == {Unsafe.SizeOf<LibC.Statx>()}, \"statx\");");
        assertions.AppendLine($"_Static_assert(sizeof(struct statx_timestamp) == {Unsafe.SizeOf<LibC.StatxTimestamp>()}, \"statx_timestamp\");");
        assertions.AppendLine($"_Static_assert(sizeof(struct timespec) == {Unsafe.SizeOf<LibC.Timespec>()}, \"timespec\");");
        assertions.AppendLine($"_Static_assert(AT_EMPTY_PATH == {LibC.AT_EMPTY_PATH} && STATX_BASIC_STATS == {LibC.STATX_BASIC_STATS}, \"statx\");");
        assertions.AppendLine($"_Static_assert(CLOCK_BOOTTIME == {LibC.CLOCK_BOOTTIME} && PRIO_PROCESS == {LibC.PRIO_PROCESS}, \"constants\");");
        assertions.AppendLine($"_Static_assert(sizeof(struct open_how) == {Unsafe.SizeOf<LibC.OpenHow>()} && offsetof(struct open_how, resolve) == {Marshal.OffsetOf<LibC.OpenHow>("resolve")}, \"open_how\");");
        assertions.AppendLine($"_Static_assert(RESOLVE_IN_ROOT == {LibC.RESOLVE_IN_ROOT} && RESOLVE_NO_MAGICLINKS == {LibC.RESOLVE_NO_MAGICLINKS}, \"resolve\");");
        assertions.AppendLine($"_Static_assert(O_PATH == {LibC.O_PATH} && O_CLOEXEC == {LibC.O_CLOEXEC} && O_NONBLOCK == {LibC.O_NONBLOCK} && O_NOCTTY == {LibC.O_NOCTTY}, \"open\");");
        assertions.AppendLine($"_Static_assert(S_IFMT == {LibC.S_IFMT} && S_IFREG == {LibC.S_IFREG} && S_IFDIR == {LibC.S_IFDIR} && S_IFSOCK == {LibC.S_IFSOCK} && DT_DIR == {LibC.DT_DIR}, \"types\");");
        assertions.AppendLine($"_Static_assert(sizeof(struct statfs) <= {Unsafe.SizeOf<LibC.Statfs>()} && offsetof(struct statfs, f_type) == 0 && sizeof((struct statfs){{}}.f_type) == {Unsafe.SizeOf<nint>()}, \"statfs\");");
        assertions.AppendLine($"_Static_assert(sizeof(struct __user_cap_header_struct) == {Unsafe.SizeOf<LibC.CapabilityHeader>()} && sizeof(struct __user_cap_data_struct) == {Unsafe.SizeOf<LibC.CapabilityData>()}, \"capabilities\");");
        assertions.AppendLine($"_Static_assert(_LINUX_CAPABILITY_VERSION_3 == {LibC._LINUX_CAPABILITY_VERSION_3} && CAP_DAC_OVERRIDE == {LibC.CAP_DAC_OVERRIDE} && CAP_DAC_READ_SEARCH == {LibC.CAP_DAC_READ_SEARCH}, \"capabilities\");");
        assertions.AppendLine($"_Static_assert(SYS_openat2 == {LibC.SYS_openat2} && SYS_setgroups == {LibC.SYS_setgroups} && SYS_getdents64 == {LibC.SYS_getdents64}, \"system calls\");");
        assertions.AppendLine($"_Static_assert(ENOSYS == {LibC.ENOSYS} && EAGAIN == {LibC.EAGAIN} && ELOOP == {LibC.ELOOP}, \"errno\");");
        assertions.AppendLine($"_Static_assert(EPERM == {LibC.EPERM} && EINTR == {LibC.EINTR} && EACCES == {LibC.EACCES}, \"errno\");");

        Compile($"#define _GNU_SOURCE\n#include <stddef.h>\n#include <errno.h>\n#include <fcntl.h>\n#include <dirent.h>\n#include <time.h>\n#include <sys/resource.h>\n#include <sys/stat.h>\n#include <sys/statfs.h>\n#include <sys/syscall.h>\n#include <linux/capability.h>\n#include <linux/openat2.h>\n{assertions}");
    }

    [Fact]
    public void What_the_kernel_says_of_a_program_is_read_where_it_stands()
    {
        var assertions = new StringBuilder();
        foreach ((string field, string constant) in new[]
        {
            ("run_time_ns", "RunTimeNs"), ("run_cnt", "RunCnt"), ("recursion_misses", "RecursionMisses"), ("verified_insns", "VerifiedInsns"),
        })
        {
            object offset = typeof(BpfProgramInfo).GetField(constant, BindingFlags.NonPublic | BindingFlags.Static)!.GetRawConstantValue()!;
            assertions.AppendLine($"_Static_assert(offsetof(struct bpf_prog_info, {field}) == {offset}, \"{field}\");");
        }

        Compile($"#include <stddef.h>\n#include <linux/bpf.h>\n{assertions}");
    }

    [Fact]
    public void Records_of_logins_are_read_where_they_stand()
    {
        string[] assertions =
        [
            $"_Static_assert(sizeof(struct utmp) == {Utmp.RecordLength} && offsetof(struct utmp, ut_addr_v6) == {Utmp.AddressOffset}, \"address\");",
            $"_Static_assert(offsetof(struct utmp, ut_pid) == {Utmp.PidOffset} && offsetof(struct utmp, ut_line) == {Utmp.LineOffset}, \"line\");",
            $"_Static_assert(offsetof(struct utmp, ut_user) == {Utmp.UserOffset} && UT_LINESIZE == {Utmp.NameLength} && UT_NAMESIZE == {Utmp.NameLength}, \"user\");",
            $"_Static_assert(USER_PROCESS == {Utmp.UserProcess}, \"types\");",
        ];
        Compile($"#include <stddef.h>\n#include <utmp.h>\n{string.Join('\n', assertions)}");
    }

    private static void AssertLayout<T>(StringBuilder assertions, string name)
    {
        AssertFields<T>(assertions, name);
        assertions.AppendLine($"_Static_assert(sizeof({name}) == {Unsafe.SizeOf<T>()}, \"{name}\");");
    }

    private static void AssertFields<T>(StringBuilder assertions, string name)
    {
        foreach (FieldInfo field in typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            string csharp = field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name;
            string c = JsonNamingPolicy.SnakeCaseLower.ConvertName(csharp);
            assertions.AppendLine($"_Static_assert(offsetof({name}, {c}) == {Marshal.OffsetOf<T>(field.Name)}, \"{name}.{c}\");");
        }
    }

    private static void AssertValues<T>(StringBuilder assertions, string prefix, Func<dynamic, ulong> number)
        where T : struct, Enum
    {
        foreach (T value in Enum.GetValues<T>())
        {
            string c = prefix + JsonNamingPolicy.SnakeCaseUpper.ConvertName(value.ToString());
            assertions.AppendLine($"_Static_assert({c} == {number(value)}, \"{c}\");");
        }
    }

    private static void Compile(string code)
    {
        using var directory = new TemporaryDirectory();
        string file = directory.File("layout.c");
        File.WriteAllText(file, code);
        Programs.Outcome outcome = Programs.Run("clang", "-fsyntax-only", "-Wno-gnu-folding-constant", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }
}
