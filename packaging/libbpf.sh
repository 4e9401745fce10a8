#!/bin/sh
# Builds libbpf.so.1 with libelf and libz inside, so that a host needs none of them: one file beside the program. From the
# sources that Debian has, each with its digest. Their licences go beside it.
#
#   packaging/libbpf.sh DIRECTORY [COMPILER]     COMPILER: aarch64-linux-gnu-gcc for another architecture
set -eu

directory=$1
compiler=${2:-gcc}
pool=http://deb.debian.org/debian/pool/main
sources="
e/elfutils/elfutils_0.192.orig.tar.bz2 616099beae24aba11f9b63d86ca6cc8d566d968b802391334c91df54eab416b4
libb/libbpf/libbpf_1.5.0.orig.tar.gz 53492aff6dd47e4da04ef5e672d753b9743848bdb38e9d90eafbe190b7983c44
z/zlib/zlib_1.3.dfsg+really1.3.1.orig.tar.gz 60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb
"

mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo "$sources" | while read -r path digest; do
    [ -n "$path" ] || continue
    file=$(basename "$path")
    curl -sSf --retry 3 -o "$file" "$pool/$path"
    echo "$digest  $file" | sha256sum -c --quiet
    tar xf "$file"
done

# Paths of this build are not to be in what comes out of it.
flags="-O2 -fPIC -fvisibility=hidden -ffile-prefix-map=$work=."
host=$($compiler -dumpmachine)

(cd zlib-* && CHOST=$host CC=$compiler CFLAGS=$flags ./configure --static && make -s libz.a)
(
    cd elfutils-*
    ./configure --host="$host" CC="$compiler" CFLAGS="-O2 -fPIC -ffile-prefix-map=$work=. -I$(echo "$work"/zlib-*)" LDFLAGS="-L$(echo "$work"/zlib-*)" \
        --disable-debuginfod --disable-libdebuginfod --disable-nls --without-bzlib --without-lzma --without-zstd
    make -s -C lib
    make -s -C libelf libelf_pic.a
)
make -s -C "$(echo libbpf-*)/src" BUILD_STATIC_ONLY=1 NO_PKG_CONFIG=1 OBJDIR="$work/libbpf" CC="$compiler" \
    CFLAGS="$flags -I$(echo "$work"/elfutils-*/libelf) -I$(echo "$work"/zlib-*)"

$compiler -shared -s -o "$directory/libbpf.so.1" -Wl,-soname,libbpf.so.1 -Wl,--version-script="$(echo libbpf-*/src/libbpf.map)" \
    -Wl,-z,relro,-z,now,--build-id=none \
    -Wl,--whole-archive libbpf/libbpf.a -Wl,--no-whole-archive elfutils-*/libelf/libelf_pic.a elfutils-*/lib/libeu.a zlib-*/libz.a

mkdir -p "$directory/licenses"
cat libbpf-*/LICENSE libbpf-*/LICENSE.BSD-2-Clause libbpf-*/LICENSE.LGPL-2.1 >"$directory/licenses/libbpf"
cat elfutils-*/COPYING-LGPLV3 elfutils-*/COPYING-GPLV2 >"$directory/licenses/elfutils"
cp zlib-*/LICENSE "$directory/licenses/zlib"
