using System.Runtime.InteropServices;

namespace Tallyman.Agent.Native;

/// <summary>
/// The functions of libbpf 1.x that are used, under their C names: https://libbpf.readthedocs.io/en/latest/api.html.
/// Those that return int give a negative errno.
/// </summary>
internal static unsafe partial class LibBpf
{
    private const string Library = "libbpf.so.1";

    [LibraryImport(Library)]
    internal static partial uint libbpf_major_version();

    [LibraryImport(Library)]
    internal static partial uint libbpf_minor_version();

    [LibraryImport(Library)]
    internal static partial int libbpf_num_possible_cpus();

    [LibraryImport(Library)]
    internal static partial nint libbpf_set_print(delegate* unmanaged<int, byte*, nint, int> print);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint bpf_object__open_mem(byte* bytes, nuint length, void* options);

    [LibraryImport(Library)]
    internal static partial int bpf_object__load(nint bpfObject);

    [LibraryImport(Library)]
    internal static partial void bpf_object__close(nint bpfObject);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bpf_object__find_map_by_name(nint bpfObject, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bpf_object__find_program_by_name(nint bpfObject, string name);

    [LibraryImport(Library)]
    internal static partial int bpf_map__fd(nint map);

    [LibraryImport(Library)]
    internal static partial int bpf_map__set_max_entries(nint map, uint entries);

    [LibraryImport(Library)]
    internal static partial uint bpf_map__max_entries(nint map);

    [LibraryImport(Library)]
    internal static partial int bpf_program__fd(nint program);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint bpf_program__attach(nint program);

    [LibraryImport(Library)]
    internal static partial int bpf_link__destroy(nint link);

    [LibraryImport(Library)]
    internal static partial int bpf_link__fd(nint link);

    [LibraryImport(Library)]
    internal static partial int bpf_iter_create(int link);

    [LibraryImport(Library)]
    internal static partial int bpf_map_update_elem(int map, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_elem(int map, void* key, void* value);

    [LibraryImport(Library)]
    internal static partial int bpf_obj_get_info_by_fd(int fd, void* info, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint ring_buffer__new(int map, delegate* unmanaged<nint, nint, nuint, int> sample, nint context, void* options);

    [LibraryImport(Library)]
    internal static partial int ring_buffer__add(nint rings, int map, delegate* unmanaged<nint, nint, nuint, int> sample, nint context);

    [LibraryImport(Library)]
    internal static partial int ring_buffer__poll(nint rings, int timeoutMilliseconds);

    [LibraryImport(Library)]
    internal static partial int ring_buffer__consume(nint rings);

    [LibraryImport(Library)]
    internal static partial void ring_buffer__free(nint rings);
}
